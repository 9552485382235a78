/// A text as a sequence of token ids, which lie in a file mapped into memory, so that it may be
/// larger than memory.
///
/// ```swift
/// let corpus = try Corpus.read([.path("corpora/korean.txt")])
/// corpus.count                                  // units
/// corpus.ids(0..<5).map { corpus.vocabulary.units[Int($0)] }  // the first five
/// ```
public struct Corpus: Sendable {
  /// The rules by which the text was cut.
  public let tokenizer: Tokenizer
  /// The units that ids stand for.
  public let vocabulary: Vocabulary
  /// How many bytes of UTF-8 the text takes in its normal form.
  public let byteCount: Int
  /// Sixteen hexadecimal digits that belong to these units in this order, on each machine.
  public let hash: String
  /// Sentences for the user: encodings found out, marks dropped, files passed over, units unknown.
  public let notes: [String]
  /// How many units of the text the vocabulary does not hold: their id is -1, or the unknown unit's
  /// if there is one.
  public let unknownCount: Int

  let tokens: TokenFile
  let sizes: TokenByteCounts

  /// How many units the text has.
  public var count: Int { tokens.count }

  /// Whether an id takes four bytes of the file, not two.
  package var isWide: Bool { !tokens.isNarrow }

  /// The ids of a stretch of units.
  ///
  /// - Complexity: O(n) for n units; one allocation.
  public func ids(_ range: Range<Int>) -> [Int32] {
    var ids = [Int32](repeating: 0, count: range.count)
    copyIDs(from: range.lowerBound, into: &ids)
    return ids
  }

  /// Fills an array with the ids from `start` on; allocates nothing.
  public func copyIDs(from start: Int, into ids: inout [Int32]) {
    var span = ids.mutableSpan
    tokens.copy(from: start, into: &span)
  }

  /// Fills a span with the ids from `start` on; allocates nothing.
  public func copyIDs(from start: Int, into ids: inout MutableSpan<Int32>) {
    tokens.copy(from: start, into: &ids)
  }

  /// Calls `body` with the id of each unit of a stretch that the vocabulary holds.
  package func forEachKnownID(in range: Range<Int>, _ body: (Int32) -> Void) {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 65536) {
      for id in ids(start..<min(start + 65536, range.upperBound)) where id >= 0 { body(id) }
    }
  }

  /// How many bytes of UTF-8 a stretch of units stands for: the divisor of bits per byte.
  ///
  /// Units that the vocabulary does not hold count for nothing, as they do in a loss. In jamo the
  /// bytes of a syllable belong to its leading consonant.
  ///
  /// - Complexity: O(n) for n units.
  public func byteLength(ofUnitsIn range: Range<Int>) -> Int {
    // Whether a jamo belongs to a syllable shows in the two units before it.
    var block = ids(max(0, range.lowerBound - 2)..<range.lowerBound)
    var tally = TokenByteCounts.Tally(sizes)
    for id in block { _ = tally.add(id) }
    var total = 0
    var start = range.lowerBound
    while start < range.upperBound {
      block = ids(start..<min(start + 65536, range.upperBound))
      for id in block { total += tally.add(id) }
      start += block.count
    }
    return total
  }
}
