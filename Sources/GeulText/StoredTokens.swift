/// The token ids of a text, or of some ranges of it that one process of several has.
struct StoredTokens: Sendable {
  /// The number of tokens of the text.
  let count: Int
  /// The ranges that are stored, in order and disjoint.
  let ranges: [Range<Int>]
  /// The ids of all ranges, one after the other.
  let file: TokenFile

  /// - Precondition: The ranges have as many tokens as the file.
  init(of count: Int, _ ranges: [Range<Int>], _ file: TokenFile) {
    precondition(ranges.reduce(0) { $0 + $1.count } == file.count)
    (self.count, self.ranges, self.file) = (count, ranges, file)
  }

  /// Fills `out` with the ids from index `start` of the text on.
  ///
  /// - Precondition: They are in one of `ranges`.
  func copy(from start: Int, into out: inout MutableSpan<Int32>) {
    file.copy(from: Self.position(of: start..<start + out.count, in: ranges), into: &out)
  }

  /// Returns the position at which a part of one of the ranges is stored.
  static func position(of part: Range<Int>, in ranges: [Range<Int>]) -> Int {
    var position = 0
    for range in ranges {
      if range.lowerBound <= part.lowerBound, part.upperBound <= range.upperBound {
        return position + part.lowerBound - range.lowerBound
      }
      position += range.count
    }
    preconditionFailure("tokens \(part) are not in \(ranges)")
  }
}
