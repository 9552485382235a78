import Foundation
import GeulCompute
import TestSupport
import Testing

struct MuonTests {
  /// Matrices of one, three and four gates, wide and tall, some padded; and a bias, which Muon does
  /// not update.
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

  /// The parameters before the first step.
  static func initialParameters() -> ParameterStorage {
    var random = SeededGenerator(seed: 100)
    return .random(layout, 1, &random)
  }

  /// Runs steps, of which the first computes preconditioners, and the others do if `renewing`.
  static func run(
    _ set: InstructionSet, threads: Int, steps: Int, renewing: Bool = true
  ) -> (
    parameters: ParameterStorage, firstMoment: ParameterStorage, preconditioners: ParameterStorage
  ) {
    var (parameters, firstMoment) = (initialParameters(), ParameterStorage(layout))
    var preconditioners = ParameterStorage(layout)
    var workspaces = matrices.map { Orthogonalizer($0) }
    let context = ComputeContext(Kernels(set), threads: threads)
    for step in 1...steps {
      var gradients = gradients(step)
      context.muon(
        settings, gradientScale: scale, workspaces: &workspaces, parameters: &parameters,
        gradients: &gradients, firstMoment: &firstMoment, preconditioners: &preconditioners,
        renewsPreconditioners: renewing)
    }
    return (parameters, firstMoment, preconditioners)
  }

  /// The factor of the update of a matrix: the learning rate times sqrt(n / k), or 1 if that is less.
  static func updateScale(_ slot: ParameterSlot) -> Double {
    Double(settings.learningRate)
      * max(1, (Double(slot.gates * slot.units) / Double(slot.depth)).squareRoot())
  }

  /// The factor that decay multiplies a matrix by.
  static var decay: Double {
    1 - Double(settings.learningRate) * Double(settings.weightDecay)
  }

  /// The error of an updated parameter in addition to that of the update: half an ulp each for 1 - decay,
  /// the product with it and the sum, of numbers up to 1.
  static let parameterRounding = 1.5 * ulp

  @Test(arguments: InstructionSet.available)
  func `a step matches the float64 reference of the orthogonalized momentum`(set: InstructionSet) {
    let start = Self.initialParameters()
    let after = Self.run(set, threads: 2, steps: 1).parameters
    let gradients = Self.gradients(1)
    for slot in Self.matrices {
      let momentum = Self.momentum(slot, gradients, Self.settings, Self.scale)
      let scale = Self.updateScale(slot)
      let bound =
        scale * NewtonSchulz.roundingError(momentum, isTall: slot.stride < slot.depth)
        + Self.parameterRounding
      let pairs = zip(Self.matrix(slot, start), Self.matrix(slot, after))
      var comparison = Comparison()
      for (rows, expected) in zip(pairs, NewtonSchulz.orthogonalized(momentum)) {
        for ((before, after), update) in zip(zip(rows.0, rows.1), expected) {
          comparison.add(after, before * Self.decay - scale * update, bound: bound)
        }
      }
      #expect(comparison.holds, "\(slot.name): \(comparison)")
    }
  }

