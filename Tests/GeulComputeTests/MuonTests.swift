import Foundation
import GeulCompute
import TestSupport
import Testing

@Suite("Muon")
struct MuonTests {
  /// Matrices of one, three and four gates, narrower and wider than they are deep, some padded; and a bias that stays.
  static var layout: ParameterLayout {
    var layout = ParameterLayout()
    for (depth, gates, units) in [(1, 1, 1), (40, 4, 40), (70, 3, 17), (33, 1, 65), (90, 1, 20)] {
      _ = layout.reserve("\(depth)", depth: depth, gates: gates, units: units)
    }
    _ = layout.reserve("bias", depth: 1, gates: 4, units: 17)
    return layout
  }
  static var matrices: [ParameterSlot] { layout.slots.dropLast() }

  static let settings = Muon(learningRate: 0.01, momentum: 0.9, weightDecay: 0.5)
  static let scale: Float = 0.7

  static func gradients(_ step: Int) -> ParameterStorage {
    var random = SeededGenerator(seed: UInt64(step))
    return .random(layout, 1, &random)
  }

  static func run(_ set: InstructionSet, pool: Int, steps: Int) -> (
    parameters: ParameterStorage, first: ParameterStorage
  ) {
    var random = SeededGenerator(seed: 100)
    var (parameters, first) = (
      ParameterStorage.random(layout, 1, &random), ParameterStorage(layout)
    )
    var works = matrices.map(Orthogonalizer.init)
    for step in 1...steps {
      var gradients = gradients(step)
      Kernels(set).muon(
        settings, scale: scale, works: &works, parameters: &parameters, gradients: &gradients,
        first: &first, pool: ThreadPool(pool))
    }
    return (parameters, first)
  }

  /// A matrix `[depth][gates x units]` of an arena.
  static func matrix(_ slot: ParameterSlot, _ arena: ParameterStorage) -> [[Double]] {
    (0..<slot.depth).map { depth in
      (0..<slot.gates).flatMap { gate in
        (0..<slot.units).map { Double(arena[slot, depth, gate, $0]) }
      }
    }
  }

  /// The polynomials a x + b x^3 + c x^5 of the rounds.
  static let rounds = [
    (8.38367, -24.7659, 18.3571), (4.04342, -3.01140, 0.569512),
    (3.50557, -2.62665, 0.525719), (2.49012, -1.83428, 0.436835),
  ]

  /// Newton's and Schulz' iteration on the matrix itself, as it is written.
  static func orthogonalized(_ matrix: [[Double]]) -> [[Double]] {
    let norm = matrix.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
    var x = matrix.map { $0.map { $0 / norm } }
    for (first, second, third) in rounds {
      let a = x.map { row in x.map { zip(row, $0).reduce(0) { $0 + $1.0 * $1.1 } } }
      let square = product(a, a)
      let polynomial = a.indices.map { r in
        a.indices.map { c in
          (r == c ? first : 0) + second * a[r][c] + third * square[r][c]
        }
      }
      x = product(polynomial, x)
    }
    return x
  }

