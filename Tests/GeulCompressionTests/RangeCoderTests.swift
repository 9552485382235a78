import GeulCompression
import TestSupport
import Testing

@Suite("The range coder")
struct RangeCoderTests {
  /// An alphabet of some symbols, of which one may have nearly all or nearly nothing.
  static func shares(_ random: inout SeededGenerator) -> FrequencyTable {
    let count = [1, 2, 3, 60, 2000].randomElement(using: &random) ?? 1
    let largest: UInt64 = [1, 2, 1000, 1 << 36].randomElement(using: &random) ?? 1
    var values = (0..<count).map { _ in UInt64.random(in: 1...largest, using: &random) }
    if Bool.random(using: &random) { values[count - 1] = 1 << 47 }
    return FrequencyTable(values)
  }

  @Test("What was written is read, whatever the shares", arguments: 1...20 as ClosedRange<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let alphabets = (0..<3000).map { _ in Self.shares(&random) }
    // Mostly the last symbol, whose share is at the end: low ends near a power of two make carries run far.
    let symbols = alphabets.map { shares in
      Int.random(in: 0..<4, using: &random) == 0
        ? Int.random(in: 0..<shares.values.count, using: &random) : shares.values.count - 1
    }
    var encoder = RangeEncoder()
    for (symbol, shares) in zip(symbols, alphabets) { _ = encoder.code(symbol, shares) }
    var decoder = RangeDecoder(encoder.finish()[...])
    for (symbol, shares) in zip(symbols, alphabets) {
      try #require(try decoder.code(0, shares) == symbol)
    }
  }

  @Test("As many bits as the symbols are surprising, and some bytes for the end")
  func size() {
    var random = SeededGenerator(seed: 4)
    let shares = FrequencyTable([1, 2, 4, 8, 16, 32, 64, 129])
    var (encoder, bits) = (RangeEncoder(), 0.0)
    for _ in 0..<20_000 {
      let symbol = shares.symbol(at: UInt64.random(in: 0..<shares.total, using: &random)).0
      bits += -(Double(shares.values[symbol]) / 256).logarithmOfBase2
      _ = encoder.code(symbol, shares)
    }
    let bytes = Double(encoder.finish().count)
    #expect(bytes >= bits / 8 - 1 && bytes <= bits / 8 * 1.0001 + 9)
  }

  @Test("Bytes that end early are refused, not read on for ever")
  func endsEarly() {
    var decoder = RangeDecoder([1, 2, 3])
    let coin = FrequencyTable([1, 1])
    #expect(throws: ArchiveError.damaged) {
      for _ in 0..<1000 { _ = try decoder.code(0, coin) }
    }
  }
}

extension Double {
  fileprivate var logarithmOfBase2: Double {
    var (rest, result) = (self, 0.0)
    while rest < 1 { (rest, result) = (rest * 2, result - 1) }
    // The share 129 of 256 alone is no power of two.
    return rest == 1 ? result : result + 0.011_227_255_423_254
  }
}
