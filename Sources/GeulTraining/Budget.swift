/// How long a run is to be.
public enum Budget: Sendable, Equatable {
  /// So many steps in all.
  case steps(Int)
  /// So many times through the text.
  case epochs(Double)
  /// So much time on the clock; the speed is measured first, and then the number of steps is fixed.
  case seconds(Double)
  /// Time on the clock, but not more than so many times through the text: what suits any text when nothing is said.
  case automatic(seconds: Double, epochs: Double)

  /// The number of steps, where it does not depend on the speed.
  public func steps(per epoch: Int) -> Int? {
    switch self {
    case .steps(let steps): steps
    case .epochs(let epochs): max(1, Int((epochs * Double(epoch)).rounded()))
    case .seconds, .automatic: nil
    }
  }

  /// The number of steps that `done` of them and `secondsLeft` at `stepsPerSecond` make, at most `limit`.
  func steps(per epoch: Int, done: Int, stepsPerSecond: Double, secondsLeft: Double) -> Int {
    let reachable = done + max(0, Int(secondsLeft * stepsPerSecond))
    return max(1, min(reachable, limit(per: epoch) ?? reachable))
  }

  /// The most steps that there may be, whatever the time; nil where only time counts.
  public func limit(per epoch: Int) -> Int? {
    guard case .automatic(_, let epochs) = self else { return steps(per: epoch) }
    return max(1, Int((epochs * Double(epoch)).rounded()))
  }

  /// How much time there is; nil where time does not count.
  public var seconds: Double? {
    switch self {
    case .steps, .epochs: nil
    case .seconds(let seconds), .automatic(let seconds, _): seconds
    }
  }
}
