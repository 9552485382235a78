extension NGramModel {
  /// The n-grams as bytes, about three for each.
  ///
  /// All numbers are unsigned LEB128. First comes the number of n-grams of one token. Then come the n-grams, level by level. Each
  /// has
  ///
  /// - the difference between its last token and that of the n-gram before it with the same context (its last token plus 1 if
  ///   it is the first one),
  /// - its count,
  /// - except in the last level: twice the number of n-grams that begin with it, plus 1 if some of those were removed; if so, the
  ///   count of those that were removed.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    encode { Self.append($0, to: &bytes) }
    return bytes
  }

  /// The size of `bytes`.
  public var byteCount: Int {
    var count = 0
    encode { count += $0 < 128 ? 1 : (70 - ($0.leadingZeroBitCount)) / 7 }
    return count
  }

  private func encode(_ put: (UInt64) -> Void) {
    put(UInt64(levels[0].tokens.count))
    for length in 1...order {
      let level = levels[length - 1]
      forEachContext(length) { range in
        var last: Int32 = -1
        for index in range {
          put(UInt64(level.tokens[index] - last))
          last = level.tokens[index]
          put(UInt64(level.counts[index]))
          guard length < order else { continue }
          let (longer, removed) = (
            level.firstLonger[index + 1] - level.firstLonger[index], level.removed[index]
          )
          put(UInt64(longer) * 2 + (removed > 0 ? 1 : 0))
          if removed > 0 { put(UInt64(removed)) }
        }
      }
    }
  }

  /// Calls `body` with the range of the n-grams of a length that follow each context.
  private func forEachContext(_ length: Int, _ body: (Range<Int>) -> Void) {
    guard length > 1 else { return body(levels[0].tokens.indices) }
    let first = levels[length - 2].firstLonger
    for context in first.indices.dropLast() {
      body(Int(first[context])..<Int(first[context + 1]))
    }
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Reads the n-grams that `bytes` describe; nil if the bytes or the discounts are not those of a model.
  ///
  /// Each probability of a model is positive, and their sum is 1. Memory is allocated in proportion to the number of bytes,
  /// whatever the numbers in them.
  ///
  /// - Parameters:
  ///   - bytes: The bytes, in the format of the property `bytes`.
  ///   - vocabulary: The number of tokens in the vocabulary.
  ///   - discounts: The discounts of the n-grams of 1 to `order` tokens that occur once, twice and more often: from 0.01 to
  ///     1, 2 and 3.
  public init?(bytes: [UInt8], vocabulary: Int, discounts: [[Double]]) {
    let order = discounts.count
    guard 1...Self.maximumOrder ~= order,
      discounts.allSatisfy({
        $0.count == 3
          && zip(1...3, $0).allSatisfy { Self.minimumDiscount <= $1 && $1 <= Double($0) }
      })
    else { return nil }
    var reader = LEB128Reader(bytes: bytes)
    guard let first = reader.next() else { return nil }
    var expected = UInt64(first)
    var contexts = [first]
    var levels: [Level] = []
    for length in 1...order {
      // Each n-gram takes two bytes at least.
      guard expected <= UInt64(bytes.count) / 2 else { return nil }
      var level = Level()
      let isLast = length == order
      if !isLast { level.firstLonger = [0] }
      var longer: [UInt32] = []
      var total: UInt64 = 0
      for (index, context) in contexts.enumerated() {
        var last: Int64 = -1
        // c(h .), which is computed with 32 bits.
        var sum = UInt64(length == 1 ? 0 : levels[length - 2].removed[index])
        for _ in 0..<context {
          guard let step = reader.next(), let count = reader.next(), step > 0,
            step <= UInt64(vocabulary), last + Int64(step) < vocabulary, count > 0
          else { return nil }
          last += Int64(step)
          level.tokens.append(Int32(last))
          level.counts.append(count)
          sum += UInt64(count)
          guard !isLast else { continue }
          guard let number = reader.next() else { return nil }
          var removed: UInt32 = 0
          if number & 1 == 1 {
            guard let count = reader.next(), count > 0 else { return nil }
            removed = count
          }
          total += UInt64(number >> 1)
          guard total <= UInt64(bytes.count) else { return nil }
          longer.append(number >> 1)
          level.firstLonger.append(UInt32(total))
          level.removed.append(removed)
        }
        guard sum <= UInt64(UInt32.max) else { return nil }
      }
      levels.append(level)
      (contexts, expected) = (longer, total)
    }
    guard reader.isAtEnd else { return nil }
    self.init(
      vocabulary: vocabulary, levels: levels, discounts: discounts.map { [0] + $0 })
  }

  /// The discounts that `init(bytes:vocabulary:discounts:)` needs.
  public var storedDiscounts: [[Double]] { discounts.map { Array($0.dropFirst()) } }
}

/// A reader of LEB128 numbers of at most 32 bits.
private struct LEB128Reader {
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  /// Returns the next number; nil at the end, or if it has more than 32 bits.
  mutating func next() -> UInt32? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 35, by: 7) {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return UInt32(exactly: value) }
    }
    return nil
  }
}
