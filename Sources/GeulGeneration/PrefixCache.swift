package import GeulModel

/// A cache of recurrent states by the tokens that were read before them.
///
/// The least recently used states are evicted when the cache exceeds its size in bytes.
package struct PrefixCache: Sendable {
  private let byteLimit: Int
  private var entries: [[Int]: (state: RecurrentState.Row, lastUse: Int)] = [:]
  private var byteCount = 0
  private var clock = 0

  package init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// The state after reading `prefix` from a zero state; nil if it is not cached.
  package subscript(prefix: [Int]) -> RecurrentState.Row? {
    mutating get {
      guard let entry = entries[prefix] else { return nil }
      clock += 1
      entries[prefix] = (entry.state, clock)
      return entry.state
    }
    set {
      if let old = entries.removeValue(forKey: prefix) { byteCount -= Self.size(prefix, old.state) }
      guard let newValue else { return }
      clock += 1
      byteCount += Self.size(prefix, newValue)
      entries[prefix] = (newValue, clock)
      while byteCount > byteLimit,
        let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        entries[oldest.key] = nil
        byteCount -= Self.size(oldest.key, oldest.value.state)
      }
    }
  }

  private static func size(_ prefix: [Int], _ state: RecurrentState.Row) -> Int {
    prefix.count * MemoryLayout<Int>.stride + state.byteCount
  }
}
