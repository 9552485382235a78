import GeulCompute
import TestSupport
import Testing

@Suite("Dropout")
struct DropoutTests {
  /// What dropout multiplies each of `[t, b, h]` by.
  static func mask(
    _ set: InstructionSet, rate: Float, key: UInt64 = 5, firstRow: Int = 0, length: Int = 3,
    rows: Int, width: Int = 32, _ precision: Precision = .float32
  ) -> [Float] {
    let kernels = Kernels(set)
    let count = length * rows * width
    // The first block stands for the state carried in, which is passed over.
    let operands = kernels.operands(
      Array(repeating: 7, count: rows * width) + Array(repeating: 1, count: count), precision)
    var out = ElementBuffer(zeros: count, precision)
    kernels.apply(
      Dropout(rate: rate, key: key, firstRow: firstRow), to: operands, offset: rows * width,
      shape: (length, rows, width), into: &out)
    return (0..<count).map { out[$0] }
  }

  @Test(
    "zeroes its share and scales the rest, with the same mask for each instruction set",
    arguments: [0.01, 0.1, 0.5, 0.9] as [Float], Precision.trained)
  func share(rate: Float, precision: Precision) {
    let count = 5 * 40 * 112
    let masks = InstructionSet.available.map {
      Self.mask($0, rate: rate, length: 5, rows: 40, width: 112, precision)
    }
    let kept = Kernels(.portable).rounded([1 / (1 - rate)], to: precision)[0]
    #expect(masks[0].allSatisfy { $0 == 0 || $0 == kept })
    #expect(masks.allSatisfy { firstDifference($0, masks[0]) == nil })
    // A binomial number of zeros: five standard deviations, 1 in a million for a mask that is
    // random.
    let zeros = Double(masks[0].count { $0 == 0 })
    let share = Double(rate)
    let deviation = (Double(count) * share * (1 - share)).squareRoot()
    #expect(abs(zeros - Double(count) * share) < 5 * deviation)
  }

  @Test("zeroes nothing at a rate of 0", arguments: InstructionSet.available)
  func nothing(set: InstructionSet) {
    #expect(Self.mask(set, rate: 0, rows: 3).allSatisfy { $0 == 1 })
  }

  @Test("takes gradients back through the same mask", arguments: InstructionSet.available)
  func sameMaskInGradient(set: InstructionSet) {
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

  @Test("does not depend on how the batch is cut", arguments: InstructionSet.available)
  func independentOfCut(set: InstructionSet) {
    let (length, rows, width) = (3, 11, 32)
    let whole = Self.mask(set, rate: 0.4, length: length, rows: rows, width: width)
    for cut in 1..<rows {
      let parts = [(0, cut), (cut, rows - cut)].map { first, count in
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

  @Test("differs with key, time and row")
  func differs() {
    let (length, rows, width) = (4, 6, 64)
    func blocks(_ key: UInt64) -> [[Float]] {
      let mask = Self.mask(
        .portable, rate: 0.5, key: key, length: length, rows: rows, width: width)
      return (0..<length * rows).map { Array(mask[$0 * width..<($0 + 1) * width]) }
    }
    let all = (0..<8).flatMap { blocks(UInt64($0)) }
    #expect(Set(all).count == all.count)
    // Two masks that have nothing to do with each other agree in half of their places, or, for 64
    // of them, in 32 with a standard deviation of 4.
    for (a, b) in zip(all, all.dropFirst()) {
      #expect(abs(zip(a, b).count { $0 == $1 } - 32) < 24)
    }
  }
}
