internal import CGeulKernels

/// The hyperparameters of AdamW (Loshchilov and Hutter 2019, algorithm 2).
public struct AdamW: Sendable, Equatable {
  /// The learning rate.
  public var learningRate: Float
  /// The decay rate of the first moment.
  public var beta1: Float
  /// The decay rate of the second moment.
  public var beta2: Float
  /// The term that keeps the denominator from zero.
  public var epsilon: Float
  /// The decoupled weight decay of matrices; biases do not decay.
  public var weightDecay: Float

  /// Creates hyperparameters; the defaults are PyTorch's.
  public init(
    learningRate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

extension ComputeContext {
  /// Updates the tensors `slots` of `parameters` by AdamW.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - slots: the tensors to update.
  ///   - step: the number of this step, from 1.
  ///   - gradientScale: the factor of the gradients: the effect of clipping.
  ///   - parameters: the parameters.
  ///   - gradients: the gradients of the loss.
  ///   - firstMoment: the running mean of the gradients.
  ///   - secondMoment: the running mean of their squares.
  public func adamW(
    _ settings: AdamW, slots: [ParameterSlot], step: Int, gradientScale: Float,
    parameters: inout ParameterStorage, gradients: ParameterStorage,
    firstMoment: inout ParameterStorage, secondMoment: inout ParameterStorage
  ) {
    let layout = parameters.layout
    precondition(
      gradients.layout == layout && firstMoment.layout == layout && secondMoment.layout == layout,
      "storage of different layouts")
    // In double: powers of numbers near one lose their last bits in float32.
    let correction1 = 1 - power(Double(settings.beta1), step)
    let correction2 = 1 - power(Double(settings.beta2), step)
    let p = unsafe SharedPointer(base: parameters.values.mutablePointer())
    let m = unsafe SharedPointer(base: firstMoment.values.mutablePointer())
    let v = unsafe SharedPointer(base: secondMoment.values.mutablePointer())
    let adam = unsafe kernels.functions.adamw
    let chunks = slots.flatMap { slot in
      stride(from: slot.offset, to: slot.range.upperBound, by: Self.chunkSize).map {
        (
          start: $0, count: min(Self.chunkSize, slot.range.upperBound - $0),
          isMatrix: slot.depth > 1
        )
      }
    }
    pool.run(chunks.count) { index in
      let (start, count, isMatrix) = chunks[index]
      var call = geul_adamw(
        step_size: Float(Double(settings.learningRate) / correction1),
        decay: isMatrix ? settings.learningRate * settings.weightDecay : 0,
        beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
        root_correction: Float(1 / correction2.squareRoot()), gradient_scale: gradientScale)
      unsafe adam(
        p.base + start, gradients.values.pointer + start, m.base + start, v.base + start, count,
        &call)
    }
  }

  /// base^exponent by repeated squaring: the same bits on every machine.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}
