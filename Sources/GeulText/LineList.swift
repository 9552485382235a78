/// A list of short items, one per line, such as names.
///
/// A corpus has it if it was read with `CorpusOptions.listSeed`.
///
/// The tokens of such a corpus are a line feed, and then each item with a line feed after it. The order of the items depends
/// on the seed, not on the file; equal items are adjacent.
public struct LineList: Sendable, Equatable {
  /// The seed of the order.
  public let seed: UInt64
  /// The number of items, duplicates included.
  public let count: Int
  /// The different items.
  public let items: ItemSet
  /// The id of the line feed.
  let separatorID: Int32
}

extension Corpus {
  /// The maximum number of bytes of a list, which is kept in memory.
  package static let maximumListBytes = 1 << 25

  /// Returns the tokens for training and those for validation: the last `fraction` of the text.
  ///
  /// A list is divided between two different items; the line feed between them belongs to both parts.
  public func split(withoutLast fraction: Double) -> (training: Range<Int>, heldOut: Range<Int>) {
    let cut = Self.tokenCount(of: count, withoutLast: fraction)
    guard list != nil else { return (0..<cut, cut..<count) }
    let separator = fraction > 0 ? separator(near: cut) : count - 1
    return (0..<separator + 1, separator..<count)
  }

  /// Returns the first line feed from a token on that divides two different items; the last one before it if there is none.
  private func separator(near position: Int) -> Int {
    var next = position == 0 ? 0 : endOfItem(at: position - 1)
    while next < count - 1 {
      if divides(next) { return next }
      next = endOfItem(at: next)
    }
    var last = startOfItem(before: count - 1)
    while last > 0, !divides(last) { last = startOfItem(before: last) }
    return last > 0 ? last : count - 1
  }

  /// Returns true if the items before and after a line feed differ, or there is none before it.
  private func divides(_ separator: Int) -> Bool {
    separator == 0
      || ids(startOfItem(before: separator) + 1..<separator)
        != ids(separator + 1..<endOfItem(at: separator))
  }

  /// Returns the position of the line feed before the item that ends before a position.
  private func startOfItem(before position: Int) -> Int {
    var end = position
    while end > 0 {
      let start = max(0, end - 64)
      if let index = ids(start..<end).lastIndex(where: isSeparator) { return start + index }
      end = start
    }
    return 0
  }

  /// Returns the position of the line feed after the item whose first line feed is at `position`.
  private func endOfItem(at position: Int) -> Int {
    var start = position + 1
    while start < count {
      let block = ids(start..<min(start + 64, count))
      if let index = block.firstIndex(where: isSeparator) { return start + index }
      start += block.count
    }
    return count
  }

  /// Returns true if an item of the list begins with the token after this one; false if the text is not a list.
  package func isSeparator(_ id: Int32) -> Bool {
    guard let separator = list?.separatorID else { return false }
    return id == separator || vocabulary.labels?.ids.contains(Int(id)) == true
  }

  /// Returns the positions of the line feeds before the items that begin in a range of a list.
  package func itemStarts(in range: Range<Int>) -> [Int] {
    var starts: [Int] = []
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 65536) {
      let block = ids(start..<min(start + 65536, range.upperBound))
      for (offset, id) in block.enumerated() where isSeparator(id) { starts.append(start + offset) }
    }
    return starts
  }

  /// Returns a list with the items at the given positions, in that order, and a line feed at its end.
  ///
  /// - Parameters:
  ///   - starts: The positions of the line feeds before the items.
  ///   - end: The position of the line feed after the last item of the part of the list that they come from.
  /// - Returns: The list, in memory, with the same vocabulary and seed.
  package func arranged(_ starts: [Int], endingAt end: Int) -> Corpus {
    text(of: starts.map { $0..<endOfItem(at: $0) } + [end..<end + 1])
  }
}
