/// The options of a `Sampler`, with llama.cpp's names and meanings.
///
/// The defaults disable every filter and scale the logits by a temperature of 0.8.
public struct SamplingOptions: Sendable, Equatable, Codable {
  /// The divisor of the logits: below 1 sharpens the distribution, above 1 flattens it, 0 selects the
  /// most likely token (greedy decoding).
  public var temperature: Double
  /// The number of most likely tokens to sample from; 0 disables the filter.
  public var topK: Int
  /// The cumulative probability of the most likely tokens to sample from; 1 disables the filter.
  ///
  /// Nucleus sampling: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1.
  public var topP: Double
  /// The minimum probability of a token, relative to the most likely token's; 0 disables the filter.
  ///
  /// Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs".
  public var minP: Double
  /// The penalty of recent tokens: positive logits are divided by it, negative ones multiplied; 1
  /// disables it.
  ///
  /// Keskar et al. 2019, "CTRL: A Conditional Transformer Language Model", section 4.1.
  public var repeatPenalty: Double
  /// The number of most recent tokens that `repeatPenalty`, `presencePenalty` and `frequencyPenalty`
  /// apply to; 0 disables the penalties.
  public var repeatLastN: Int
  /// The number that is subtracted from the logit of each recent token, from -2 to 2; 0 disables it.
  public var presencePenalty: Double
  /// The number that is subtracted from the logit of a recent token for each of its occurrences, from
  /// -2 to 2; 0 disables it.
  public var frequencyPenalty: Double
  /// The numbers that are added to the logits before everything else, by token id, from -100 to 100.
  ///
  /// A bias of -100 bans the token, like OpenAI's `logit_bias`.
  public var logitBias: [Int: Double]

  /// Creates options from the given values.
  public init(
    temperature: Double = 0.8, topK: Int = 0, topP: Double = 1, minP: Double = 0,
    repeatPenalty: Double = 1, repeatLastN: Int = 64, presencePenalty: Double = 0,
    frequencyPenalty: Double = 0, logitBias: [Int: Double] = [:]
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repeatPenalty = repeatPenalty
    self.repeatLastN = repeatLastN
    self.presencePenalty = presencePenalty
    self.frequencyPenalty = frequencyPenalty
    self.logitBias = logitBias
  }

  /// Reads options; missing fields take their defaults.
  public init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(.temperature, &temperature)
    try read(.topK, &topK)
    try read(.topP, &topP)
    try read(.minP, &minP)
    try read(.repeatPenalty, &repeatPenalty)
    try read(.repeatLastN, &repeatLastN)
    try read(.presencePenalty, &presencePenalty)
    try read(.frequencyPenalty, &frequencyPenalty)
    try read(.logitBias, &logitBias)
  }

  /// Indicates whether a penalty of recent tokens is enabled.
  var penalizesRecentTokens: Bool {
    repeatLastN > 0 && (repeatPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0)
  }

  /// Indicates whether the bias of a token bans it.
  func bans(_ id: Int) -> Bool { logitBias[id] == Self.biasRange.lowerBound }

  private static let biasRange = -100.0...100.0

  /// Validates the range of every option.
  ///
  /// - Throws: `SamplingError` with the name, the range and the value of the first invalid option.
  public func validate() throws(SamplingError) {
    try Self.check("temperature", temperature, "0 or more", temperature >= 0)
    try Self.check("top-k", topK, "0 (off) or more", topK >= 0)
    try Self.check("top-p", topP, "more than 0 and at most 1 (off)", topP > 0 && topP <= 1)
    try Self.check("min-p", minP, "from 0 (off) to 1", minP >= 0 && minP <= 1)
    try Self.check("repeat-penalty", repeatPenalty, "more than 0 (1 is off)", repeatPenalty > 0)
    try Self.check("repeat-last-n", repeatLastN, "0 (off) or more", repeatLastN >= 0)
    for (option, penalty) in [
      ("presence-penalty", presencePenalty), ("frequency-penalty", frequencyPenalty),
    ] {
      try Self.check(option, penalty, "from -2 to 2 (0 is off)", abs(penalty) <= 2)
    }
    for (id, bias) in logitBias.sorted(by: { $0.key < $1.key })
    where !Self.biasRange.contains(bias) {
      throw .outOfRange(
        option: "logit-bias", range: "from -100 (bans the token) to 100",
        value: "\(bias) for token \(id)")
    }
  }

  private static func check(
    _ option: String, _ value: Double, _ range: String, _ isInRange: Bool
  ) throws(SamplingError) {
    guard isInRange, value.isFinite else {
      throw .outOfRange(option: option, range: range, value: "\(value)")
    }
  }

  private static func check(
    _ option: String, _ value: Int, _ range: String, _ isInRange: Bool
  ) throws(SamplingError) {
    guard isInRange else { throw .outOfRange(option: option, range: range, value: "\(value)") }
  }
}

/// An error that prevents the creation of a `Sampler`.
public enum SamplingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The value of an option is outside of its range.
  case outOfRange(option: String, range: String, value: String)
  /// The id of a token in `SamplingOptions.logitBias` is not in the vocabulary.
  case unknownToken(id: Int, vocabularySize: Int)
  /// The vocabulary is empty, or all of its tokens are banned.
  case noCandidates

  /// A sentence that states the cause.
  public var description: String {
    switch self {
    case .outOfRange(let option, let range, let value):
      "--\(option) must be \(range), not \(value)."
    case .unknownToken(let id, let vocabularySize):
      "--logit-bias: token \(id) is not in the vocabulary of \(vocabularySize) tokens; their ids "
        + "start at 0."
    case .noCandidates:
      "The model's vocabulary has no token that can be generated. Train on a text with more "
        + "repetition, or with a smaller --min-count; ban fewer tokens by a logit bias of -100."
    }
  }
}
