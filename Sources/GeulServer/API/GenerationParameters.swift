#if Server

package import Geul

/// The parameters of generation that completions and chat completions have in common.
package struct GenerationParameters: Equatable, Sendable {
  /// The maximum number of tokens to generate.
  package let maxTokens: Int
  /// The options that control sampling.
  package let sampling: SamplingOptions
  /// The random seed; a random one if the request has none.
  package let seed: UInt64
  /// The number of texts for each prompt.
  package let n: Int
  /// The stop strings.
  package let stops: [String]
  /// Indicates whether the response is a stream of events.
  package let isStreamed: Bool
  /// Indicates whether a stream ends with an event that has the numbers of tokens.
  package let includesUsage: Bool

  /// Reads the parameters; `lengths` are the names of the maximum number of tokens, of which the first that is present
  /// counts.
  init(
    _ fields: RequestFields, lengths: [String], limits: APILimits
  ) throws(APIError) {
    var maxTokens: Int?
    for name in lengths {
      let value = try fields.integer(name, in: 0...limits.maxTokens)
      maxTokens = maxTokens ?? value
    }
    self.maxTokens = maxTokens ?? limits.defaultTokens
    sampling = try fields.sampling()
    // At most 2^53 - 1, so that JavaScript reads the seed exactly.
    seed = try fields.seed() ?? UInt64.random(in: 0..<1 << 53)
    n = try fields.integer("n", in: 1...APILimits.texts) ?? 1
    stops = try fields.stops()
    isStreamed = try fields.bool("stream") ?? false
    includesUsage = try fields.object("stream_options")?.bool("include_usage") ?? false
  }
}
#endif
