/// The length of a run.
public enum Budget: Sendable, Equatable {
  /// A number of steps.
  case steps(Int)
  /// A number of passes through the text.
  case epochs(Double)
  /// Wall-clock time; the speed is measured first, and then the number of steps is planned.
  case seconds(Double)
  /// Wall-clock time, but at most a number of epochs.
  case automatic(seconds: Double, epochs: Double)

  /// The length where none is given.
  public static let `default` = automatic(seconds: 300, epochs: 100)

  /// Returns the number of steps, where it does not depend on the speed.
  public func steps(perEpoch steps: Int) -> Int? {
    switch self {
    case .steps(let count): count
    case .epochs(let epochs): max(1, Int((epochs * Double(steps)).rounded()))
    case .seconds, .automatic: nil
    }
  }

  /// Returns the most steps that there may be, whatever the time; nil where only time counts.
  public func limit(perEpoch steps: Int) -> Int? {
    guard case .automatic(_, let epochs) = self else { return self.steps(perEpoch: steps) }
    return max(1, Int((epochs * Double(steps)).rounded()))
  }

  /// The wall-clock time in seconds; nil where time does not count.
  public var seconds: Double? {
    switch self {
    case .steps, .epochs: nil
    case .seconds(let seconds), .automatic(let seconds, _): seconds
    }
  }
}
