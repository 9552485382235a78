/// The time since an instant.
public struct Stopwatch: Sendable {
  private var start = ContinuousClock.now

  /// Starts now.
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
    guard !durations.isEmpty else { return 0 }
    return 1 / max(1e-9, durations.sorted()[durations.count / 2])
  }
}
