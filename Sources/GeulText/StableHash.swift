import GeulStorage

/// A 64-bit hash that is the same on all machines and in all runs; not cryptographic.
struct StableHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325
  /// The last integer if an odd number of them has been added: they are hashed two at a time.
  private var pending: UInt32?

  /// Begins the hash of a text with a vocabulary.
  init(_ vocabulary: Vocabulary) {
    for token in vocabulary.tokens { add(token) }
  }

  /// Continues a hash of which another process has computed the first part; see `words`.
  init(words: [UInt64]) {
    state = words[0]
    pending = words[1] == 0 ? nil : UInt32(truncatingIfNeeded: words[1])
  }

  /// The hash so far, from which another process can continue.
  var words: [UInt64] { [state, pending.map { 1 << 32 | UInt64($0) } ?? 0] }

  private mutating func add(_ value: UInt64) {
    state = (state ^ value) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 32
  }

  /// Hashes integers, two at a time.
  mutating func add(_ values: Span<UInt32>) {
    var start = 0
    if let first = pending, !values.isEmpty {
      add(UInt64(first) | UInt64(values[0]) << 32)
      (pending, start) = (nil, 1)
    }
    let end = start + (values.count - start) & ~1
    for index in stride(from: start, to: end, by: 2) {
      add(UInt64(values[index]) | UInt64(values[index + 1]) << 32)
    }
    if end < values.count { pending = values[end] }
  }

  /// Hashes the length and the bytes of a text, before any integers.
  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    for byte in text.utf8 { add(UInt64(byte)) }
  }

  /// The hash in 16 hexadecimal digits.
  var hexadecimal: String {
    var whole = self
    if let pending { whole.add(UInt64(pending)) }
    return String(hexadecimal: whole.state, digits: 16)
  }
}
