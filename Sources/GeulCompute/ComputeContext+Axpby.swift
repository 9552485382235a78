internal import CGeulKernels

extension ComputeContext {
  /// Computes `y = alpha * x + beta * y` element-wise; the name is that of the BLAS extension.
  public func axpby(
    _ alpha: Float, _ x: ParameterStorage, _ beta: Float, _ y: inout ParameterStorage
  ) {
    precondition(x.layout == y.layout, "x and y have different layouts")
    axpby(alpha, x.values, at: 0, beta, &y.values, at: 0..<y.values.count)
  }

  /// Computes `y = alpha * x + beta * y` for the elements of y in `range` and those of x from `start` on.
  ///
  /// The length of the range is a multiple of `columnBlockWidth`.
  func axpby(
    _ alpha: Float, _ x: Buffer<Float>, at start: Int, _ beta: Float, _ y: inout Buffer<Float>,
    at range: Range<Int>
  ) {
    require("x", x.count, atLeast: start + range.count)
    require("y", y.count, atLeast: range.upperBound)
    unsafe axpby(
      alpha, x.pointer + start, beta, y.mutablePointer() + range.lowerBound, count: range.count)
    withExtendedLifetime(x) {}
  }

  /// Adds the elements in `range` to those from `target` on, which do not overlap them.
  ///
  /// The length of the range is a multiple of `columnBlockWidth`.
  public func add(_ range: Range<Int>, to target: Int, in values: inout Buffer<Float>) {
    precondition(
      range.upperBound <= target || target + range.count <= range.lowerBound,
      "\(range) and the elements from \(target) on overlap")
    require("values", values.count, atLeast: max(range.upperBound, target + range.count))
    let base = unsafe values.mutablePointer()
    unsafe axpby(1, base + range.lowerBound, 1, base + target, count: range.count)
  }

  /// Computes `y = alpha * x + beta * y` for `count` elements, in chunks on all threads.
  private func axpby(
    _ alpha: Float, _ x: UnsafePointer<Float>, _ beta: Float, _ y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    let (x, y) = unsafe (
      SendablePointer(base: UnsafeMutablePointer(mutating: x)), SendablePointer(base: y)
    )
    let axpby = unsafe kernels.functions.axpby
    pool.run((count + Self.chunkSize - 1) / Self.chunkSize) { index in
      let offset = index * Self.chunkSize
      unsafe axpby(
        y.base + offset, x.base + offset, min(Self.chunkSize, count - offset), alpha, beta)
    }
  }
}
