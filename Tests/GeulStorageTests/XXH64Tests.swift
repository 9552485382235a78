import GeulStorage
import TestSupport
import Testing

struct XXH64Tests {
  /// The buffer of xxHash's sanity test (xsum_sanity_check.c).
  static let buffer: [UInt8] = {
    var byte: UInt64 = 2_654_435_761
    return (0..<2400).map { _ in
      defer { byte &*= 0x9E37_79B1_85EB_CA8D }
      return UInt8(byte >> 56)
    }
  }()

  /// The test vectors of the same test: length, seed, hash.
  @Test(
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999), (0, 2_654_435_761, 0xAC75_FDA2_929B_17EF),
      (1, 0, 0xE934_A84A_DB05_2768), (1, 2_654_435_761, 0x5014_6076_43A9_B4C3),
      (4, 0, 0x9136_A0DC_A574_57EE), (4, 2_654_435_761, 0xCAAB_286B_D8E9_FDB5),
      (14, 0, 0x8282_DCC4_994E_35C8), (14, 2_654_435_761, 0xC3BD_6BF6_3DEB_6DF0),
      (222, 0, 0xB641_AE8C_B691_C174), (222, 2_654_435_761, 0x20CB_8AB7_AE10_C14A),
      (2367, 0, 0xA824_18DD_EC0E_A581), (2367, 2_654_435_761, 0xA36A_93C1_8052_673A),
    ] as [(Int, UInt64, UInt64)])
  func `the hashes of the test vectors agree`(length: Int, seed: UInt64, expected: UInt64) {
    var hash = XXH64(seed: seed)
    hash.update(Self.buffer.span.raw.extracting(first: length))
    #expect(hash.finish() == expected)
  }

  @Test(
    arguments: [
      ("abc", 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
    ] as [(String, UInt64)])
  func `the hashes of texts published with the bindings agree`(text: String, expected: UInt64) {
    var hash = XXH64()
    hash.update(Array(text.utf8).span.raw)
    #expect(hash.finish() == expected)
  }

  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func `the hash does not depend on how the bytes are divided`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let length = Int.random(in: 0...300, using: &random)
    var whole = XXH64()
    whole.update(Self.buffer.span.raw.extracting(first: length))
    var parts = XXH64()
    var at = 0
    while at < length {
      let end = Int.random(in: at...length, using: &random)
      parts.update(Self.buffer.span.raw.extracting(at..<end))
      at = end
    }
    #expect(parts.finish() == whole.finish())
  }

  @Test func `the throughput is at least 500 MB/s`() {
    let bytes = [UInt8](repeating: 7, count: 64 << 20)
    var best = Duration.seconds(60)
    for _ in 0..<5 {
      best = min(
        best,
        ContinuousClock().measure {
          var hash = XXH64()
          hash.update(bytes.span.raw)
          withKnownUse(hash.finish())
        })
    }
    let speed = Double(bytes.count) / 1e6 / (best / .seconds(1))
    print("XXH64: \(Int(speed)) MB/s")
    #if !DEBUG
    #expect(speed >= 500)
    #endif
  }

  /// Keeps the compiler from removing the measured code.
  @inline(never) private func withKnownUse(_ hash: UInt64) { #expect(hash != 0) }
}
