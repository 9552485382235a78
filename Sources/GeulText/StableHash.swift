/// A 64-bit hash that is the same on each machine and in each run: to see a change, not to
/// withstand an attacker.
struct StableHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  private mutating func add(_ value: UInt64) {
    state = (state ^ value) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 32
  }

  /// Takes numbers in, two at a time.
  mutating func add(_ values: Span<UInt32>) {
    let even = values.count & ~1
    for index in stride(from: 0, to: even, by: 2) {
      add(UInt64(values[index]) | UInt64(values[index + 1]) << 32)
    }
    if even < values.count { add(UInt64(values[even])) }
  }

  /// Takes a text in, its length first.
  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    for byte in text.utf8 { add(UInt64(byte)) }
  }

  /// Sixteen digits.
  var hexadecimal: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
