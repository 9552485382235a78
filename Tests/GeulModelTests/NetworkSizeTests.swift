import GeulCompute
import GeulModel
import TestSupport
import Testing

/// Networks of sizes that leave remainders in every kernel, and batches in many partitions.
struct NetworkSizeTests {
  /// Units and vocabularies on both sides of column blocks of 16 and panels of 64; rows that fill
  /// tiles of 2, 3 and 6, and rows that do not; total numbers of rows that are odd, beyond a block
  /// of 96 and beyond 512; a depth of two blocks.
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

  static func fixture(_ cell: CellKind, _ size: Size) -> NetworkFixture {
    NetworkFixture(
      cell, layers: 2, hidden: size.hidden, vocabulary: size.vocabulary, rows: size.rows,
      length: size.length)
  }

  /// The tolerance of gradients is enough for losses, which are computed on the way to them.
  @Test(arguments: CellKind.allCases, sizes)
  func `losses and gradients match the float64 reference`(cell: CellKind, size: Size) {
    let fixture = Self.fixture(cell, size)
    for precision in Precision.trainable {
      // Each instruction set rounds weights to the same bfloat16.
      let expected = fixture.expected(fixture.reference(Kernels(.portable), precision))
      for set in precision == .float32 ? [.portable] : InstructionSet.available {
        let output = fixture.run(set, precision)
        var losses = Comparison()
        let bound = fixture.tolerance(precision) * (expected.losses.max() ?? 0)
        for (a, b) in zip(output.losses, expected.losses) { losses.add(a, b, bound: bound) }
        #expect(losses.holds, "losses, \(set): \(losses)")
        for (name, comparison) in fixture.check(
          output.gradients, expected.gradients, magnitudes: expected.magnitudes, precision)
        {
          #expect(comparison.holds, "\(name), \(set): \(comparison)")
        }
      }
    }
  }

  @Test(arguments: CellKind.allCases, sizes)
  func `float32 losses, states and gradients have the same bits for each instruction set`(
    cell: CellKind, size: Size
  ) {
    let fixture = Self.fixture(cell, size)
    for masks in [nil, BatchShard.DropoutMasks(rate: 0.2, key: 5)] {
      let first = fixture.run(.portable, .float32, masks: masks)
      for set in InstructionSet.available where set != .portable {
        let output = fixture.run(set, .float32, masks: masks)
        #expect(firstDifference(output.losses, first.losses) == nil, "\(set)")
        for (a, b) in zip(output.states, first.states) {
          #expect(firstDifference(a, b) == nil, "\(set)")
        }
        let (a, b) = (output.gradients.values.array, first.gradients.values.array)
        #expect(firstDifference(a, b) == nil, "\(set)")
      }
    }
  }

  @Test(arguments: CellKind.allCases, Precision.trainable)
  func `losses and gradients have the same bits for any partition and number of threads`(
    cell: CellKind, precision: Precision
  ) {
    for (hidden, rows, length) in [(33, 13, 3)] + (isThorough ? [(80, 61, 9)] : []) {
      let fixture = NetworkFixture(
        cell, layers: 2, hidden: hidden, vocabulary: 90, rows: rows, length: length)
      for set in InstructionSet.available {
        for masks in [nil, BatchShard.DropoutMasks(rate: 0.2, key: 5)] {
          let whole = fixture.run(set, precision, masks: masks, threads: 1)
          for (partition, threads) in [
            ([0..<1, 1..<rows], 2), ([0..<5, 5..<7, 7..<rows], 1),
            ((0..<rows).map { $0..<$0 + 1 }, 7),
          ] {
            let parts = fixture.run(
              set, precision, masks: masks, partition: partition, threads: threads)
            #expect(firstDifference(parts.losses, whole.losses) == nil, "\(set)")
            let (a, b) = (parts.gradients.values.array, whole.gradients.values.array)
            #expect(firstDifference(a, b) == nil, "\(set)")
          }
        }
      }
    }
  }

  @Test(arguments: 1...300)
  func `a batch is partitioned into all of its rows, in order`(batch: Int) {
    for threads in [1, 2, 3, 8, 64] {
      let parts = BatchShard.partition(batch: batch, threads: threads)
      #expect(parts.flatMap { Array($0) } == Array(0..<batch))
      #expect(parts.allSatisfy { 1...25 ~= $0.count })
      #expect(parts.count >= min(threads, batch), "a shard for each of \(threads) threads")
      // Threads that take one shard after another finish together.
      let sizes = parts.map(\.count)
      #expect(sizes == sizes.sorted(by: >) && sizes[0] - sizes[sizes.count - 1] <= 1)
    }
  }
}
