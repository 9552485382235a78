/// Seconds since an instant.
public struct Stopwatch: Sendable {
  private var start = ContinuousClock.now

  /// Starts now.
  public init() {}

  /// Seconds since the start.
  public var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Seconds since the start, and starts anew.
  public mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { start = now }
    return (now - start) / .seconds(1)
  }
}

/// Steps a second, over the last ones.
struct Speed: Sendable {
  private var times: [Double]
  /// How many steps it knows of.
  private(set) var steps = 0

  /// Before the first step, which begins now.
  init(from start: Double) { times = [start] }

  mutating func add(seconds: Double) {
    times.append(seconds)
    steps += 1
    if times.count > 50 { times.removeFirst() }
  }

  /// The median over the last steps, so that a pause for saving or scoring does not count.
  var stepsPerSecond: Double {
    let gaps = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
    guard !gaps.isEmpty else { return 0 }
    return 1 / max(1e-9, gaps[gaps.count / 2])
  }
}