  /// The length of an update in any direction is between the least and the largest singular value.
  ///
  /// The singular values of random matrices that are much wider than deep, or much deeper than wide,
  /// are close to each other and within the range of the iteration. The error of a vector's length
  /// is at most the Frobenius norm of the error of the matrix.
  @Test(arguments: [1, 4])
  func `a step changes a matrix by about as much in every direction`(matrix: Int) {
    let slot = Self.matrices[matrix]
    let start = Self.matrix(slot, Self.initialParameters())
    let after = Self.matrix(slot, Self.run(.portable, threads: 1, steps: 1).parameters)
    let scale = Self.updateScale(slot)
    let change = zip(start, after).map { rows in
      zip(rows.0, rows.1).map { ($0 * Self.decay - $1) / scale }
    }
    let momentum = Self.momentum(slot, Self.gradients(1), Self.settings, Self.scale)
    let bound =
      NewtonSchulz.roundingError(momentum, isTall: slot.stride < slot.depth) + Self
      .parameterRounding / scale
    let error = Double(change.count * change[0].count).squareRoot() * bound
    let range = NewtonSchulz.range.lowerBound - error...NewtonSchulz.range.upperBound + error
    let isTall = change.count > change[0].count
    var random = SeededGenerator(seed: 7)
    for _ in 0..<100 {
      let direction = (0..<min(change.count, change[0].count)).map { _ in
        Double.random(in: -1...1, using: &random)
      }
      let moved =
        isTall
        ? change.map { zip($0, direction).reduce(0) { $0 + $1.0 * $1.1 } }
        : change[0].indices.map { c in
          direction.indices.reduce(0) { $0 + direction[$1] * change[$1][c] }
        }
      func length(_ vector: [Double]) -> Double {
        vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      #expect(range.contains(length(moved) / length(direction)))
    }
  }

  @Test(arguments: [1, 4])
  func `singular values from 0.003 to 1 become 0.80 to 1.21`(matrix: Int) {
    #expect(NewtonSchulz.range.lowerBound > 0.80 && NewtonSchulz.range.upperBound < 1.21)
    let slot = Self.matrices[matrix]
    var (parameters, firstMoment, gradients) = (
      ParameterStorage(Self.layout), ParameterStorage(Self.layout), ParameterStorage(Self.layout)
    )
    let count = min(slot.depth, slot.gates * slot.units)
    // A diagonal matrix, with singular values from 0.003 of the Frobenius norm, or less, to near it.
    let values = (0..<count).map { powf(0.0025, Float($0) / Float(count - 1)) }
    for n in 0..<count { gradients[slot, n, n / slot.units, n % slot.units] = values[n] }
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(0.0008...0.003 ~= 0.0025 / norm)
    let settings = Muon(learningRate: 1)
    let error = NewtonSchulz.roundingError(
      Self.momentum(slot, gradients, settings, 1), isTall: slot.stride < slot.depth)
    var (workspaces, preconditioners) = ([Orthogonalizer(slot)], ParameterStorage(Self.layout))
    ComputeContext(Kernels(.portable)).muon(
      settings, gradientScale: 1, workspaces: &workspaces, parameters: &parameters,
      gradients: &gradients, firstMoment: &firstMoment, preconditioners: &preconditioners,
      renewsPreconditioners: true)
    let range = NewtonSchulz.range.lowerBound - error...NewtonSchulz.range.upperBound + error
    let shape = Self.updateScale(slot) / Double(Self.settings.learningRate)
    for n in 0..<count where values[n] / norm >= 0.003 {
      let moved = -Double(parameters[slot, n, n / slot.units, n % slot.units]) / shape
      #expect(range.contains(moved), "\(n)")
    }
  }

  /// The float64 reference multiplies the stored preconditioner and the momentum.
  ///
  /// A sum of s products has a rounding error of at most s + 4 half ulps of the sum of their magnitudes, with those of the
  /// momentum (2), its norm and the factor.
  @Test(arguments: InstructionSet.available)
  func `a step without new preconditioners uses those of the step before`(set: InstructionSet) {
    let before = Self.run(set, threads: 2, steps: 1)
    let after = Self.run(set, threads: 2, steps: 2, renewing: false)
    #expect(
      firstDifference(before.preconditioners.values.array, after.preconditioners.values.array)
        == nil)
    let renewed = Self.run(set, threads: 2, steps: 2)
    #expect(renewed.preconditioners != after.preconditioners)
    let keep = Double(Self.settings.momentum)
    for slot in Self.matrices {
      let isTall = slot.stride < slot.depth
      let side = min(slot.stride, slot.depth)
      let momentum = zip(
        Self.matrix(slot, after.firstMoment), Self.matrix(slot, Self.gradients(2))
      ).map { rows in
        zip(rows.0, rows.1).map { keep * $0 + (1 - keep) * Double(Self.scale) * $1 }
      }
      let norm = momentum.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
      func q(_ row: Int, _ column: Int) -> Double {
        Double(after.preconditioners.values[slot.offset + row * padded(side) + column])
      }
      // The padded index of a column of the matrix.
      func column(_ n: Int) -> Int { n / slot.units * slot.width + n % slot.units }
      let (start, end) = (
        Self.matrix(slot, before.parameters), Self.matrix(slot, after.parameters)
      )
      var comparison = Comparison()
      for k in start.indices {
        for n in start[k].indices {
          let terms =
            isTall
            ? start[k].indices.map { momentum[k][$0] * q(column($0), column(n)) }
            : start.indices.map { q(k, $0) * momentum[$0][n] }
          let scale = Self.updateScale(slot) / norm
          let magnitude = terms.reduce(0) { $0 + abs($1) }
          comparison.add(
            end[k][n], start[k][n] * Self.decay - scale * terms.reduce(0, +),
            bound: scale * magnitude * Double(side + 4) * ulp / 2 + Self.parameterRounding)
        }
      }
      #expect(comparison.holds, "\(slot.name): \(comparison)")
    }
  }

