/// A tokenized text: a sequence of token ids, in memory or in a memory-mapped file, which may be
/// larger than memory.
///
/// ```swift
/// let corpus = try Corpus.read([.path("corpora/korean.txt")])
/// corpus.count                       // the number of tokens
/// corpus.vocabulary.count            // the number of distinct tokens
/// corpus.ids(0..<5).map { corpus.vocabulary.tokens[Int($0)] }  // the first five tokens
/// ```
public struct Corpus: Sendable {
  /// The tokenizer of the text.
  public let tokenizer: Tokenizer
  /// The tokens that the ids stand for.
  public let vocabulary: Vocabulary
  /// The size of the normalized text in bytes of UTF-8.
  public let byteCount: Int
  /// A hash of the token sequence in 16 hexadecimal digits, the same on all machines.
  public internal(set) var hash: String
  /// Messages for the user: detected encodings, removed byte-order marks, skipped files, tokens
  /// that are not in the vocabulary.
  public let notes: [String]
  /// The number of tokens of the text that are not in the vocabulary.
  ///
  /// Their id is that of the unknown token, or -1 if the vocabulary has none.
  public let unknownCount: Int
  /// The list of which the text consists; nil if it is not read as one.
  public internal(set) var list: LineList?
  /// The rule by which the lines have labels; nil if they have none.
  public internal(set) var labels: LabelRule?

  var tokens: StoredTokens
  let byteCounts: TokenByteCounts

  /// The number of tokens.
  public var count: Int { tokens.count }

  /// The ranges of tokens whose ids this process has: one range with all of them, except in data-parallel training.
  package var storedRanges: [Range<Int>] { tokens.ranges }

  /// Indicates whether the ids are in memory instead of in a file.
  package var isInMemory: Bool { tokens.file.isInMemory }

  /// The size of an id in bytes: 2 or 4.
  package var bytesPerID: Int { tokens.file.bytesPerID }

  /// Returns the ids of a range of tokens.
  ///
  /// - Complexity: O(n) for n tokens; one allocation.
  public func ids(_ range: Range<Int>) -> [Int32] {
    var ids = [Int32](repeating: 0, count: range.count)
    copyIDs(from: range.lowerBound, into: &ids)
    return ids
  }

  /// Fills an array with the ids from index `start` on, without allocating memory.
  public func copyIDs(from start: Int, into ids: inout [Int32]) {
    var span = ids.mutableSpan
    tokens.copy(from: start, into: &span)
  }

  /// Fills a span with the ids from index `start` on, without allocating memory.
  public func copyIDs(from start: Int, into ids: inout MutableSpan<Int32>) {
    tokens.copy(from: start, into: &ids)
  }

  /// Hashes the tokens of this process after those of the processes before it.
  ///
  /// - Parameter words: The hash so far; an empty array to begin. It is replaced by the hash with these tokens.
  package func continueHash(_ words: inout [UInt64]) {
    var whole = words.isEmpty ? StableHash(vocabulary) : StableHash(words: words)
    for range in storedRanges {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 65536) {
        let block = ids(start..<min(start + 65536, range.upperBound)).map { UInt32(bitPattern: $0) }
        whole.add(block.span)
      }
    }
    words = whole.words
  }

  /// Sets the hash of the whole text, which `continueHash` has computed on all processes.
  package mutating func setHash(_ words: [UInt64]) { hash = StableHash(words: words).hexadecimal }

  /// Returns the number of tokens before the last `fraction` of a text of `count` tokens.
  package static func tokenCount(of count: Int, withoutLast fraction: Double) -> Int {
    Int(Double(count) * (1 - fraction))
  }

  /// Calls `body` with the ids of the tokens in a range that are in the vocabulary; those of labels are line feeds.
  package func forEachKnownID(in range: Range<Int>, _ body: (Int32) -> Void) {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 65536) {
      for id in ids(start..<min(start + 65536, range.upperBound)) where id >= 0 {
        body(vocabulary.labels?.target(id) ?? id)
      }
    }
  }

  /// Returns a text that consists of some ranges of this one, in that order, in memory.
  ///
  /// Its vocabulary and its hash are those of this text. It stores what this one stores of the ranges.
  package func text(of ranges: [Range<Int>]) -> Corpus {
    var blocks: [[UInt32]] = [[]]
    var (count, stored): (Int, [Range<Int>]) = (0, [])
    for range in ranges {
      for part in storedRanges.map({ $0.clamped(to: range) }) where !part.isEmpty {
        for start in stride(from: part.lowerBound, to: part.upperBound, by: TokenWriter.blockCount)
        {
          for id in ids(start..<min(start + TokenWriter.blockCount, part.upperBound)) {
            if blocks[blocks.count - 1].count == TokenWriter.blockCount { blocks.append([]) }
            blocks[blocks.count - 1].append(UInt32(bitPattern: id))
          }
        }
        let start = count + part.lowerBound - range.lowerBound
        if stored.last?.upperBound == start {
          stored[stored.count - 1] = stored[stored.count - 1].lowerBound..<start + part.count
        } else {
          stored.append(start..<start + part.count)
        }
      }
      count += range.count
    }
    var text = self
    text.tokens = StoredTokens(
      of: count, stored,
      TokenFile(
        blocks, count: stored.reduce(0) { $0 + $1.count },
        hasUnknown: unknownCount > 0 && vocabulary.unknownID == nil))
    return text
  }

  /// Returns the ids of the tokens in a range that are in the vocabulary; those of labels are line feeds.
  package func knownIDs(in range: Range<Int>) -> [Int32] {
    var known: [Int32] = []
    known.reserveCapacity(range.count)
    forEachKnownID(in: range) { known.append($0) }
    return known
  }

  /// Returns the number of bytes of UTF-8 in a range of tokens: the divisor of bits/byte.
  ///
  /// The unknown token counts as the mean number of bytes of the tokens that it replaced. Without an
  /// unknown token, tokens that are not in the vocabulary count as zero bytes, because a loss omits
  /// them. With `TokenUnit.jamo`, the bytes of a syllable are attributed to its leading consonant.
  ///
  /// - Complexity: O(n) for n tokens.
  public func byteCount(ofTokensIn range: Range<Int>) -> Int {
    // The two tokens before a jamo determine whether it continues a syllable.
    var block = ids(max(0, range.lowerBound - 2)..<range.lowerBound)
    var counter = TokenByteCounts.Counter(byteCounts)
    for id in block { _ = counter.add(id) }
    let unknownBefore = counter.unknownCount
    var total = 0
    var start = range.lowerBound
    while start < range.upperBound {
      block = ids(start..<min(start + 65536, range.upperBound))
      for id in block { total += counter.add(id) }
      start += block.count
    }
    let unknown = Double(counter.unknownCount - unknownBefore)
    return total + Int((unknown * byteCounts.bytesPerUnknown).rounded())
  }
}
