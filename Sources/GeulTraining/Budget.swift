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

  /// The default length.
  public static let `default` = automatic(seconds: 300, epochs: 100)

  /// Returns the number of steps; nil if it depends on the speed.
  public func steps(perEpoch steps: Int) -> Int? {
    switch self {
    case .steps(let count): count
    case .epochs(let epochs): max(1, Int((epochs * Double(steps)).rounded()))
    case .seconds, .automatic: nil
    }
  }

  /// Returns the maximum number of steps, which no speed exceeds; nil if only time limits the run.
  public func limit(perEpoch steps: Int) -> Int? {
    if case .automatic(_, let epochs) = self { return Budget.epochs(epochs).steps(perEpoch: steps) }
    return self.steps(perEpoch: steps)
  }

  /// The wall-clock time in seconds; nil if time does not limit the run.
  public var seconds: Double? {
    switch self {
    case .steps, .epochs: nil
    case .seconds(let seconds), .automatic(let seconds, _): seconds
    }
  }
}
