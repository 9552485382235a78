/// Distinguishes divergence of the loss from its ordinary fluctuation.
///
/// It keeps the running mean and variance of the loss. A step whose loss is eight standard deviations above the mean is a
/// spike. On the texts of docs/experiments.md, with batch sizes of 1 to 32, no step of a stable run was above 6.5.
public struct DivergenceDetector: Codable, Sendable, Equatable {
  private var mean = 0.0
  private var variance = 0.0
  private var steps = 0
  private var suppressedUntil = 0

  private enum CodingKeys: String, CodingKey {
    case mean, variance, steps
    case suppressedUntil = "pardonedUntil"
  }

  /// A kind of divergence.
  public enum Divergence: Sendable, Equatable, CustomStringConvertible {
    /// The loss, or its gradient, is infinite or not a number.
    case notFinite
    /// The loss is far above that of a uniform distribution.
    case aboveUniform
    /// The loss is far above its running mean.
    case spike

    /// A clause that begins a message.
    public var description: String {
      switch self {
      case .notFinite: "The loss or its gradient is not finite"
      case .aboveUniform: "The loss is far above that of a uniform distribution"
      case .spike: "The loss has spiked"
      }
    }
  }

  /// Creates a detector before the first step.
  public init() {}

  private static let decay = 0.98
  private static let limit = 8.0

  /// Checks the loss of a step; a loss that passes is added to the running mean.
  ///
  /// - Parameters:
  ///   - nats: The loss in nats/token.
  ///   - uniformLoss: The loss of a uniform distribution, ln v.
  ///   - step: The number of the step.
  ///   - isPastEpochStart: False for the first batches of an epoch, whose losses are not comparable with those before; see
  ///     `SequenceBatcher.isPastEpochStart`.
  /// - Returns: The divergence, or nil.
  package mutating func check(
    _ nats: Double, uniformLoss: Double, step: Int, isPastEpochStart: Bool
  ) -> Divergence? {
    guard nats.isFinite else { return .notFinite }
    // On new text the loss of a confident network may exceed ln v for some steps, but not by this much.
    guard nats < 3 * uniformLoss + 10 else { return .aboveUniform }
    let deviation = variance.squareRoot()
    let difference = nats - mean
    if steps >= 50, step > suppressedUntil {
      if mean > uniformLoss + 1 { return .aboveUniform }
      if isPastEpochStart, difference > Self.limit * deviation { return .spike }
    }
    // An outlier counts as three deviations, so that a divergence does not raise the mean.
    let clipped = steps < 10 ? difference : max(-3 * deviation, min(3 * deviation, difference))
    let keep = min(Self.decay, Double(steps) / Double(steps + 1))
    mean += (1 - keep) * clipped
    variance = keep * (variance + (1 - keep) * clipped * clipped)
    steps += 1
    return nil
  }

  /// Suppresses spikes up to fifty steps after `step`.
  ///
  /// If the loss spikes there again at half the learning rate, the cause is a new part of the text.
  package mutating func suppress(until step: Int) { suppressedUntil = step + 50 }

  /// Indicates whether the fields are in their ranges.
  var isValid: Bool {
    mean.isFinite && variance.isFinite && variance >= 0 && steps >= 0 && suppressedUntil >= 0
  }
}
