#if Server

/// The limits of requests that the configuration of the server sets.
package struct APILimits: Equatable, Sendable {
  /// The maximum number of tokens to generate for one text.
  package var maxTokens: Int
  /// The maximum number of tokens of a prompt, or of a text to score.
  package var maxPrompt: Int
  /// The maximum number of bytes of a request body.
  package var maxBody: Int

  /// Creates limits.
  package init(maxTokens: Int = 65536, maxPrompt: Int = 100_000, maxBody: Int = 1 << 20) {
    self.maxTokens = maxTokens
    self.maxPrompt = maxPrompt
    self.maxBody = maxBody
  }

  /// The number of tokens that are generated if a request does not name it.
  var defaultTokens: Int { min(500, maxTokens) }

  /// The maximum number of texts of one request: prompts times `n`.
  package static let texts = 128
  /// The maximum of options that are numbers of tokens, `top_k`, `repeat_last_n` and `dry_allowed_length`.
  package static let tokenCount = Int(Int32.max)
  /// The maximum of `dry_penalty_last_n`: each token costs time in proportion to it, and a session keeps so many tokens.
  package static let repetitionTokens = 4096
  /// The maximum number of alternatives with log-probabilities at a position.
  package static let alternatives = 20
  /// The maximum number of stop strings.
  package static let stops = 16
  /// The maximum length of a stop string in code points.
  package static let stopLength = 1000
  /// The maximum length of the name of a session.
  package static let sessionNameLength = 128
  /// The maximum number of tokens of a text to explain.
  package static let explainedTokens = 1000
  /// The maximum number of neurons whose activations are returned.
  package static let explainedNeurons = 64
}
#endif
