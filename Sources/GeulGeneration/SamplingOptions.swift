/// How the next unit is chosen from the network's logits; as they stand, every unit keeps its chance.
public struct SamplingOptions: Sendable, Equatable, Codable {
  /// Divides the logits: below 1 the likely become likelier, above 1 all become alike; 0 always takes the best.
  public var temperature: Double
  /// How many of the best units stay; 0 keeps all.
  public var topK: Int
  /// The share of the probability that the best units that stay have together; 1 keeps all.
  ///
  /// Nucleus sampling: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1.
  public var topP: Double
  /// The least probability of a unit that stays, as a share of the best one's; 0 keeps all.
  ///
  /// Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs".
  public var minP: Double
  /// Makes units that came lately less likely: divides their logits if positive, multiplies them if negative; 1 is off.
  ///
  /// Keskar et al. 2019, "CTRL: A Conditional Transformer Language Model", section 4.1.
  public var repeatPenalty: Double
  /// How many of the last units `repeatPenalty` looks at; 0 is off.
  public var repeatLastN: Int

  /// Options of llama.cpp's names and meanings.
  public init(
    temperature: Double = 0.8, topK: Int = 0, topP: Double = 1, minP: Double = 0,
    repeatPenalty: Double = 1, repeatLastN: Int = 64
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repeatPenalty = repeatPenalty
    self.repeatLastN = repeatLastN
  }

  /// Makes sure that every option is in its range.
  ///
  /// - Throws: `SamplingError` that names the first option that is not, its rule and its value.
  public func validate() throws(SamplingError) {
    try Self.check("temperature", temperature, "0 or more", temperature >= 0)
    try Self.check("top-k", topK, "0 (off) or more", topK >= 0)
    try Self.check("top-p", topP, "more than 0 and at most 1 (off)", topP > 0 && topP <= 1)
    try Self.check("min-p", minP, "from 0 (off) to 1", minP >= 0 && minP <= 1)
    try Self.check("repeat-penalty", repeatPenalty, "more than 0 (1 is off)", repeatPenalty > 0)
    try Self.check("repeat-last-n", repeatLastN, "0 (off) or more", repeatLastN >= 0)
  }

  private static func check(
    _ option: String, _ value: Double, _ rule: String, _ isKept: Bool
  ) throws(SamplingError) {
    guard isKept, value.isFinite else {
      throw .outOfRange(option: option, rule: rule, value: "\(value)")
    }
  }

  private static func check(
    _ option: String, _ value: Int, _ rule: String, _ isKept: Bool
  ) throws(SamplingError) {
    guard isKept else { throw .outOfRange(option: option, rule: rule, value: "\(value)") }
  }
}

/// Why there can be no sampler.
public enum SamplingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An option is out of its range.
  case outOfRange(option: String, rule: String, value: String)
  /// The vocabulary has no unit, or none that may be generated.
  case nothingToChoose

  /// The option, its rule and its value in one sentence.
  public var description: String {
    switch self {
    case .outOfRange(let option, let rule, let value):
      "--\(option) must be \(rule), not \(value)."
    case .nothingToChoose:
      "The model knows no unit that could be generated: train it on a text with more repetition, "
        + "or with a smaller --min-count."
    }
  }
}
