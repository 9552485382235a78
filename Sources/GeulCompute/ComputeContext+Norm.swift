internal import CGeulKernels

extension ComputeContext {
  /// Returns the Euclidean norm of all elements, with the same bits for any number of threads.
  public func norm(_ storage: ParameterStorage) -> Double {
    norm(storage.values, 0..<storage.values.count)
  }

  /// Returns the Euclidean norm of the elements in `range`, whose length is a multiple of `columnBlockWidth`.
  func norm(_ values: Buffer<Float>, _ range: Range<Int>) -> Double {
    require("values", values.count, atLeast: range.upperBound)
    let count = range.count
    var sums = Buffer<Double>(zeros: (count + Self.chunkSize - 1) / Self.chunkSize)
    let out = unsafe SendablePointer(base: sums.mutablePointer())
    let sumOfSquares = unsafe kernels.functions.sum_of_squares
    pool.run(sums.count) { index in
      let start = index * Self.chunkSize
      unsafe out.base[index] = sumOfSquares(
        values.pointer + range.lowerBound + start, min(Self.chunkSize, count - start))
    }
    return (0..<sums.count).reduce(0) { $0 + sums[$1] }.squareRoot()
  }
}
