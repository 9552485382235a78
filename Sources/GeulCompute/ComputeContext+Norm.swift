internal import CGeulKernels

extension ComputeContext {
  /// Returns the Euclidean norm of all elements, with the same bits for any number of threads.
  public func norm(_ storage: ParameterStorage) -> Double {
    norm(storage.values, 0..<storage.values.count)
  }

  /// Returns the Euclidean norm of the elements in `range`, whose length is a multiple of `columnBlockWidth`.
  func norm(_ values: Buffer<Float>, _ range: Range<Int>) -> Double {
    require("values", values.count, atLeast: range.upperBound)
    let sumOfSquares = unsafe kernels.functions.sum_of_squares
    return sumOfChunks(range) { start, count in
      unsafe sumOfSquares(values.pointer + start, count)
    }.squareRoot()
  }

  /// Updates Nesterov's momentum in `range`: `m = mu * m + scale * g`, then `g = mu * m + scale * g`.
  ///
  /// The length of the range is a multiple of `columnBlockWidth`.
  ///
  /// - Returns: The Euclidean norm of the new g, with the bits that `norm` computes.
  func addMomentum(
    _ mu: Float, _ scale: Float, _ m: inout Buffer<Float>, _ g: inout Buffer<Float>,
    _ range: Range<Int>
  ) -> Double {
    require("m", m.count, atLeast: range.upperBound)
    require("g", g.count, atLeast: range.upperBound)
    let (m, g) = unsafe (
      SendablePointer(base: m.mutablePointer()), SendablePointer(base: g.mutablePointer())
    )
    let momentum = unsafe kernels.functions.momentum
    return sumOfChunks(range) { start, count in
      unsafe momentum(m.base + start, g.base + start, count, mu, scale)
    }.squareRoot()
  }

  /// Returns the sum of the results of `body` for the chunks of a range, which all threads compute; the order of the sum
  /// does not depend on their number.
  private func sumOfChunks(
    _ range: Range<Int>, _ body: @Sendable (_ start: Int, _ count: Int) -> Double
  ) -> Double {
    var sums = Buffer<Double>(zeros: (range.count + Self.chunkSize - 1) / Self.chunkSize)
    let out = unsafe SendablePointer(base: sums.mutablePointer())
    pool.run(sums.count) { index in
      let start = range.lowerBound + index * Self.chunkSize
      unsafe out.base[index] = body(start, min(Self.chunkSize, range.upperBound - start))
    }
    return (0..<sums.count).reduce(0) { $0 + sums[$1] }
  }
}
