import GeulCompute
import TestSupport
import Testing

@Suite("The optimiser")
struct OptimizerTests {
  /// More numbers than a lane takes at a time, a matrix with padding, and a bias.
  static var layout: ParameterLayout {
    var layout = ParameterLayout()
    _ = layout.reserve("large", depth: 300, gates: 4, units: 17)
    _ = layout.reserve("bias", depth: 1, gates: 4, units: 17)
    _ = layout.reserve("small", depth: 2, gates: 1, units: 5)
    return layout
  }

  struct Arenas {
    var (parameters, first, second) = (
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

  static func run(_ set: InstructionSet, pool: Int, steps: Int) -> Arenas {
    var arenas = Arenas()
    var random = SeededGenerator(seed: 100)
    arenas.parameters = .random(layout, 1, &random)
    for step in 1...steps {
      Kernels(set).adam(
        settings, slots: layout.slots, step: step, scale: scale, parameters: &arenas.parameters,
        gradients: gradients(step), first: &arenas.first, second: &arenas.second,
        pool: ThreadPool(pool))
    }
    return arenas
  }

  /// AdamW as Loshchilov and Hutter (2019) write it in algorithm 2, for one number.
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
  /// The step itself is at most 3 learning rates here, and off by some 16 roundings; those of m are
  /// relative to the largest gradient, but so is the root of v, to a factor of 1 / sqrt(1 - beta2)
  /// = 10.
  @Test(
    "Twenty steps of AdamW are Double's; matrices shrink, biases do not",
    arguments: InstructionSet.available)
  func closeToDouble(set: InstructionSet) {
    let steps = 20
    let arenas = Self.run(set, pool: 2, steps: steps)
    let gradients = (1...steps).map(Self.gradients)
    var random = SeededGenerator(seed: 100)
    let start = ParameterStorage.random(Self.layout, 1, &random)
    let ofOneStep = (2 + 160 * 3 * Double(Self.settings.learningRate)) * ulp
    var comparison = Comparison()
    for slot in Self.layout.slots {
      for index in slot.range {
        let expected = Self.reference(
          start.values[index], gradients: gradients.map { $0.values[index] },
          decays: slot.depth > 1)
        comparison.add(
          Double(arenas.parameters.values[index]), expected, bound: Double(steps) * ofOneStep)
      }
    }
    #expect(comparison.holds, "\(comparison)")
  }

  @Test("What pads a width stays zero")
  func paddingStaysZero() {
    let arenas = Self.run(.portable, pool: 1, steps: 3)
    var isZero = true
    for slot in Self.layout.slots {
      for index in slot.range where (index - slot.offset) % slot.width >= slot.units {
        for arena in [arenas.parameters, arenas.first, arenas.second] {
          isZero = isZero && arena.values[index] == 0
        }
      }
    }
    #expect(isZero)
  }

  @Test("The same bits for each instruction set and number of threads", arguments: [1, 2, 3, 7])
  func sameBits(pool: Int) {
    let first = Self.run(.portable, pool: 1, steps: 5)
    let gradients = Self.gradients(1)
    let norm = Kernels(.portable).norm(gradients, pool: ThreadPool(1))
    for set in InstructionSet.available {
      let arenas = Self.run(set, pool: pool, steps: 5)
      #expect(firstDifference(arenas.parameters.values.array, first.parameters.values.array) == nil)
      #expect(firstDifference(arenas.first.values.array, first.first.values.array) == nil)
      #expect(firstDifference(arenas.second.values.array, first.second.values.array) == nil)
      #expect(Kernels(set).norm(gradients, pool: ThreadPool(pool)) == norm)
    }
  }

  /// Sixteen sums of at most 1024 squares each: half of 1024 ulp for the sum, half of that for its
  /// root.
  @Test("The norm is Double's", arguments: InstructionSet.available)
  func norm(set: InstructionSet) {
    let gradients = Self.gradients(4)
    let squares = gradients.values.array.reduce(0.0) { $0 + Double($1) * Double($1) }
    let norm = Kernels(set).norm(gradients, pool: ThreadPool(2))
    #expect(abs(norm / squares.squareRoot() - 1) <= 256 * ulp)
    #expect(Kernels(set).norm(ParameterStorage(Self.layout), pool: ThreadPool(2)) == 0)
  }

  @Test("One number in any place shows in the norm")
  func eachNumberCounts() {
    for set in InstructionSet.available {
      var arena = ParameterStorage(Self.layout)
      for index in stride(from: 0, to: arena.values.count, by: 37) {
        arena.values[index] = -3
        #expect(Kernels(set).norm(arena, pool: ThreadPool(1)) == 3)
        arena.values[index] = 0
      }
    }
  }
}