  static func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
    a.map { row in
      b[0].indices.map { c in row.indices.reduce(0) { $0 + row[$1] * b[$1][c] } }
    }
  }

  /// The iteration on the Gram matrix rounds singular values near zero otherwise than the one on the matrix, and
  /// multiplies what it rounded by up to 296: two thousandths of a change were the most that was seen.
  @Test(
    "A step is momentum, orthogonalised, as Double computes it", arguments: InstructionSet.available
  )
  func closeToDouble(set: InstructionSet) {
    var random = SeededGenerator(seed: 100)
    let start = ParameterStorage.random(Self.layout, 1, &random)
    let after = Self.run(set, pool: 2, steps: 1).parameters
    let gradients = Self.gradients(1)
    var comparison = Comparison()
    for slot in Self.matrices {
      let direction = Self.orthogonalized(Self.matrix(slot, gradients))
      let shape = max(1, (Double(slot.gates * slot.units) / Double(slot.depth)).squareRoot())
      let pairs = zip(Self.matrix(slot, start), Self.matrix(slot, after))
      for (rows, expected) in zip(pairs, direction) {
        for ((before, after), o) in zip(zip(rows.0, rows.1), expected) {
          comparison.add(
            after, before * (1 - 0.005) - 0.01 * shape * o, bound: 0.01 * shape * 0.004)
        }
      }
    }
    #expect(comparison.holds, "\(comparison)")
  }

  /// Singular values of random matrices that are much wider than deep, or deeper than wide, lie near each other.
  @Test("A step moves a matrix in every direction by about as much", arguments: [1, 4])
  func everyDirection(matrix: Int) {
    let slot = Self.matrices[matrix]
    var random = SeededGenerator(seed: 100)
    let start = Self.matrix(slot, ParameterStorage.random(Self.layout, 1, &random))
    let after = Self.matrix(slot, Self.run(.portable, pool: 1, steps: 1).parameters)
    let shape = max(1, (Double(slot.gates * slot.units) / Double(slot.depth)).squareRoot())
    let change = zip(start, after).map { rows in
      zip(rows.0, rows.1).map { ($0 * (1 - 0.005) - $1) / (0.01 * shape) }
    }
    let isDeep = change.count > change[0].count
    for _ in 0..<100 {
      let direction = (0..<min(change.count, change[0].count)).map { _ in
        Double.random(in: -1...1, using: &random)
      }
      let moved =
        isDeep
        ? change.map { zip($0, direction).reduce(0) { $0 + $1.0 * $1.1 } }
        : change[0].indices.map { c in
          direction.indices.reduce(0) { $0 + direction[$1] * change[$1][c] }
        }
      func length(_ vector: [Double]) -> Double {
        vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      #expect((0.79...1.21).contains(length(moved) / length(direction)))
    }
  }

  @Test("Singular values from 0.003 to 1 become 0.80 to 1.20", arguments: [1, 4])
  func singularValues(matrix: Int) {
    let slot = Self.matrices[matrix]
    var (parameters, first, gradients) = (
      ParameterStorage(Self.layout), ParameterStorage(Self.layout), ParameterStorage(Self.layout)
    )
    let count = min(slot.depth, slot.gates * slot.units)
    // From 0.003 of the norm, which is that of them all, to near it.
    for n in 0..<count {
      gradients[slot, n, n / slot.units, n % slot.units] = powf(0.0025, Float(n) / Float(count - 1))
    }
    let norm = gradients.values.array.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(0.0008...0.003 ~= 0.0025 / norm)
    var works = [Orthogonalizer(slot)]
    Kernels(.portable).muon(
      Muon(learningRate: 1), scale: 1, works: &works, parameters: &parameters,
      gradients: &gradients, first: &first, pool: ThreadPool(1))
    let shape = max(1, (Float(slot.gates * slot.units) / Float(slot.depth)).squareRoot())
    for n in 0..<count where powf(0.0025, Float(n) / Float(count - 1)) / norm >= 0.003 {
      let moved = -parameters[slot, n, n / slot.units, n % slot.units] / shape
      #expect((0.79...1.21).contains(moved), "\(n)")
    }
  }

  @Test("Momentum is the mean of gradients, the last of which count most")
  func momentum() {
    let first = Self.run(.portable, pool: 1, steps: 2).first
    let (one, two) = (Self.gradients(1), Self.gradients(2))
    var comparison = Comparison()
    for slot in Self.matrices {
      for index in slot.range {
        let expected = 0.7 * (0.09 * Double(one.values[index]) + 0.1 * Double(two.values[index]))
        comparison.add(Double(first.values[index]), expected, bound: 4 * ulp)
      }
    }
    #expect(comparison.holds, "\(comparison)")
  }

  @Test("The same bits for each instruction set and number of threads", arguments: [1, 2, 3, 7])
  func sameBits(pool: Int) {
    let expected = Self.run(.portable, pool: 1, steps: 3)
    for set in InstructionSet.available {
      let result = Self.run(set, pool: pool, steps: 3)
      #expect(
        firstDifference(result.parameters.values.array, expected.parameters.values.array) == nil)
      #expect(firstDifference(result.first.values.array, expected.first.values.array) == nil)
    }
  }

  @Test("What pads a width stays zero, and what is no matrix stays as it is")
  func restStays() {
    var random = SeededGenerator(seed: 100)
    let start = ParameterStorage.random(Self.layout, 1, &random)
    let after = Self.run(.portable, pool: 1, steps: 2).parameters
    var stays = true
    for slot in Self.layout.slots {
      for index in slot.range
      where slot.name == "bias" || (index - slot.offset) % slot.width >= slot.units {
        stays = stays && after.values[index] == start.values[index]
      }
    }
    #expect(stays)
  }

  @Test("Without a gradient, nothing but decay moves a matrix")
  func noGradient() {
    var random = SeededGenerator(seed: 3)
    let start = ParameterStorage.random(Self.layout, 1, &random)
    var (parameters, first, gradients) = (
      start, ParameterStorage(Self.layout), ParameterStorage(Self.layout)
    )
    var works = Self.matrices.map(Orthogonalizer.init)
    Kernels(.portable).muon(
      Muon(learningRate: 0.1), scale: 1, works: &works, parameters: &parameters,
      gradients: &gradients, first: &first, pool: ThreadPool(1))
    #expect(firstDifference(parameters.values.array, start.values.array) == nil)
  }
}
