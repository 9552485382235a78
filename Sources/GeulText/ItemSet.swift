internal import GeulStorage

/// The different items of a list, as hashes of 64 bits, which a model stores to recognize them.
///
/// Of a million items that are not in a list of a million, one is taken for an item with a probability of 1 in 18 million.
public struct ItemSet: Sendable, Equatable {
  /// The hashes of the items in ascending order.
  public let hashes: [UInt64]

  /// The maximum number of different items.
  public static let maximumCount = 1 << 22

  /// Creates a set of items.
  public init(_ items: some Sequence<String>) {
    self.init(hashes: items.map(Self.hash))
  }

  /// Creates a set of hashes in any order.
  package init(hashes: [UInt64]) {
    var distinct: [UInt64] = []
    for hash in hashes.sorted() where hash != distinct.last { distinct.append(hash) }
    self.hashes = distinct
  }

  /// The number of different items.
  public var count: Int { hashes.count }

  /// Returns true if the list has an item, compared by its bytes of UTF-8.
  ///
  /// - Complexity: O(log n) for n items.
  public func contains(_ item: String) -> Bool {
    let hash = Self.hash(item)
    var (low, high) = (0, hashes.count)
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    return low < hashes.count && hashes[low] == hash
  }

  private static func hash(_ item: String) -> UInt64 { hash(Array(item.utf8), seed: 0) }

  /// Returns the XXH64 of bytes.
  static func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
    var hash = XXH64(seed: seed)
    hash.update(bytes.span.raw)
    return hash.finish()
  }
}
