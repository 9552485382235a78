/// Tells an explosion of the loss from its ordinary ups and downs.
///
/// It keeps the running mean and variance of the loss. A step whose loss is eight standard deviations above the mean is
/// out of the ordinary. On the texts of docs/experiments.md, in batches of 1 to 32 streams, no step of a healthy run came
/// above 6.5.
public struct DivergenceDetector: Codable, Sendable, Equatable {
  private var mean = 0.0
  private var variance = 0.0
  private var steps = 0
  private var pardonedUntil = 0

  /// What is wrong with a loss.
  public enum Fault: Sendable, Equatable, CustomStringConvertible {
    /// The loss, or its gradient, is infinite or not a number.
    case notFinite
    /// It is far more than that of a network that knows nothing.
    case senseless
    /// It is far above what it was.
    case jump

    /// What to say of it.
    public var description: String {
      switch self {
      case .notFinite: "The loss or its gradient is no longer finite"
      case .senseless: "The loss is far worse than that of a network that knows nothing"
      case .jump: "The loss has jumped far out of its usual range"
      }
    }
  }

  /// Before the first step.
  public init() {}

  private static let decay = 0.98
  private static let limit = 8.0

  /// Looks at the loss of a step, in nats a unit; if it is sound, it counts for the next ones.
  ///
  /// - Parameters:
  ///   - nats: the loss.
  ///   - ignorance: the loss of a network that knows nothing, ln v.
  ///   - step: which step of the run it was.
  ///   - isSettled: false while a new epoch has just begun: its first losses, from a zero state and in another part of
  ///     the text, say nothing.
  /// - Returns: what is wrong with it; nil if nothing is.
  package mutating func fault(
    in nats: Double, ignorance: Double, step: Int, isSettled: Bool
  ) -> Fault? {
    guard nats.isFinite else { return .notFinite }
    // What is new to a network that is sure of itself may cost more than ln v, but not so much, or not for long.
    guard nats < 3 * ignorance + 10 else { return .senseless }
    let deviation = variance.squareRoot()
    let gap = nats - mean
    if steps >= 50, step > pardonedUntil {
      if mean > ignorance + 1 { return .senseless }
      if isSettled, gap > Self.limit * deviation { return .jump }
    }
    // What is far out counts as three deviations: an explosion must not pass for the new habit.
    let moved = steps < 10 ? gap : max(-3 * deviation, min(3 * deviation, gap))
    let keep = min(Self.decay, Double(steps) / Double(steps + 1))
    mean += (1 - keep) * moved
    variance = keep * (variance + (1 - keep) * moved * moved)
    steps += 1
    return nil
  }

  /// Lets pass what the next steps bring, up to fifty after `step`.
  ///
  /// If the loss jumps there again with half the rate, the text has a new part there, not the rate a fault.
  package mutating func pardon(until step: Int) { pardonedUntil = step + 50 }

  /// Whether what was read from a file is what a run can come to.
  var isSound: Bool {
    mean.isFinite && variance.isFinite && variance >= 0 && steps >= 0 && pardonedUntil >= 0
  }
}
