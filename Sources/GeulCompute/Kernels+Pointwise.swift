internal import CGeulKernels

/// The functions of the cells: our own polynomials, so that every machine computes the same bits.
public enum PointwiseFunction: CaseIterable, Sendable {
  /// e^x
  case exponential
  /// 1 / (1 + e^-x)
  case sigmoid
  /// tanh x
  case tangent
}

extension Kernels {
  /// The function of each of `values`.
  public func map(_ function: PointwiseFunction, _ values: [Float]) -> [Float] {
    var input = Buffer<Float>(zeros: padded(values.count))
    for (index, value) in values.enumerated() { input[index] = value }
    var output = Buffer<Float>(zeros: input.count)
    withExtendedLifetime(input) {
      let (to, from) = unsafe (output.mutablePointer(), input.pointer)
      switch function {
      case .exponential: unsafe functions.exp(to, from, input.count)
      case .sigmoid: unsafe functions.sigmoid(to, from, input.count)
      case .tangent: unsafe functions.tanh(to, from, input.count)
      }
    }
    return values.indices.map { output[$0] }
  }

  /// The weight of each of the first scores beside the best: e^((score - top) / temperature), in float64.
  ///
  /// - Parameters:
  ///   - scores: what a network gives the units; none is above `top`, none is NaN.
  ///   - count: how many of them to weigh.
  ///   - top: the best score, or another bound.
  ///   - temperature: more than 0.
  ///   - weights: its first places are filled, each with 0 to 1: the same bits on every machine.
  /// - Returns: their sum, added up in an order that is the same on every machine.
  public func weigh(
    _ scores: [Float], first count: Int, beside top: Double, temperature: Double = 1,
    into weights: inout [Double]
  ) -> Double {
    require("scores", scores.count, atLeast: count)
    require("weights", weights.count, atLeast: count)
    return unsafe scores.withUnsafeBufferPointer { from in
      unsafe weights.withUnsafeMutableBufferPointer { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return 0 }
        return unsafe functions.exp_shifted(to, from, count, top, temperature)
      }
    }
  }

  /// `values` rounded to operands and back; for int8, to what multiplies its weights.
  public func rounded(_ values: [Float], to precision: Precision) -> [Float] {
    var operands = ElementBuffer(zeros: padded(values.count), precision)
    guard precision != .int8 else {
      operands.fill(values)
      return values.indices.map { operands[$0] }
    }
    var input = Buffer<Float>(zeros: operands.count)
    for (index, value) in values.enumerated() { input[index] = value }
    withExtendedLifetime(input) {
      unsafe trainingKernels(precision).pointee.to_elements(
        operands.mutablePointer(), input.pointer, input.count)
    }
    return values.indices.map { operands[$0] }
  }

  /// Does multiply-adds on registers alone for about `count` vectors of them, the most that one core can do.
  ///
  /// - Returns: how many single multiply-adds were done.
  public func multiplyAdds(_ precision: Precision, count: Int) -> Int {
    var sink: Float = 0
    switch precision {
    case .float32: return unsafe functions.peak_float32(count, &sink)
    case .bfloat16: return unsafe functions.peak_bfloat16(count, &sink)
    case .int8: return unsafe functions.peak_int8(count, &sink)
    }
  }
}

/// The natural logarithm of a positive, finite number, the same bits on every machine.
public func naturalLogarithm(_ x: Double) -> Double {
  precondition(x > 0 && x.isFinite, "the logarithm of \(x)")
  return geul_log(x)
}
