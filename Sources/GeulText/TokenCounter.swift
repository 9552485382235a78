/// Numbers the distinct units of a text in the order in which they first come, and counts them.
///
/// A unit of one scalar value is found in a table, any other by a hash of its bytes with linear
/// probing. Memory grows with the number of distinct units only.
struct TokenCounter {
  /// How often each unit came, by its number.
  private(set) var counts: [Int] = []

  private var singles = [UInt32](repeating: 0, count: 0x11_0000)  // number + 1
  private var clusters: [(start: Int, length: Int, number: UInt32)] = []
  private var clusterBytes: [UInt8] = []
  private var slots = [UInt32](repeating: 0, count: 1024)  // index into `clusters` + 1
  private var spellings: [Spelling] = []

  private enum Spelling {
    case scalar(UInt32)
    case cluster(Int)
  }

  /// How many distinct units there are.
  var count: Int { counts.count }

  /// Counts the units of a batch and puts their numbers in place of their codes.
  mutating func add(_ batch: inout TokenBatch) {
    let clusters = batch.clusters
    let bytes = clusters.span
    var at = 0
    var codes = batch.codes.mutableSpan
    var index = Self.numberKnown(&codes, from: 0, singles: singles, counts: &counts)
    while index < codes.count {
      let code = codes[index]
      let number: UInt32
      if code & TokenBatch.clusterBit == 0 {
        number = meet(scalar: code)
      } else {
        let end = at + Int(code & ~TokenBatch.clusterBit)
        number = find(cluster: bytes.extracting(at..<end))
        at = end
      }
      counts[Int(number)] += 1
      codes[index] = number
      index = Self.numberKnown(&codes, from: index + 1, singles: singles, counts: &counts)
    }
  }

  /// Replaces scalar values that have been met by their numbers, up to the first unit that is
  /// something else, and answers where that is.
  private static func numberKnown(
    _ codes: inout MutableSpan<UInt32>, from start: Int, singles: [UInt32], counts: inout [Int]
  ) -> Int {
    let singles = singles.span
    var counts = counts.mutableSpan
    for index in start..<codes.count {
      let code = codes[index]
      guard code & TokenBatch.clusterBit == 0 else { return index }
      let known = singles[Int(code)]
      guard known != 0 else { return index }
      counts[Int(known - 1)] += 1
      codes[index] = known - 1
    }
    return codes.count
  }

  private mutating func meet(scalar: UInt32) -> UInt32 {
    singles[Int(scalar)] = UInt32(counts.count) + 1
    return meet(.scalar(scalar))
  }

  private mutating func meet(_ spelling: Spelling) -> UInt32 {
    spellings.append(spelling)
    counts.append(0)
    return UInt32(counts.count - 1)
  }

  private mutating func find(cluster: Span<UInt8>) -> UInt32 {
    var slot = hash(cluster)
    while slots[slot] != 0 {
      let known = clusters[Int(slots[slot]) - 1]
      if matches(known, cluster) { return known.number }
      slot = (slot + 1) & (slots.count - 1)
    }
    let number = meet(.cluster(clusters.count))
    clusters.append((clusterBytes.count, cluster.count, number))
    for index in cluster.indices { clusterBytes.append(cluster[index]) }
    slots[slot] = UInt32(clusters.count)
    if clusters.count * 2 > slots.count { grow() }
    return number
  }

  private func matches(
    _ known: (start: Int, length: Int, number: UInt32), _ cluster: Span<UInt8>
  ) -> Bool {
    guard known.length == cluster.count else { return false }
    for index in cluster.indices where clusterBytes[known.start + index] != cluster[index] {
      return false
    }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for (index, known) in clusters.enumerated() {
      var slot = hash(clusterBytes.span.extracting(known.start..<known.start + known.length))
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index) + 1
    }
  }

  /// FNV-1a (Fowler, Noll, Vo), its upper half folded in.
  private func hash(_ bytes: Span<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (slots.count - 1)
  }

  /// How a unit is spelled, by its number.
  func spelling(_ number: Int) -> String {
    switch spellings[number] {
    case .scalar(let value):
      return Unicode.Scalar(value).map { String($0) } ?? ""
    case .cluster(let index):
      let known = clusters[index]
      return String(
        decoding: clusterBytes[known.start..<known.start + known.length], as: UTF8.self)
    }
  }

  /// All units with their counts, the most frequent first; those as frequent by their code points.
  func ranked() -> [(number: Int, unit: String, count: Int)] {
    counts.indices.map { ($0, spelling($0), counts[$0]) }.sorted { a, b in
      a.count != b.count ? a.count > b.count : a.unit.utf8.lexicographicallyPrecedes(b.unit.utf8)
    }
  }
}
