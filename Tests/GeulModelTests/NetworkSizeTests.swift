import GeulCompute
import GeulModel
import TestSupport
import Testing

@Suite("Networks of odd sizes")
struct NetworkSizeTests {
  /// Units and vocabularies on both sides of groups of 16 and panels of 64; rows that fill tiles of
  /// 2, 3 and 6, and do not; numbers of rows in all that are odd, beyond a block of 96 and beyond 512; a depth of two strips.
  struct Size: CustomTestStringConvertible, Sendable {
    let (hidden, vocabulary, rows, length): (Int, Int, Int, Int)
    var testDescription: String {
      "\(hidden) units, vocabulary \(vocabulary), \(rows) rows, \(length) steps"
    }
  }

  static let sizes = [
    (1, 2, 2, 5), (7, 17, 2, 2), (15, 1, 3, 1), (16, 16, 5, 5), (17, 65, 7, 5), (33, 15, 6, 1),
    (64, 64, 13, 1), (65, 5, 1, 2), (80, 200, 2, 2), (100, 7, 3, 1), (5, 9, 27, 5),
    (5, 9, 61, 9), (530, 17, 7, 2),
  ].map { Size(hidden: $0, vocabulary: $1, rows: $2, length: $3) }

  static func trial(_ cell: CellKind, _ size: Size) -> NetworkFixture {
    NetworkFixture(
      cell, layers: 2, hidden: size.hidden, vocabulary: size.vocabulary, rows: size.rows,
      length: size.length)
  }

  /// Losses lie on the way to the gradients: what their chain allows is enough for them.
  @Test("Losses and gradients are the reference's", arguments: CellKind.allCases, sizes)
  func closeToReference(cell: CellKind, size: Size) {
    let trial = Self.trial(cell, size)
    for precision in Precision.trained {
      for set in precision == .float32 ? [.portable] : InstructionSet.available {
        let expected = trial.expected(trial.reference(Kernels(set), precision))
        let outcome = trial.run(set, precision)
        var losses = Comparison()
        let bound = trial.tolerance(precision) * (expected.losses.max() ?? 0)
        for (a, b) in zip(outcome.losses, expected.losses) { losses.add(a, b, bound: bound) }
        #expect(losses.holds, "losses, \(set): \(losses)")
        for (name, comparison) in trial.check(
          outcome.gradients, expected.gradients, magnitudes: expected.magnitudes, precision)
        {
          #expect(comparison.holds, "\(name), \(set): \(comparison)")
        }
      }
    }
  }

  @Test(
    "In float32 losses, states and gradients are the same bits for each instruction set",
    arguments: CellKind.allCases, sizes)
  func sameBits(cell: CellKind, size: Size) {
    let trial = Self.trial(cell, size)
    for masks in [nil, BatchShard.DropoutMasks(rate: 0.2, key: 5)] {
      let first = trial.run(.portable, .float32, masks: masks)
      for set in InstructionSet.available {
        let outcome = trial.run(set, .float32, masks: masks)
        #expect(firstDifference(outcome.losses, first.losses) == nil, "\(set)")
        for (a, b) in zip(outcome.states, first.states) {
          #expect(firstDifference(a, b) == nil, "\(set)")
        }
        let (a, b) = (outcome.gradients.values.array, first.gradients.values.array)
        #expect(firstDifference(a, b) == nil, "\(set)")
      }
    }
  }

  @Test(
    "Losses and gradients are the same bits however the batch is cut and for any pool, with dropout too",
    arguments: CellKind.allCases, Precision.trained)
  func independentOfCut(cell: CellKind, precision: Precision) {
    for (hidden, rows, length) in [(33, 13, 3)] + (isThorough ? [(80, 61, 9)] : []) {
      let trial = NetworkFixture(
        cell, layers: 2, hidden: hidden, vocabulary: 90, rows: rows, length: length)
      for set in InstructionSet.available {
        for masks in [nil, BatchShard.DropoutMasks(rate: 0.2, key: 5)] {
          let whole = trial.run(set, precision, masks: masks, pool: 1)
          for (cut, pool) in [
            ([0..<1, 1..<rows], 2), ([0..<5, 5..<7, 7..<rows], 1),
            ((0..<rows).map { $0..<$0 + 1 }, 7),
          ] {
            let parts = trial.run(set, precision, masks: masks, cut: cut, pool: pool)
            #expect(firstDifference(parts.losses, whole.losses) == nil, "\(set)")
            let (a, b) = (parts.gradients.values.array, whole.gradients.values.array)
            #expect(firstDifference(a, b) == nil, "\(set)")
          }
        }
      }
    }
  }

  @Test("A batch is cut into all of its rows, in order", arguments: 1...300)
  func cutsWhole(batch: Int) {
    for pool in [1, 2, 3, 8, 64] {
      let parts = BatchShard.cut(batch: batch, pool: pool)
      #expect(parts.flatMap { Array($0) } == Array(0..<batch))
      #expect(parts.allSatisfy { 1...25 ~= $0.count })
      #expect(parts.count >= min(pool, batch), "work for \(pool) lanes")
      // Two threads that take one after another finish together.
      let sizes = parts.map(\.count)
      #expect(sizes == sizes.sorted(by: >) && sizes[0] - sizes[sizes.count - 1] <= 1)
    }
  }
}
