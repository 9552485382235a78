internal import Synchronization

extension ComputeContext {
  /// Measures the peak throughput of all threads together, for half a second.
  ///
  /// - Parameters:
  ///   - precision: The arithmetic.
  ///   - quantile: The quantile of the repetitions' times that determines the throughput. The default is the median, because
  ///     a processor sustains its highest clock rate only briefly. A smaller quantile excludes repetitions that other
  ///     processes slow down.
  /// - Returns: The throughput in multiply-adds/s.
  public func peakMultiplyAddsPerSecond(
    _ precision: Precision, quantile: Double = 0.5
  ) -> Double {
    let vectors = 4_000_000
    let count = Atomic(0)
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(500)
    var times: [Double] = []
    while clock.now < end || times.count < 3 {
      let time = clock.measure {
        pool.run(pool.count) { _ in
          count.store(kernels.multiplyAdds(precision, count: vectors), ordering: .relaxed)
        }
      }
      times.append(time / .seconds(1))
    }
    let sorted = times.sorted()
    return Double(count.load(ordering: .relaxed) * pool.count)
      / sorted[Int(quantile * Double(sorted.count - 1))]
  }
}
