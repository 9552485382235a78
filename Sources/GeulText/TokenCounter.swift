/// Assigns an index to each distinct token in order of first occurrence, and counts occurrences.
///
/// Tokens of one scalar are looked up in a table, all others in a hash table with linear probing.
/// Memory grows only with the number of distinct tokens.
struct TokenCounter {
  /// The number of occurrences of each token, by its index.
  private(set) var counts: [Int] = []

  /// The index + 1 of each scalar; 0 if it has not occurred.
  private var scalars = [UInt32](repeating: 0, count: 0x11_0000)
  private var clusters: [Cluster] = []
  private var clusterBytes: [UInt8] = []
  /// The hash table: positions in `clusters` + 1; 0 for an empty slot.
  private var slots = [UInt32](repeating: 0, count: 1024)
  private var contents: [Content] = []

  /// A token of several scalars: a range of `clusterBytes`, and its index.
  private struct Cluster {
    let start: Int
    let length: Int
    let index: UInt32

    var range: Range<Int> { start..<start + length }
  }

  private enum Content {
    case scalar(UInt32)
    /// A position in `clusters`.
    case cluster(Int)
  }

  /// Counts the tokens of a batch, and replaces their codes by their indices.
  mutating func add(_ batch: inout TokenBatch) {
    let clusters = batch.clusters
    let bytes = clusters.span
    var position = 0
    var codes = batch.codes.mutableSpan
    var next = Self.countKnown(&codes, from: 0, scalars: scalars, counts: &counts)
    while next < codes.count {
      let code = codes[next]
      let index: UInt32
      if code & TokenBatch.clusterBit == 0 {
        index = insert(scalar: code)
      } else {
        let end = position + Int(code & ~TokenBatch.clusterBit)
        index = findOrInsert(cluster: bytes.extracting(position..<end))
        position = end
      }
      counts[Int(index)] += 1
      codes[next] = index
      next = Self.countKnown(&codes, from: next + 1, scalars: scalars, counts: &counts)
    }
  }

  /// Replaces known scalars by their indices and counts them, up to the first other token, and
  /// returns the position of that token.
  private static func countKnown(
    _ codes: inout MutableSpan<UInt32>, from start: Int, scalars: [UInt32], counts: inout [Int]
  ) -> Int {
    let scalars = scalars.span
    var counts = counts.mutableSpan
    for position in start..<codes.count {
      let code = codes[position]
      guard code & TokenBatch.clusterBit == 0 else { return position }
      let known = scalars[Int(code)]
      guard known != 0 else { return position }
      counts[Int(known - 1)] += 1
      codes[position] = known - 1
    }
    return codes.count
  }

  private mutating func insert(scalar: UInt32) -> UInt32 {
    scalars[Int(scalar)] = UInt32(counts.count) + 1
    return insert(.scalar(scalar))
  }

  private mutating func insert(_ content: Content) -> UInt32 {
    contents.append(content)
    counts.append(0)
    return UInt32(counts.count - 1)
  }

  private mutating func findOrInsert(cluster: Span<UInt8>) -> UInt32 {
    var slot = hash(cluster)
    while slots[slot] != 0 {
      let known = clusters[Int(slots[slot]) - 1]
      if matches(known, cluster) { return known.index }
      slot = (slot + 1) & (slots.count - 1)
    }
    let index = insert(.cluster(clusters.count))
    clusters.append(Cluster(start: clusterBytes.count, length: cluster.count, index: index))
    for offset in cluster.indices { clusterBytes.append(cluster[offset]) }
    slots[slot] = UInt32(clusters.count)
    if clusters.count * 2 > slots.count { grow() }
    return index
  }

  private func matches(_ known: Cluster, _ cluster: Span<UInt8>) -> Bool {
    guard known.length == cluster.count else { return false }
    for offset in cluster.indices where clusterBytes[known.start + offset] != cluster[offset] {
      return false
    }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for (position, known) in clusters.enumerated() {
      var slot = hash(clusterBytes.span.extracting(known.range))
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(position) + 1
    }
  }

  /// The FNV-1a hash (Fowler, Noll, Vo) with its upper half folded in.
  private func hash(_ bytes: Span<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for offset in bytes.indices { hash = (hash ^ UInt64(bytes[offset])) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (slots.count - 1)
  }

  /// Returns the token with an index.
  func token(_ index: Int) -> String {
    switch contents[index] {
    case .scalar(let value):
      return Unicode.Scalar(value).map { String($0) } ?? ""
    case .cluster(let position):
      return String(decoding: clusterBytes[clusters[position].range], as: UTF8.self)
    }
  }

  /// Returns all tokens with their counts: the most frequent first, equally frequent ones in the
  /// order of their code points.
  func ranked() -> [CorpusSummary.TokenCount] {
    counts.indices.map { CorpusSummary.TokenCount(token: token($0), count: counts[$0]) }
      .sorted(by: CorpusSummary.TokenCount.precedes)
  }

  /// Returns the id of each index: that of the unknown token, or -1, for tokens that are not in the vocabulary.
  func ids(_ vocabulary: Vocabulary) -> [Int32] {
    counts.indices.map { Int32(vocabulary.id(of: token($0)) ?? vocabulary.unknownID ?? -1) }
  }
}
