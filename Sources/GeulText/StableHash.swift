/// A 64-bit hash that is the same on each machine and in each run: to see a change, not to withstand an attacker.
struct StableHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Takes one number in.
  mutating func add(_ value: UInt32) {
    state = (state ^ UInt64(value)) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 32
  }

  /// Takes a text in, its length first.
  mutating func add(_ text: String) {
    add(UInt32(truncatingIfNeeded: text.utf8.count))
    for byte in text.utf8 { add(UInt32(byte)) }
  }

  /// Sixteen digits.
  var hexadecimal: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
