import Foundation
import GeulCompression
import TestSupport
import Testing

struct RangeCoderTests {
  /// A random alphabet; one symbol may have almost all of the probability, or almost none.
  static func frequencyTable(_ random: inout SeededGenerator) -> FrequencyTable {
    let count = [1, 2, 3, 60, 2000].randomElement(using: &random) ?? 1
    let largest: UInt64 = [1, 2, 1000, 1 << 36].randomElement(using: &random) ?? 1
    var values = (0..<count).map { _ in UInt64.random(in: 1...largest, using: &random) }
    if Bool.random(using: &random) { values[count - 1] = 1 << 47 }
    return FrequencyTable(values)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `decoding restores the encoded symbols`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let tables = (0..<3000).map { _ in Self.frequencyTable(&random) }
    // Mostly the last symbol, whose interval ends at the total: low ends near a power of two make
    // carries propagate far.
    let symbols = tables.map { table in
      Int.random(in: 0..<4, using: &random) == 0
        ? Int.random(in: 0..<table.frequencies.count, using: &random)
        : table.frequencies.count - 1
    }
    var encoder = RangeEncoder()
    for (symbol, table) in zip(symbols, tables) { _ = encoder.code(symbol, table) }
    var decoder = RangeDecoder(encoder.finish()[...])
    for (symbol, table) in zip(symbols, tables) {
      try #require(try decoder.code(0, table) == symbol)
    }
  }

  @Test func `the encoded size is the information content plus the end of the stream`() {
    var random = SeededGenerator(seed: 4)
    let table = FrequencyTable([1, 2, 4, 8, 16, 32, 64, 129])
    var (encoder, bits) = (RangeEncoder(), 0.0)
    for _ in 0..<20_000 {
      let value = UInt64.random(in: 0..<table.total, using: &random)
      let symbol = table.symbol(containing: value).symbol
      bits += -log2(Double(table.frequencies[symbol]) / 256)
      _ = encoder.code(symbol, table)
    }
    let bytes = Double(encoder.finish().count)
    #expect(bytes >= bits / 8 - 1 && bytes <= bits / 8 * 1.0001 + 9)
  }

  @Test func `truncated input is an error, not an endless stream of symbols`() {
    var decoder = RangeDecoder([1, 2, 3])
    let coin = FrequencyTable([1, 1])
    #expect(throws: ArchiveError.damaged) {
      for _ in 0..<1000 { _ = try decoder.code(0, coin) }
    }
  }
}
