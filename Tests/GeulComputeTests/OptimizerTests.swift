import GeulCompute
import TestSupport
import Testing

/// AdamW and the gradient norm.
struct OptimizerTests {
  /// More numbers than one job takes, a matrix with padding, and a bias.
  static var layout: ParameterLayout {
    var layout = ParameterLayout()
    _ = layout.reserve("large", depth: 300, gates: 4, units: 17)
    _ = layout.reserve("bias", depth: 1, gates: 4, units: 17)
    _ = layout.reserve("small", depth: 2, gates: 1, units: 5)
    return layout
  }

  struct State {
    var (parameters, firstMoment, secondMoment) = (
      ParameterStorage(OptimizerTests.layout), ParameterStorage(OptimizerTests.layout),
      ParameterStorage(OptimizerTests.layout)
    )
  }

  static let settings = AdamW(
    learningRate: 0.003, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1)
  static let scale: Float = 0.7

  static func gradients(_ step: Int) -> ParameterStorage {
    var random = SeededGenerator(seed: UInt64(step))
    return .random(layout, 1, &random)
  }

  static func run(_ set: InstructionSet, threads: Int, steps: Int) -> State {
    var state = State()
    var random = SeededGenerator(seed: 100)
    state.parameters = .random(layout, 1, &random)
    let context = ComputeContext(Kernels(set), threads: threads)
    for step in 1...steps {
      context.adamW(
        settings, slots: layout.slots, step: step, gradientScale: scale,
        parameters: &state.parameters, gradients: gradients(step),
        firstMoment: &state.firstMoment, secondMoment: &state.secondMoment)
    }
    return state
  }

  /// AdamW for one number, as in algorithm 2 of Loshchilov and Hutter (2019).
  static func reference(_ start: Float, gradients: [Float], decays: Bool) -> Double {
    let (b1, b2) = (Double(settings.beta1), Double(settings.beta2))
    var (p, m, v) = (Double(start), 0.0, 0.0)
    var (power1, power2) = (1.0, 1.0)
    for gradient in gradients {
      let g = Double(gradient) * Double(scale)
      m = b1 * m + (1 - b1) * g
      v = b2 * v + (1 - b2) * g * g
      (power1, power2) = (power1 * b1, power2 * b2)
      let step = (m / (1 - power1)) / ((v / (1 - power2)).squareRoot() + Double(settings.epsilon))
      let decay = decays ? Double(settings.weightDecay) * p : 0
      p -= Double(settings.learningRate) * (step + decay)
    }
    return p
  }

  /// A step rounds the parameter twice, which makes 2 ulp of it.
  ///
  /// The update itself is at most 3 learning rates here, with some 16 roundings; those of m are
  /// relative to the largest gradient, but so is the root of v, to a factor of 1 / sqrt(1 - beta2)
  /// = 10.
  @Test(arguments: InstructionSet.available)
  func `twenty steps of AdamW match the float64 reference; only matrices decay`(set: InstructionSet)
  {
    let steps = 20
    let state = Self.run(set, threads: 2, steps: steps)
    let gradients = (1...steps).map(Self.gradients)
    var random = SeededGenerator(seed: 100)
    let start = ParameterStorage.random(Self.layout, 1, &random)
    let stepBound = (2 + 160 * 3 * Double(Self.settings.learningRate)) * ulp
    var comparison = Comparison()
    for slot in Self.layout.slots {
      for index in slot.range {
        let expected = Self.reference(
          start.values[index], gradients: gradients.map { $0.values[index] },
          decays: slot.depth > 1)
        comparison.add(
          Double(state.parameters.values[index]), expected, bound: Double(steps) * stepBound)
      }
    }
    #expect(comparison.holds, "\(comparison)")
  }

  @Test func `padding stays zero`() {
    let state = Self.run(.portable, threads: 1, steps: 3)
    var isZero = true
    for slot in Self.layout.slots {
      for index in slot.range where (index - slot.offset) % slot.width >= slot.units {
        for storage in [state.parameters, state.firstMoment, state.secondMoment] {
          isZero = isZero && storage.values[index] == 0
        }
      }
    }
    #expect(isZero)
  }

  @Test(arguments: [1, 2, 3, 7])
  func `results have the same bits for each instruction set and number of threads`(threads: Int) {
    let expected = Self.run(.portable, threads: 1, steps: 5)
    let gradients = Self.gradients(1)
    let norm = ComputeContext(Kernels(.portable)).norm(gradients)
    func expectSameBits(_ a: ParameterStorage, _ b: ParameterStorage, _ set: InstructionSet) {
      #expect(firstDifference(a.values.array, b.values.array) == nil, "\(set)")
    }
    for set in InstructionSet.available {
      let state = Self.run(set, threads: threads, steps: 5)
      expectSameBits(state.parameters, expected.parameters, set)
      expectSameBits(state.firstMoment, expected.firstMoment, set)
      expectSameBits(state.secondMoment, expected.secondMoment, set)
      #expect(ComputeContext(Kernels(set), threads: threads).norm(gradients) == norm)
    }
  }

  /// Sixteen sums of at most 1024 squares each: half of 1024 ulp for the sum, half of that for its
  /// root.
  @Test(arguments: InstructionSet.available)
  func `the norm matches the float64 reference`(set: InstructionSet) {
    let gradients = Self.gradients(4)
    let squares = gradients.values.array.reduce(0.0) { $0 + Double($1) * Double($1) }
    let context = ComputeContext(Kernels(set), threads: 2)
    #expect(abs(context.norm(gradients) / squares.squareRoot() - 1) <= 256 * ulp)
    #expect(context.norm(ParameterStorage(Self.layout)) == 0)
  }

  @Test func `the norm includes the number at each index`() {
    for set in InstructionSet.available {
      let context = ComputeContext(Kernels(set))
      var storage = ParameterStorage(Self.layout)
      for index in stride(from: 0, to: storage.values.count, by: 37) {
        storage.values[index] = -3
        #expect(context.norm(storage) == 3)
        storage.values[index] = 0
      }
    }
  }

  /// Two roundings, of a product and of the sum: each at most half an ulp of the sum of the terms'
  /// magnitudes.
  @Test(arguments: InstructionSet.available)
  func `lerp computes keep * values + take * others, the same bits everywhere`(
    set: InstructionSet
  ) {
    let (start, others) = (Self.gradients(1), Self.gradients(2))
    let (keep, take): (Float, Float) = (0.7, 0.3)
    func axpby(_ context: ComputeContext) -> [Float] {
      var values = start
      context.axpby(take, others, keep, &values)
      return values.values.array
    }
    let result = axpby(ComputeContext(Kernels(set), threads: 3))
    #expect(firstDifference(result, axpby(ComputeContext(Kernels(.portable)))) == nil)
    var comparison = Comparison()
    for (index, value) in result.enumerated() {
      let (a, b) = (
        Double(keep) * Double(start.values[index]), Double(take) * Double(others.values[index])
      )
      comparison.add(Double(value), a + b, bound: (abs(a) + abs(b)) * ulp)
    }
    #expect(comparison.holds, "\(comparison)")
  }
}
