/// Measures wall-clock time.
public struct Stopwatch: Sendable {
  private var start = ContinuousClock.now

  /// Creates a stopwatch that starts now.
  public init() {}

  /// The seconds since the start.
  public var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Returns the seconds since the start, and restarts.
  public mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { start = now }
    return (now - start) / .seconds(1)
  }
}

/// The speed of the last training steps, without the time of evaluations and saves.
struct SpeedMeter: Sendable {
  private var durations: [Double] = []
  /// The number of steps measured.
  private(set) var steps = 0

  mutating func add(seconds: Double) {
    durations.append(seconds)
    steps += 1
    if durations.count > 50 { durations.removeFirst() }
  }

  /// Steps per second: the median over the last steps.
  var stepsPerSecond: Double {
    durations.isEmpty ? 0 : 1 / max(1e-9, durations.sorted().median)
  }
}

/// Runs `body` repeatedly for the given number of seconds, at least three times.
///
/// - Returns: The duration of each repetition in seconds, in ascending order.
package func times(for seconds: Double, _ body: () throws -> Void) rethrows -> [Double] {
  let total = Stopwatch()
  var times: [Double] = []
  while total.seconds < seconds || times.count < 3 {
    let repetition = Stopwatch()
    try body()
    times.append(repetition.seconds)
  }
  return times.sorted()
}

extension [Double] {
  /// The median of a sorted, nonempty array.
  package var median: Double { self[count / 2] }
}
