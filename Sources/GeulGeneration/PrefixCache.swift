package import GeulModel

/// A cache of recurrent states by the tokens that were read before them.
///
/// States after a multiple of 256 tokens, and after whole prompts, are the entries of a tree: an entry holds at most one
/// block of 256 tokens, and the entry of the block before it holds the earlier ones. So prompts with a common beginning
/// share the states of that beginning, and the memory grows linearly with the number of tokens.
///
/// The least recently used states are evicted when the cache exceeds its size in bytes.
package struct PrefixCache: Sendable {
  /// The number of tokens of a block.
  package static let blockLength = 256

  private let byteLimit: Int
  private var entries: [Key: Entry] = [:]
  /// The uses of entries, the oldest first; an entry's last use is the one that counts.
  private var uses: [(key: Key, time: Int)] = []
  /// The index in `uses` of the oldest use that was not looked at.
  private var firstUse = 0
  private var clock = 0
  private var nextID = 1
  private let seed = UInt64.random(in: .min ... .max)

  /// The size of the entries in bytes.
  package private(set) var byteCount = 0
  /// The number of states.
  package var count: Int { entries.count }

  /// The tokens of an entry after those of its parent.
  private struct Key: Hashable, Sendable {
    /// The id of the entry of the block before; 0 if there is none.
    let parent: Int
    let tokens: ArraySlice<Int32>
    /// A hash of the tokens, so that the hashes of all prefixes of a block take linear time.
    let hash: UInt64

    static func == (a: Key, b: Key) -> Bool {
      a.hash == b.hash && a.parent == b.parent && a.tokens == b.tokens
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(parent)
      hasher.combine(hash)
    }
  }

  private struct Entry: Sendable {
    let id: Int
    let state: RecurrentState.Row
    var lastUse: Int
  }

  /// Creates an empty cache of at most `byteLimit` bytes.
  package init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// Returns the state after the longest prefix that is cached, and the number of its tokens; nil if there is none.
  package mutating func longestPrefix(
    of tokens: ArraySlice<Int32>
  ) -> (count: Int, state: RecurrentState.Row)? {
    var path = blocks(of: tokens)
    let rest = tokens.dropFirst(path.count * Self.blockLength).prefix(Self.blockLength - 1)
    let parent = path.last?.entry.id ?? 0
    var hashes = [seed]
    for token in rest { hashes.append(Self.hash(hashes[hashes.count - 1], token)) }
    for count in stride(from: rest.count, to: 0, by: -1) {
      let key = Key(parent: parent, tokens: rest.prefix(count), hash: hashes[count])
      guard let entry = entries[key] else { continue }
      path.append((key, entry))
      break
    }
    guard let last = path.last else { return nil }
    // An entry is used after those that follow it, so that it is not evicted before them.
    for (key, _) in path.reversed() { use(key) }
    return (last.key.tokens.endIndex - tokens.startIndex, last.entry.state)
  }

  /// Stores the state after reading tokens from a zero state.
  ///
  /// It is not stored if the state after a multiple of 256 tokens before it is not in the cache.
  package mutating func insert(_ state: RecurrentState.Row, after tokens: ArraySlice<Int32>) {
    guard !tokens.isEmpty else { return }
    let blockCount = (tokens.count - 1) / Self.blockLength
    let path = blocks(of: tokens.prefix(blockCount * Self.blockLength))
    guard path.count == blockCount else { return }
    // The slice of a new array, so that the entry does not keep all of `tokens`.
    let last = Array(tokens.dropFirst(blockCount * Self.blockLength))[...]
    let key = Key(
      parent: path.last?.entry.id ?? 0, tokens: last, hash: last.reduce(seed, Self.hash))
    if entries[key] == nil {
      byteCount += Self.size(key, state)
      entries[key] = Entry(id: nextID, state: state, lastUse: 0)
      nextID += 1
    }
    for key in [key] + path.reversed().map(\.key) { use(key) }
    while byteCount > byteLimit { evictOldest() }
  }

  /// Returns the entries of the whole blocks that a text begins with, as far as they are cached.
  private func blocks(of tokens: ArraySlice<Int32>) -> [(key: Key, entry: Entry)] {
    var path: [(key: Key, entry: Entry)] = []
    var rest = tokens
    while rest.count >= Self.blockLength {
      let block = rest.prefix(Self.blockLength)
      let key = Key(
        parent: path.last?.entry.id ?? 0, tokens: block, hash: block.reduce(seed, Self.hash))
      guard let entry = entries[key] else { break }
      path.append((key, entry))
      rest = rest.dropFirst(Self.blockLength)
    }
    return path
  }

  private mutating func use(_ key: Key) {
    guard let index = entries.index(forKey: key) else { return }
    clock += 1
    entries.values[index].lastUse = clock
    // The entry's own key: the given one may be a slice of a whole prompt.
    uses.append((entries.keys[index], clock))
    guard uses.count > 2 * entries.count + 64 else { return }
    uses = uses[firstUse...].filter { entries[$0.key]?.lastUse == $0.time }
    firstUse = 0
  }

  /// Removes the entry that was used least recently.
  private mutating func evictOldest() {
    while firstUse < uses.count {
      let (key, time) = uses[firstUse]
      firstUse += 1
      guard let entry = entries[key], entry.lastUse == time else { continue }
      entries[key] = nil
      byteCount -= Self.size(key, entry.state)
      return
    }
  }

  private static func hash(_ hash: UInt64, _ token: Int32) -> UInt64 {
    let mixed = (hash ^ UInt64(truncatingIfNeeded: token)) &* 0x9E37_79B9_7F4A_7C15
    return mixed ^ mixed >> 32
  }

  private static func size(_ key: Key, _ state: RecurrentState.Row) -> Int {
    key.tokens.count * MemoryLayout<Int32>.stride + state.byteCount
      + MemoryLayout<(Key, Entry)>.stride
  }
}
