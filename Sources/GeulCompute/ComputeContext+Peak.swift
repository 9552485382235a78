internal import Synchronization

extension ComputeContext {
  /// Measures the peak rate of multiply-adds of all threads together, per second, over half a second.
  ///
  /// - Parameters:
  ///   - precision: the arithmetic.
  ///   - quantile: the quantile of the repetitions' times to take: the median by default, since a rested processor is faster for
  ///     a moment than it can stay; less on a machine whose neighbors may be busy now and not later.
  /// - Returns: The rate in multiply-adds per second.
  public func peakRate(_ precision: Precision, quantile: Double = 0.5) -> Double {
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
