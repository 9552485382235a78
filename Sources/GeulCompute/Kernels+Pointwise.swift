internal import CGeulKernels

/// The activation functions, computed by polynomial approximations that have the same bits on every machine.
public enum PointwiseFunction: CaseIterable, Sendable {
  /// e^x
  case exp
  /// 1 / (1 + e^-x)
  case sigmoid
  /// tanh x
  case tanh
}

extension Kernels {
  /// Applies the function to each of `values`.
  public func map(_ function: PointwiseFunction, _ values: [Float]) -> [Float] {
    var input = Buffer<Float>(zeros: padded(values.count))
    for (index, value) in values.enumerated() { input[index] = value }
    var output = Buffer<Float>(zeros: input.count)
    withExtendedLifetime(input) {
      let (out, values) = unsafe (output.mutablePointer(), input.pointer)
      switch function {
      case .exp: unsafe functions.exp(out, values, input.count)
      case .sigmoid: unsafe functions.sigmoid(out, values, input.count)
      case .tanh: unsafe functions.tanh(out, values, input.count)
      }
    }
    return values.indices.map { output[$0] }
  }

  /// Computes e^((logit - shift) / temperature) for the first `count` logits in float64, with the same bits on every
  /// machine.
  ///
  /// - Parameters:
  ///   - logits: The logits; none exceeds `shift` or is NaN.
  ///   - count: The number of logits to use.
  ///   - shift: The largest logit, or another upper bound.
  ///   - temperature: The temperature, greater than 0.
  ///   - weights: Receives the results, each from 0 to 1.
  /// - Returns: The sum of the results, added in an order that is the same on every machine.
  public func expShifted(
    _ logits: [Float], first count: Int, shift: Double, temperature: Double = 1,
    into weights: inout [Double]
  ) -> Double {
    require("logits", logits.count, atLeast: count)
    require("weights", weights.count, atLeast: count)
    return unsafe logits.withUnsafeBufferPointer { logits in
      unsafe weights.withUnsafeMutableBufferPointer { weights in
        guard let input = logits.baseAddress, let output = weights.baseAddress else { return 0 }
        return unsafe functions.exp_shifted(output, input, count, shift, temperature)
      }
    }
  }

  /// Computes the probability of each token relative to that of the most likely one, e^(logit - largest logit), in float64, with
  /// the same bits on every machine.
  ///
  /// Finite parameters can have logits that are infinite or NaN. They count as a uniform distribution.
  ///
  /// - Parameters:
  ///   - logits: The logits, `[v]`, at least one.
  ///   - probabilities: Receives the results, `[v]`, each from 0 to 1.
  /// - Returns: The sum of the results, at least 1.
  package func relativeProbabilities(
    _ logits: [Float], into probabilities: inout [Double]
  ) -> Double {
    let sum = expShifted(
      logits, first: logits.count, shift: Double(logits.max() ?? 0), into: &probabilities)
    guard sum >= 1, sum.isFinite else {
      for id in probabilities.indices { probabilities[id] = 1 }
      return Double(probabilities.count)
    }
    return sum
  }

  /// Returns the loss of a token, in nats, for logits, `[v]`, whose relative probabilities have the given sum.
  package static func nats(of id: Int32, _ logits: [Float], sum: Double) -> Double {
    // Not the relative probability, which may be 0.
    let nats = naturalLogarithm(sum) + Double(logits.max() ?? 0) - Double(logits[Int(id)])
    return nats.isFinite ? nats : naturalLogarithm(sum)
  }

  /// Computes the natural logarithms of the first numbers of an array, rounded to float32, with the same bits on every machine.
  ///
  /// - Parameters:
  ///   - values: Positive, finite numbers, none of them subnormal; at least as many as `logarithms` has elements.
  ///   - logarithms: Receives the results, within one unit in the last place.
  public func logarithms(_ values: [Double], into logarithms: inout [Float]) {
    let count = logarithms.count
    require("values", values.count, atLeast: count)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe logarithms.withUnsafeMutableBufferPointer { logarithms in
        guard let input = values.baseAddress, let output = logarithms.baseAddress else { return }
        unsafe functions.logarithms(output, input, count)
      }
    }
  }

  /// Returns `values` rounded to elements of a precision, as `ElementBuffer` stores them.
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

  /// Executes about `count` vector multiply-adds on registers only, to measure the peak rate of one core.
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

/// Returns the natural logarithm of a positive, finite value, with the same bits on every machine.
public func naturalLogarithm(_ x: Double) -> Double {
  precondition(x > 0 && x.isFinite, "x must be positive and finite, is \(x)")
  return geul_log(x)
}
