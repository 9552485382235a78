import GeulStorage

/// A 64-bit hash that is the same on all machines and in all runs; not cryptographic.
struct StableHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  private mutating func add(_ value: UInt64) {
    state = (state ^ value) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 32
  }

  /// Hashes integers, two at a time.
  mutating func add(_ values: Span<UInt32>) {
    let even = values.count & ~1
    for index in stride(from: 0, to: even, by: 2) {
      add(UInt64(values[index]) | UInt64(values[index + 1]) << 32)
    }
    if even < values.count { add(UInt64(values[even])) }
  }

  /// Hashes the length and the bytes of a text.
  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    for byte in text.utf8 { add(UInt64(byte)) }
  }

  /// The hash in 16 hexadecimal digits.
  var hexadecimal: String { String(hexadecimal: state, digits: 16) }
}
