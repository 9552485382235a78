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
    let out = unsafe SendablePointer(base: y.mutablePointer() + range.lowerBound)
    let axpby = unsafe kernels.functions.axpby
    pool.run((range.count + Self.chunkSize - 1) / Self.chunkSize) { index in
      let offset = index * Self.chunkSize
      unsafe axpby(
        out.base + offset, x.pointer + start + offset,
        min(Self.chunkSize, range.count - offset), alpha, beta)
    }
  }

  /// Adds the elements in `range` to those from `target` on, which do not overlap them.
  ///
  /// The length of the range is a multiple of `columnBlockWidth`.
  public func add(_ range: Range<Int>, to target: Int, in values: inout Buffer<Float>) {
    precondition(
      range.upperBound <= target || target + range.count <= range.lowerBound,
      "\(range) and the elements from \(target) on overlap")
    require("values", values.count, atLeast: max(range.upperBound, target + range.count))
    let base = unsafe SendablePointer(base: values.mutablePointer())
    let axpby = unsafe kernels.functions.axpby
    pool.run((range.count + Self.chunkSize - 1) / Self.chunkSize) { index in
      let offset = index * Self.chunkSize
      unsafe axpby(
        base.base + target + offset, base.base + range.lowerBound + offset,
        min(Self.chunkSize, range.count - offset), 1, 1)
    }
  }
}
