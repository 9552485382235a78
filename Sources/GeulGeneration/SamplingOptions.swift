/// The options of a `Sampler`, with llama.cpp's names and meanings.
///
/// The defaults disable every filter and scale the logits by a temperature of 0.8. `docs/sampling.md` compares the
/// filters on character models. The defaults of `dryAllowedLength`, `dryLastN` and `mirostatTau` differ from llama.cpp's:
/// they suit characters.
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
  /// The number of standard deviations of the logits that a logit may be below the maximum; 0 disables the filter.
  ///
  /// Tang et al. 2024, "Top-nσ: Not All Logits Are You Need".
  public var topNSigma: Double
  /// The cumulative probability of the most typical tokens to sample from; 1 disables the filter.
  ///
  /// A token is typical if its surprisal is close to the entropy of the distribution: Meister et al. 2022, "Locally
  /// Typical Sampling".
  public var typicalP: Double
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
  /// The penalty of a token that extends a repetition of `dryAllowedLength` tokens; 0 disables it.
  ///
  /// A token that extends a repetition of n tokens is penalized by multiplier * base^(n - allowed length): DRY ("Don't
  /// Repeat Yourself"), p-e-w 2024, <https://github.com/oobabooga/text-generation-webui/pull/5677>.
  public var dryMultiplier: Double
  /// The factor of the DRY penalty for each further token of the repetition, 1 or more.
  public var dryBase: Double
  /// The number of tokens from which a repetition is penalized, 1 or more.
  ///
  /// Repetitions of 16 characters are rare in natural text: in the last tenth of `corpora/english.txt`, 0.05 % of the
  /// characters extend one that began in the 1024 characters before.
  public var dryAllowedLength: Int
  /// The number of most recent tokens in which repetitions are searched; 0 disables the DRY penalty.
  public var dryLastN: Int
  /// The version of Mirostat: 0 (off) or 2.
  ///
  /// Mirostat keeps the mean surprisal of the generated tokens at `mirostatTau`, in place of the filters `topNSigma`,
  /// `topK`, `typicalP`, `topP` and `minP`: Basu et al. 2021, "Mirostat: A Neural Text Decoding Algorithm that Directly
  /// Controls Perplexity".
  public var mirostat: Int
  /// The target of Mirostat: the mean surprisal of a token in bits, among the tokens that are left.
  public var mirostatTau: Double
  /// The learning rate of Mirostat, from 0 to 1.
  public var mirostatEta: Double
  /// The greatest difference from `temperature` of a temperature that depends on the entropy; 0 disables it.
  ///
  /// Zhang et al. 2024, "EDT: Improving Large Language Models' Generation by Entropy-based Dynamic Temperature
  /// Sampling"; the formula is llama.cpp's.
  public var dynatempRange: Double
  /// The exponent of the normalized entropy in the dynamic temperature, more than 0.
  public var dynatempExponent: Double
  /// The numbers that are added to the logits before everything else, by token id, from -100 to 100.
  ///
  /// A bias of -100 bans the token, like OpenAI's `logit_bias`.
  public var logitBias: [Int: Double]

  /// Creates options from the given values.
  public init(
    temperature: Double = 0.8, topK: Int = 0, topP: Double = 1, minP: Double = 0,
    repeatPenalty: Double = 1, repeatLastN: Int = 64, presencePenalty: Double = 0,
    frequencyPenalty: Double = 0, logitBias: [Int: Double] = [:], topNSigma: Double = 0,
    typicalP: Double = 1, dryMultiplier: Double = 0, dryBase: Double = 1.75,
    dryAllowedLength: Int = 16, dryLastN: Int = 1024, mirostat: Int = 0, mirostatTau: Double = 1.5,
    mirostatEta: Double = 0.1, dynatempRange: Double = 0, dynatempExponent: Double = 1
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
    self.topNSigma = topNSigma
    self.typicalP = typicalP
    self.dryMultiplier = dryMultiplier
    self.dryBase = dryBase
    self.dryAllowedLength = dryAllowedLength
    self.dryLastN = dryLastN
    self.mirostat = mirostat
    self.mirostatTau = mirostatTau
    self.mirostatEta = mirostatEta
    self.dynatempRange = dynatempRange
    self.dynatempExponent = dynatempExponent
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
    try read(.topNSigma, &topNSigma)
    try read(.typicalP, &typicalP)
    try read(.dryMultiplier, &dryMultiplier)
    try read(.dryBase, &dryBase)
    try read(.dryAllowedLength, &dryAllowedLength)
    try read(.dryLastN, &dryLastN)
    try read(.mirostat, &mirostat)
    try read(.mirostatTau, &mirostatTau)
    try read(.mirostatEta, &mirostatEta)
    try read(.dynatempRange, &dynatempRange)
    try read(.dynatempExponent, &dynatempExponent)
    try read(.logitBias, &logitBias)
  }

  /// Indicates whether a penalty of recent tokens is enabled.
  var penalizesRecentTokens: Bool {
    repeatLastN > 0 && (repeatPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0)
  }

  /// Indicates whether the DRY penalty is enabled.
  var penalizesRepetitions: Bool { dryMultiplier > 0 && dryLastN > 0 }

  /// The number of most recent tokens that the penalties depend on: the capacity of a sequence's `PenaltyWindow`.
  public var windowCapacity: Int { penalizesRepetitions ? max(repeatLastN, dryLastN) : repeatLastN }

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
    try validateAdvanced()
    for (id, bias) in logitBias.sorted(by: { $0.key < $1.key })
    where !Self.biasRange.contains(bias) {
      throw .outOfRange(
        option: "logit-bias", range: "from -100 (bans the token) to 100",
        value: "\(bias) for token \(id)")
    }
  }

  private func validateAdvanced() throws(SamplingError) {
    try Self.check("top-n-sigma", topNSigma, "0 (off) or more", topNSigma >= 0)
    try Self.check(
      "typical-p", typicalP, "more than 0 and at most 1 (off)", typicalP > 0 && typicalP <= 1)
    try Self.check("dry-multiplier", dryMultiplier, "0 (off) or more", dryMultiplier >= 0)
    try Self.check("dry-base", dryBase, "1 or more", dryBase >= 1)
    try Self.check("dry-allowed-length", dryAllowedLength, "1 or more", dryAllowedLength >= 1)
    try Self.check("dry-last-n", dryLastN, "0 (off) or more", dryLastN >= 0)
    try Self.check("mirostat", mirostat, "0 (off) or 2", mirostat == 0 || mirostat == 2)
    try Self.check("mirostat-tau", mirostatTau, "0 or more", mirostatTau >= 0)
    try Self.check("mirostat-eta", mirostatEta, "from 0 to 1", mirostatEta >= 0 && mirostatEta <= 1)
    try Self.check("dynatemp-range", dynatempRange, "0 (off) or more", dynatempRange >= 0)
    try Self.check(
      "dynatemp-exponent", dynatempExponent, "more than 0", dynatempExponent > 0)
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
