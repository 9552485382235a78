internal import CGeulKernels

/// The activation functions, computed by polynomials of our own, so that every machine gives the same bits.
public enum PointwiseFunction: CaseIterable, Sendable {
  /// e^x
  case exp
  /// 1 / (1 + e^-x)
  case sigmoid
  /// tanh x
  case tanh
}

extension Kernels {
  /// Returns the function of each of `values`.
  public func map(_ function: PointwiseFunction, _ values: [Float]) -> [Float] {
    var input = Buffer<Float>(zeros: padded(values.count))
    for (index, value) in values.enumerated() { input[index] = value }
    var output = Buffer<Float>(zeros: input.count)
    withExtendedLifetime(input) {
      let (to, from) = unsafe (output.mutablePointer(), input.pointer)
      switch function {
      case .exp: unsafe functions.exp(to, from, input.count)
      case .sigmoid: unsafe functions.sigmoid(to, from, input.count)
      case .tanh: unsafe functions.tanh(to, from, input.count)
      }
    }
    return values.indices.map { output[$0] }
  }

  /// Computes e^((logit - shift) / temperature) of the first logits, in float64, with the same bits on every machine.
  ///
  /// - Parameters:
  ///   - logits: the logits; none is above `shift`, none is NaN.
  ///   - count: the number of logits to compute with.
  ///   - shift: the largest logit, or another upper bound.
  ///   - temperature: more than 0.
  ///   - weights: takes the results, each from 0 to 1.
  /// - Returns: The sum of the results, added in an order that is the same on every machine.
  public func expShifted(
    _ logits: [Float], first count: Int, shift: Double, temperature: Double = 1,
    into weights: inout [Double]
  ) -> Double {
    require("logits", logits.count, atLeast: count)
    require("weights", weights.count, atLeast: count)
    return unsafe logits.withUnsafeBufferPointer { from in
      unsafe weights.withUnsafeMutableBufferPointer { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return 0 }
        return unsafe functions.exp_shifted(to, from, count, shift, temperature)
      }
    }
  }

  /// Returns `values` rounded to the elements of a precision.
  public func rounded(_ values: [Float], to precision: Precision) -> [Float] {
    let elements = ElementBuffer(zeros: padded(values.count), precision)
    if precision == .int8 {
      elements.store(values)
    } else {
      var input = Buffer<Float>(zeros: elements.count)
      for (index, value) in values.enumerated() { input[index] = value }
      withExtendedLifetime(input) {
        unsafe training(precision).to_elements(
          elements.mutablePointer(), input.pointer, input.count)
      }
    }
    return values.indices.map { elements[$0] }
  }

  /// Computes multiply-adds on registers only, for about `count` vectors of them: the peak rate of one core.
  ///
  /// - Returns: The number of scalar multiply-adds.
  public func multiplyAdds(_ precision: Precision, count: Int) -> Int {
    var sink: Float = 0
    switch precision {
    case .float32: return unsafe functions.peak_float32(count, &sink)
    case .bfloat16: return unsafe functions.peak_bfloat16(count, &sink)
    case .int8: return unsafe functions.peak_int8(count, &sink)
    }
  }
}

/// Returns the natural logarithm of a positive, finite number, with the same bits on every machine.
public func naturalLogarithm(_ x: Double) -> Double {
  precondition(x > 0 && x.isFinite, "the logarithm of \(x)")
  return geul_log(x)
}
