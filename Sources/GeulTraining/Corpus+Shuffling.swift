internal import GeulModel
package import GeulText

extension Corpus {
  /// Returns a part of a list in the order of an epoch, a random permutation of its items.
  ///
  /// - Parameters:
  ///   - range: The part: it begins and ends with a line feed.
  ///   - epoch: The number of completed epochs; the order is a function of it and of the list's seed.
  /// - Returns: The part as a list of its own.
  package func shuffled(_ range: Range<Int>, epoch: Int) -> Corpus {
    var starts = itemStarts(in: range.dropLast())
    var seed = SplitMix64(seed: UInt64(epoch))
    var random = SplitMix64(seed: seed.next() ^ (list?.seed ?? 0))
    // Fisher and Yates; the bias of the remainder is below 2^-40.
    for last in stride(from: starts.count - 1, to: 0, by: -1) {
      starts.swapAt(last, Int(random.next() % UInt64(last + 1)))
    }
    return arranged(starts, endingAt: range.upperBound - 1)
  }
}