  /// Rounding both factors to bfloat16 changes each product by at most 2^-8 of its magnitude, and a little for the product
  /// of two errors; the sums are float32.
  @Test(arguments: InstructionSet.available)
  func `in bfloat16 the update differs from that in float32 by the rounding of its factors`(
    set: InstructionSet
  ) {
    let context = ComputeContext(Kernels(set), threads: 2)
    func step(_ precision: Precision) -> (
      ParameterStorage, u: ParameterStorage, q: ParameterStorage
    ) {
      var (parameters, u) = (Self.initialParameters(), Self.gradients(1))
      var (firstMoment, q) = (ParameterStorage(Self.layout), ParameterStorage(Self.layout))
      var workspaces = Self.matrices.map { Orthogonalizer($0, precision: precision) }
      context.muon(
        Self.settings, gradientScale: Self.scale, workspaces: &workspaces, parameters: &parameters,
        gradients: &u, firstMoment: &firstMoment, preconditioners: &q, renewsPreconditioners: true)
      return (parameters, u, q)
    }
    let (exact, u, q) = step(.float32)
    let rounded = step(.bfloat16)
    #expect(rounded.q == q)
    for slot in Self.matrices {
      let isTall = slot.stride < slot.depth
      let (after, expected) = (Self.matrix(slot, rounded.0), Self.matrix(slot, exact))
      #expect((after == expected) == isTall)
      guard !isTall else { continue }
      let momentum = Self.matrix(slot, u)
      let norm = momentum.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
      var comparison = Comparison()
      for k in after.indices {
        for n in after[k].indices {
          let magnitude = momentum.indices.reduce(0) {
            let factor = q.values[slot.offset + k * padded(slot.depth) + $1]
            return $0 + abs(Double(factor) * momentum[$1][n])
          }
          let bound =
            Self.updateScale(slot) / norm * magnitude * 1.01 / 256 + 2 * Self.parameterRounding
          comparison.add(after[k][n], expected[k][n], bound: bound)
        }
      }
      #expect(comparison.holds, "\(slot.name): \(comparison)")
    }
  }

  /// Half an ulp each for the factor of the gradients, and for two products and a sum in each of two
  /// steps: 3.5 ulp of the sum of the terms' magnitudes.
  @Test func `momentum is an exponential moving average of the gradients`() {
    let momentum = Self.run(.portable, threads: 1, steps: 2).firstMoment
    let (one, two) = (Self.gradients(1), Self.gradients(2))
    let keep = Double(Self.settings.momentum)
    let take = (1 - keep) * Double(Self.scale)
    var comparison = Comparison()
    for slot in Self.matrices {
      for index in slot.range {
        let old = keep * take * Double(one.values[index])
        let new = take * Double(two.values[index])
        comparison.add(
          Double(momentum.values[index]), old + new, bound: 3.5 * ulp * (abs(old) + abs(new)))
      }
    }
    #expect(comparison.holds, "\(comparison)")
  }

  @Test(arguments: [1, 2, 3, 7])
  func `results have the same bits for each instruction set and number of threads`(threads: Int) {
    let expected = Self.run(.portable, threads: 1, steps: 3)
    func expectSameBits(_ a: ParameterStorage, _ b: ParameterStorage, _ set: InstructionSet) {
      #expect(firstDifference(a.values.array, b.values.array) == nil, "\(set)")
    }
    for set in InstructionSet.available {
      let result = Self.run(set, threads: threads, steps: 3)
      expectSameBits(result.parameters, expected.parameters, set)
      expectSameBits(result.firstMoment, expected.firstMoment, set)
      expectSameBits(result.preconditioners, expected.preconditioners, set)
    }
  }

  @Test func `padding stays zero, and other tensors stay unchanged`() {
    let start = Self.initialParameters()
    let after = Self.run(.portable, threads: 1, steps: 2).parameters
    var isUnchanged = true
    for slot in Self.layout.slots {
      for index in slot.range
      where slot.name == "bias" || (index - slot.offset) % slot.width >= slot.units {
        isUnchanged = isUnchanged && after.values[index] == start.values[index]
      }
    }
    #expect(isUnchanged)
  }

  @Test func `a gradient of zero changes nothing`() {
    let start = Self.initialParameters()
    var (parameters, firstMoment, gradients) = (
      start, ParameterStorage(Self.layout), ParameterStorage(Self.layout)
    )
    var workspaces = Self.matrices.map { Orthogonalizer($0) }
    var preconditioners = ParameterStorage(Self.layout)
    ComputeContext(Kernels(.portable)).muon(
      Muon(learningRate: 0.1), gradientScale: 1, workspaces: &workspaces, parameters: &parameters,
      gradients: &gradients, firstMoment: &firstMoment, preconditioners: &preconditioners,
      renewsPreconditioners: true)
    #expect(firstDifference(parameters.values.array, start.values.array) == nil)
  }

  /// The momentum that the first step orthogonalizes: m = (1 - mu) g, u = mu m + (1 - mu) g.
  static func momentum(
    _ slot: ParameterSlot, _ gradients: ParameterStorage, _ settings: Muon, _ scale: Float
  ) -> [[Double]] {
    let keep = Double(settings.momentum)
    let factor = (1 - keep) * (1 + keep) * Double(scale)
    return matrix(slot, gradients).map { $0.map { factor * $0 } }
  }

  /// A matrix of a storage, `[depth][gates x units]`.
  static func matrix(_ slot: ParameterSlot, _ storage: ParameterStorage) -> [[Double]] {
    (0..<slot.depth).map { depth in
      (0..<slot.gates).flatMap { gate in
        (0..<slot.units).map { Double(storage[slot, depth, gate, $0]) }
      }
    }
  }
}
