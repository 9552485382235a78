import GeulCompute
import GeulGeneration
import GeulModel
import TestSupport
import Testing

struct PrefixCacheTests {
  static let block = PrefixCache.blockLength

  static func state(_ value: Float, width: Int = 4) -> RecurrentState.Row {
    var state = RecurrentState(Architecture(cell: .lstm, layers: 1, hidden: width), rows: 1)[0]
    state.hidden[0] = Array(repeating: value, count: width)
    state.float32State[0] = state.hidden[0]
    return state
  }

  /// The size of a cache that holds `states`, each after tokens of its own.
  static func bytes(_ states: [(tokens: [Int32], width: Int)]) -> Int {
    var cache = PrefixCache(byteLimit: .max)
    for (tokens, width) in states { cache.insert(state(0, width: width), after: tokens[...]) }
    return cache.byteCount
  }

  static func tokens(_ count: Int, seed: UInt64 = 1) -> [Int32] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int32.random(in: 0..<3, using: &random) }
  }

  @Test func `the longest prefix that was stored is found`() {
    var cache = PrefixCache(byteLimit: 100_000)
    cache.insert(Self.state(1), after: [1, 2])
    cache.insert(Self.state(2), after: [1, 2, 3, 4])
    #expect(cache.longestPrefix(of: [1, 2])?.state == Self.state(1))
    let longer = cache.longestPrefix(of: [1, 2, 3, 4, 5])
    #expect(longer?.count == 4 && longer?.state == Self.state(2))
    let between = cache.longestPrefix(of: [1, 2, 3])
    #expect(between?.count == 2 && between?.state == Self.state(1))
    for other in [[1], [], [2, 1], [1, 3, 3, 4]] as [[Int32]] {
      #expect(cache.longestPrefix(of: other[...]) == nil, "\(other)")
    }
  }

  @Test func `a prefix that continues for several blocks is found by its whole contents`() {
    let text = Self.tokens(3 * Self.block + 10)
    var cache = PrefixCache(byteLimit: 1_000_000)
    for end in [Self.block, 2 * Self.block, 3 * Self.block, text.count] {
      cache.insert(Self.state(Float(end)), after: text[..<end])
    }
    #expect(cache.count == 4)
    for (count, expected) in [
      (text.count, text.count), (text.count - 1, 3 * Self.block), (3 * Self.block, 3 * Self.block),
      (2 * Self.block + 5, 2 * Self.block), (Self.block - 1, nil),
    ] as [(Int, Int?)] {
      let found = cache.longestPrefix(of: text[..<count])
      #expect(found?.count == expected && found?.state.hidden[0][0] == expected.map(Float.init))
    }
    // Another first token changes every prefix.
    var other = text
    other[0] = 3
    #expect(cache.longestPrefix(of: other[...]) == nil)
    other = text
    other[Self.block + 1] = 3
    #expect(cache.longestPrefix(of: other[...])?.count == Self.block)
  }

  @Test func `slices of a longer array are compared by their elements`() {
    let text = Self.tokens(600)
    var cache = PrefixCache(byteLimit: 1_000_000)
    cache.insert(Self.state(1), after: text[100..<100 + Self.block])
    cache.insert(Self.state(2), after: text[100..<400])
    #expect(cache.longestPrefix(of: text[100..<450])?.count == 300)
    #expect(cache.longestPrefix(of: Array(text[100..<420])[...])?.count == 300)
  }

  @Test func `a state after several blocks needs the states before it`() {
    let text = Self.tokens(2 * Self.block)
    var cache = PrefixCache(byteLimit: 1_000_000)
    cache.insert(Self.state(1), after: text[...])
    #expect(cache.count == 0)
  }

  @Test func `an entry larger than the limit is not kept`() {
    let size = Self.bytes([([1, 2], 4)])
    var cache = PrefixCache(byteLimit: size - 1)
    cache.insert(Self.state(1), after: [1, 2])
    #expect(cache.count == 0 && cache.byteCount == 0)
    var enough = PrefixCache(byteLimit: size)
    enough.insert(Self.state(1), after: [1, 2])
    #expect(enough.longestPrefix(of: [1, 2]) != nil)
  }

  @Test func `blocks are evicted after the states that follow them`() {
    let text = Self.tokens(2 * Self.block)
    let size = Self.bytes([(text.dropLast(Self.block), 4)])
    var cache = PrefixCache(byteLimit: 2 * size)
    cache.insert(Self.state(1), after: text[..<Self.block])
    cache.insert(Self.state(2), after: text[...])
    cache.insert(Self.state(3), after: [9])
    #expect(cache.longestPrefix(of: text[...])?.count == Self.block)
  }

  /// Compared with a list in the order of use.
  @Test(arguments: [0, 300, 1500, 6000])
  func `the least recently used states are evicted within the limit`(limit: Int) {
    var random = SeededGenerator(seed: UInt64(limit))
    var cache = PrefixCache(byteLimit: limit)
    // The least recently used first.
    var entries: [(prefix: [Int32], value: Float, bytes: Int)] = []
    for step in 0..<5000 {
      let prefix = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        Int32.random(in: 0..<3, using: &random)
      }
      if Bool.random(using: &random) {
        let width = Int.random(in: 1...8, using: &random)
        cache.insert(Self.state(Float(step), width: width), after: prefix[...])
        if let index = entries.firstIndex(where: { $0.prefix == prefix }) {
          entries.append(entries.remove(at: index))
        } else {
          entries.append((prefix, Float(step), Self.bytes([(prefix, width)])))
        }
        while entries.reduce(0, { $0 + $1.bytes }) > limit { entries.removeFirst() }
      } else {
        let index = (1...prefix.count).reversed().lazy
          .compactMap { count in
            entries.firstIndex { $0.prefix.elementsEqual(prefix.prefix(count)) }
          }
          .first
        let found = cache.longestPrefix(of: prefix[...])
        #expect(found?.state.hidden[0][0] == index.map { entries[$0].value }, "step \(step)")
        #expect(found?.count == index.map { entries[$0].prefix.count })
        if let index { entries.append(entries.remove(at: index)) }
      }
      #expect(cache.count == entries.count && cache.byteCount <= limit)
    }
    #expect(entries.isEmpty == (limit == 0))
  }
}
