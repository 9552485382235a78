import GeulCompute
import TestSupport
import Testing

struct DropoutTests {
  /// The factor of each of `[t, b, h]` outputs.
  static func mask(
    _ set: InstructionSet, rate: Float, key: UInt64 = 5, firstRow: Int = 0, length: Int = 3,
    rows: Int, width: Int = 32, _ precision: Precision = .float32
  ) -> [Float] {
    let kernels = Kernels(set)
    let count = length * rows * width
    let activations = LayerActivations(
      cell: .rnn, length: length, rows: rows, width: width, precision: precision, dropout: true,
      backward: false)
    // Block 0 is the state that the window begins with, which dropout does not read.
    activations.hidden.store(
      kernels.rounded(
        Array(repeating: 7, count: rows * width) + Array(repeating: 1, count: count),
        to: precision))
    kernels.apply(
      Dropout(rate: rate, key: key, firstRow: firstRow), to: activations, length: length)
    return (0..<count).map { activations.dropped[$0] }
  }

  @Test(arguments: [0.01, 0.1, 0.5, 0.9] as [Float], Precision.trainable)
  func `zeroes the given fraction and scales the rest, by the same mask on each instruction set`(
    rate: Float, precision: Precision
  ) {
    let count = 5 * 40 * 112
    let masks = InstructionSet.available.map {
      Self.mask($0, rate: rate, length: 5, rows: 40, width: 112, precision)
    }
    let kept = Kernels(.portable).rounded([1 / (1 - rate)], to: precision)[0]
    #expect(masks[0].allSatisfy { $0 == 0 || $0 == kept })
    #expect(masks.allSatisfy { firstDifference($0, masks[0]) == nil })
    // The number of zeros is binomial: a random mask exceeds five standard deviations once in a
    // million.
    let zeros = Double(masks[0].count { $0 == 0 })
    let fraction = Double(rate)
    let deviation = (Double(count) * fraction * (1 - fraction)).squareRoot()
    #expect(abs(zeros - Double(count) * fraction) < 5 * deviation)
  }

  @Test(arguments: InstructionSet.available)
  func `a rate of 0 zeroes nothing`(set: InstructionSet) {
    #expect(Self.mask(set, rate: 0, rows: 3).allSatisfy { $0 == 1 })
  }

  @Test(arguments: InstructionSet.available)
  func `the gradient is multiplied by the same mask`(set: InstructionSet) {
    for (length, rows, width) in [(1, 1, 16), (3, 5, 48), (2, 7, 112)] {
      let mask = Self.mask(
        set, rate: 0.3, key: 99, firstRow: 4, length: length, rows: rows, width: width)
      var gradient = Buffer((0..<mask.count).map { Float($0) - 50 })
      let expected = mask.indices.map { gradient[$0] * mask[$0] }
      Kernels(set).apply(
        Dropout(rate: 0.3, key: 99, firstRow: 4), toGradient: &gradient,
        shape: (length, rows, width))
      #expect(firstDifference(gradient.array, expected) == nil)
    }
  }

  @Test(arguments: InstructionSet.available)
  func `the mask does not depend on how the batch is partitioned`(set: InstructionSet) {
    let (length, rows, width) = (3, 11, 32)
    let whole = Self.mask(set, rate: 0.4, length: length, rows: rows, width: width)
    for split in 1..<rows {
      let parts = [(0, split), (split, rows - split)].map { first, count in
        (
          first, count,
          Self.mask(
            set, rate: 0.4, firstRow: first, length: length, rows: count, width: width)
        )
      }
      for (first, count, part) in parts {
        for t in 0..<length {
          let from = (t * rows + first) * width
          #expect(
            part[t * count * width..<(t + 1) * count * width] == whole[from..<from + count * width])
        }
      }
    }
  }

  @Test func `masks differ by key, step and row`() {
    let (length, rows, width) = (4, 6, 64)
    func blocks(_ key: UInt64) -> [[Float]] {
      let mask = Self.mask(
        .portable, rate: 0.5, key: key, length: length, rows: rows, width: width)
      return (0..<length * rows).map { Array(mask[$0 * width..<($0 + 1) * width]) }
    }
    let all = (0..<8).flatMap { blocks(UInt64($0)) }
    #expect(Set(all).count == all.count)
    // Two independent masks of 64 agree at 32 indices, with a standard deviation of 4.
    for (a, b) in zip(all, all.dropFirst()) {
      #expect(abs(zip(a, b).count { $0 == $1 } - 32) < 24)
    }
  }
}
