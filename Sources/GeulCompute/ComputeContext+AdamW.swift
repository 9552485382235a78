internal import CGeulKernels

/// The hyperparameters of AdamW (Loshchilov and Hutter 2019, algorithm 2).
public struct AdamW: Sendable, Equatable {
  /// The learning rate.
  public var learningRate: Float
  /// The decay rate of the first moment.
  public var beta1: Float
  /// The decay rate of the second moment.
  public var beta2: Float
  /// The term added to the denominator for numerical stability.
  public var epsilon: Float
  /// The decoupled weight decay, which applies to matrices only.
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
  /// Updates the tensors `slots` of `parameters` with AdamW.
  ///
  /// - Parameters:
  ///   - hyperparameters: The hyperparameters.
  ///   - slots: The tensors to update.
  ///   - step: The number of this step, starting at 1, for the bias correction of the moments.
  ///   - gradientScale: The factor that the gradients are multiplied by, for gradient clipping.
  ///   - parameters: The parameters.
  ///   - gradients: The gradients of the loss.
  ///   - firstMoment: The exponential moving average of the gradients.
  ///   - secondMoment: The exponential moving average of their squares.
  public func adamW(
    _ hyperparameters: AdamW, slots: [ParameterSlot], step: Int, gradientScale: Float,
    parameters: inout ParameterStorage, gradients: ParameterStorage,
    firstMoment: inout ParameterStorage, secondMoment: inout ParameterStorage
  ) {
    let layout = parameters.layout
    precondition(
      gradients.layout == layout && firstMoment.layout == layout && secondMoment.layout == layout,
      "the storages have different layouts")
    // In float64, because 1 - beta^step loses precision in float32 for beta near 1.
    let correction1 = 1 - power(Double(hyperparameters.beta1), step)
    let correction2 = 1 - power(Double(hyperparameters.beta2), step)
    let p = unsafe SendablePointer(base: parameters.values.mutablePointer())
    let m = unsafe SendablePointer(base: firstMoment.values.mutablePointer())
    let v = unsafe SendablePointer(base: secondMoment.values.mutablePointer())
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
        step_size: Float(Double(hyperparameters.learningRate) / correction1),
        decay: isMatrix ? hyperparameters.learningRate * hyperparameters.weightDecay : 0,
        beta1: hyperparameters.beta1, beta2: hyperparameters.beta2,
        epsilon: hyperparameters.epsilon,
        root_correction: Float(1 / correction2.squareRoot()), gradient_scale: gradientScale)
      unsafe adam(
        p.base + start, gradients.values.pointer + start, m.base + start, v.base + start, count,
        &call)
    }
  }

  /// Returns base^exponent, computed by repeated squaring so that it has the same bits on every machine.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, remaining) = (1.0, base, exponent)
    while remaining > 0 {
      if remaining & 1 == 1 { result *= square }
      square *= square
      remaining >>= 1
    }
    return result
  }
}
