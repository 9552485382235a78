internal import CGeulKernels

/// One step of AdamW (Loshchilov and Hutter 2019, algorithm 2).
public struct AdamW: Sendable, Equatable {
  /// How far a step goes.
  public var learningRate: Float
  /// How much of the gradient's running mean is kept.
  public var beta1: Float
  /// How much of the running mean of its square is kept.
  public var beta2: Float
  /// Keeps the division away from zero.
  public var epsilon: Float
  /// The share of the learning rate by which matrices shrink in a step.
  public var weightDecay: Float

  /// A step with the given settings.
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

extension Kernels {
  /// How many numbers one lane takes at a time; fixed, because sums follow it.
  private static let chunk = 16384

  /// The Euclidean norm of all numbers of an arena, the same for any number of lanes.
  public func norm(_ arena: ParameterStorage, pool: ThreadPool) -> Double {
    norm(arena.values, 0..<arena.values.count, pool: pool)
  }

  /// The same of a part of a buffer, whole groups of 16.
  func norm(_ values: Buffer<Float>, _ range: Range<Int>, pool: ThreadPool) -> Double {
    require("values", values.count, atLeast: range.upperBound)
    let count = range.count
    var sums = Buffer<Double>(zeros: (count + Self.chunk - 1) / Self.chunk)
    let out = unsafe SharedPointer(base: sums.mutablePointer())
    let sumOfSquares = unsafe functions.sum_of_squares
    pool.run(sums.count) { index in
      let start = index * Self.chunk
      unsafe out.base[index] = sumOfSquares(
        values.pointer + range.lowerBound + start, min(Self.chunk, count - start))
    }
    return (0..<sums.count).reduce(0) { $0 + sums[$1] }.squareRoot()
  }

  /// Moves `values` towards `others`: keep times themselves and take times those, place by place.
  public func blend(
    _ values: inout ParameterStorage, with others: ParameterStorage, keep: Float, take: Float,
    pool: ThreadPool
  ) {
    precondition(values.layout == others.layout, "arenas of different layouts")
    blend(
      &values.values, at: 0..<values.values.count, with: others.values, at: 0, keep: keep,
      take: take, pool: pool)
  }

  /// The same for a part of a buffer, whole groups of 16, and the part of another that begins at `start`.
  func blend(
    _ values: inout Buffer<Float>, at range: Range<Int>, with others: Buffer<Float>, at start: Int,
    keep: Float, take: Float, pool: ThreadPool
  ) {
    require("values", values.count, atLeast: range.upperBound)
    require("others", others.count, atLeast: start + range.count)
    let out = unsafe SharedPointer(base: values.mutablePointer() + range.lowerBound)
    let axpby = unsafe functions.axpby
    pool.run((range.count + Self.chunk - 1) / Self.chunk) { index in
      let place = index * Self.chunk
      unsafe axpby(
        out.base + place, others.pointer + start + place, min(Self.chunk, range.count - place),
        take, keep)
    }
  }

  /// Moves the tensors `slots` of `parameters` against `gradients`.
  ///
  /// - Parameters:
  ///   - settings: the step's rates.
  ///   - slots: which tensors.
  ///   - step: how many steps have been made with this one, from 1.
  ///   - scale: what to multiply the gradients by: what clipping leaves of them.
  ///   - parameters: what is moved.
  ///   - gradients: the loss's gradient.
  ///   - first: the running mean of gradients.
  ///   - second: the running mean of their squares.
  ///   - lanes: the threads.
  public func adam(
    _ settings: AdamW, slots: [ParameterSlot], step: Int, scale: Float,
    parameters: inout ParameterStorage,
    gradients: ParameterStorage,
    first: inout ParameterStorage, second: inout ParameterStorage, pool: ThreadPool
  ) {
    let layout = parameters.layout
    precondition(
      gradients.layout == layout && first.layout == layout && second.layout == layout,
      "arenas of different layouts")
    // In double: powers of numbers near one lose their last bits in float32.
    let correction1 = 1 - power(Double(settings.beta1), step)
    let correction2 = 1 - power(Double(settings.beta2), step)
    let p = unsafe SharedPointer(base: parameters.values.mutablePointer())
    let m = unsafe SharedPointer(base: first.values.mutablePointer())
    let v = unsafe SharedPointer(base: second.values.mutablePointer())
    let adam = unsafe functions.adamw
    // Matrices shrink; biases do not.
    let chunks = slots.flatMap { slot in
      stride(from: slot.offset, to: slot.range.upperBound, by: Self.chunk).map {
        (start: $0, count: min(Self.chunk, slot.range.upperBound - $0), isMatrix: slot.depth > 1)
      }
    }
    pool.run(chunks.count) { index in
      let (start, count, isMatrix) = chunks[index]
      var call = geul_adamw(
        step_size: Float(Double(settings.learningRate) / correction1),
        decay: isMatrix ? settings.learningRate * settings.weightDecay : 0,
        beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
        root_correction: Float(1 / correction2.squareRoot()), gradient_scale: scale)
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
