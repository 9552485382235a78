import GeulGeneration
import TestSupport
import Testing

struct RandomDrawsTests {
  /// The known-answer vectors of Random123 (tests/kat_vectors, philox4x32 10).
  @Test func `philox computes the published known-answer vectors`() {
    #expect(
      RandomDraws.philox(counter: .init(repeating: 0), key: .init(repeating: 0))
        == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    #expect(
      RandomDraws.philox(counter: .init(repeating: .max), key: .init(repeating: .max))
        == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    #expect(
      RandomDraws.philox(
        counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
        key: SIMD2(0xA409_3822, 0x299F_31D0))
        == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test func `number n of sample i under a seed has a fixed value`() {
    // The upper 53 bits of the first vector's words, 0xE169C58D6627E8D5.
    #expect(
      RandomDraws(seed: 0, sample: 0)[0] == Double(0xE169_C58D_6627_E8D5 as UInt64 >> 11) * 0x1p-53)
    let last = RandomDraws(seed: .max, sample: .max)[.max]
    #expect(last == Double(0x41C8_3B0E_408F_276D as UInt64 >> 11) * 0x1p-53)
  }

  @Test func `the numbers do not depend on the order of access`() {
    let draws = RandomDraws(seed: 7, sample: 3)
    let forward = (0..<100).map { draws[$0] }
    let backward = (0..<100).reversed().map { draws[$0] }
    #expect(forward == backward.reversed())
    #expect(forward == (0..<100).map { RandomDraws(seed: 7, sample: 3)[$0] })
  }

  @Test func `changing one bit of the seed, the sample or the index changes the number`() {
    let base = RandomDraws(seed: 5, sample: 5)[5]
    for bit in 0..<64 as Range<UInt64> {
      #expect(RandomDraws(seed: 5 ^ 1 << bit, sample: 5)[5] != base)
      #expect(RandomDraws(seed: 5, sample: 5 ^ 1 << bit)[5] != base)
      #expect(RandomDraws(seed: 5, sample: 5)[5 ^ 1 << bit] != base)
    }
  }

  @Test(arguments: [0, 1, .max] as [UInt64])
  func `the numbers are uniform over [0, 1)`(seed: UInt64) {
    var counts = [Int](repeating: 0, count: 100)
    for n in 0..<100_000 as Range<UInt64> {
      let uniform = RandomDraws(seed: seed, sample: n & 7)[n]
      counts[Int(uniform * 100)] += 1
    }
    #expect(
      chiSquare(counts, [Double](repeating: 0.01, count: 100))
        < chiSquareLimit(degreesOfFreedom: 99))
  }
}
