import GeulCompute
import GeulGeneration
import GeulModel
import TestSupport
import Testing

struct PrefixCacheTests {
  static func state(_ value: Float, width: Int = 4) -> RecurrentState.Row {
    var state = RecurrentState(Architecture(cell: .lstm, layers: 1, hidden: width), rows: 1)[0]
    state.hidden[0] = Array(repeating: value, count: width)
    state.float32State[0] = state.hidden[0]
    return state
  }

  /// The bytes of an entry: ids of 8 bytes, and two vectors.
  static func bytes(_ prefix: [Int], width: Int = 4) -> Int { 8 * prefix.count + 2 * 4 * width }

  @Test func `a state is found by exactly its tokens`() {
    var cache = PrefixCache(byteLimit: 1000)
    cache[[1, 2]] = Self.state(1)
    #expect(cache[[1, 2]] == Self.state(1))
    #expect(
      cache[[1]] == nil && cache[[1, 2, 3]] == nil && cache[[2, 1]] == nil && cache[[]] == nil)
    cache[[1, 2]] = nil
    #expect(cache[[1, 2]] == nil)
  }

  @Test func `an entry larger than the limit is not kept`() {
    let size = Self.bytes([1, 2])
    var cache = PrefixCache(byteLimit: size - 1)
    cache[[1, 2]] = Self.state(1)
    #expect(cache[[1, 2]] == nil)
    var enough = PrefixCache(byteLimit: size)
    enough[[1, 2]] = Self.state(1)
    #expect(enough[[1, 2]] != nil)
  }

  @Test func `the least recently used entries are evicted, and replaced ones count once`() {
    var cache = PrefixCache(byteLimit: 3 * Self.bytes([0]))
    for id in 0..<3 { cache[[id]] = Self.state(Float(id)) }
    for _ in 0..<5 { cache[[1]] = Self.state(9) }
    #expect(cache[[0]] == Self.state(0))
    cache[[3]] = Self.state(3)  // evicts 2, which was used before 1 and 0
    #expect(cache[[2]] == nil)
    #expect(
      cache[[0]] == Self.state(0) && cache[[1]] == Self.state(9) && cache[[3]] == Self.state(3))
  }

  /// Compared with a list in the order of use.
  @Test(arguments: [0, 100, 500, 2000])
  func `the cache stays within its bytes`(limit: Int) {
    var random = SeededGenerator(seed: UInt64(limit))
    var cache = PrefixCache(byteLimit: limit)
    var entries: [(prefix: [Int], value: Float, bytes: Int)] = []  // the least recently used first
    for step in 0..<2000 {
      let prefix = Array(
        repeating: Int.random(in: 0..<20, using: &random),
        count: Int.random(in: 0...6, using: &random))
      let index = entries.firstIndex { $0.prefix == prefix }
      if Bool.random(using: &random) {
        let width = Int.random(in: 1...8, using: &random)
        cache[prefix] = Self.state(Float(step), width: width)
        if let index { entries.remove(at: index) }
        entries.append((prefix, Float(step), Self.bytes(prefix, width: width)))
        while entries.reduce(0, { $0 + $1.bytes }) > limit { entries.removeFirst() }
      } else {
        #expect(cache[prefix]?.hidden[0][0] == index.map { entries[$0].value }, "step \(step)")
        if let index { entries.append(entries.remove(at: index)) }
      }
    }
    #expect(entries.isEmpty == (limit == 0))
    #expect(entries.allSatisfy { cache[$0.prefix] != nil })
  }
}
