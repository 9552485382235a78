internal import GeulText

extension NGramModel {
  /// The maximum number of tokens that are counted, which bounds the memory: the last tokens of a longer text.
  public static let maximumTokens = 8_000_000

  /// Counts the n-grams of a text.
  ///
  /// The suffixes of the text in order are its n-grams in order, so no hash table is needed.
  ///
  /// - Parameters:
  ///   - ids: The tokens, from 0 to `vocabulary` - 1; of more than `maximumTokens`, the last ones are counted.
  ///   - vocabulary: The number of tokens in the vocabulary.
  ///   - order: The length of the longest n-grams, 1 to `maximumOrder`.
  /// - Complexity: O(n) for n tokens.
  public init(_ ids: [Int32], vocabulary: Int, order: Int) {
    precondition(
      1...Self.maximumOrder ~= order, "order must be in 1...\(Self.maximumOrder), is \(order)")
    let text = ids.count > Self.maximumTokens ? Array(ids.suffix(Self.maximumTokens)) : ids
    var levels = Self.occurrences(SuffixArray(text, alphabetSize: vocabulary), order: order)
    Self.countContexts(&levels, text)
    self.init(
      vocabulary: vocabulary, levels: levels, discounts: levels.map(Self.discounts))
  }

  /// Returns all n-grams with the number of their occurrences.
  private static func occurrences(_ suffixes: SuffixArray, order: Int) -> [Level] {
    let symbols = suffixes.symbols
    var levels = [Level](repeating: Level(), count: order)
    var last: Int?
    for start in suffixes.suffixes.lazy.map(Int.init) {
      let length = min(order, symbols.count - start)
      var common = 0
      if let last {
        while common < length, last + common < symbols.count,
          symbols[last + common] == symbols[start + common]
        {
          common += 1
        }
      }
      for index in common..<max(common, length) {
        levels[index].tokens.append(symbols[start + index])
        levels[index].counts.append(0)
        if index + 1 < order {
          levels[index].firstLonger.append(UInt32(levels[index + 1].tokens.count))
        }
      }
      for index in 0..<length { levels[index].counts[levels[index].counts.count - 1] += 1 }
      last = start
    }
    for index in 0..<order - 1 {
      levels[index].firstLonger.append(UInt32(levels[index + 1].tokens.count))
      levels[index].removed = [UInt32](repeating: 0, count: levels[index].tokens.count)
    }
    return levels
  }

  /// Replaces the counts of all but the longest n-grams by the number of different tokens before them.
  private static func countContexts(_ levels: inout [Level], _ text: [Int32]) {
    // For the n-grams of one level, the index of the n-gram without the oldest token in the level below.
    var links = [UInt32](repeating: 0, count: levels[0].tokens.count)
    for length in 0..<levels.count - 1 {
      let below = levels[length]
      let above = levels[length + 1]
      var counts = [UInt32](repeating: 0, count: below.tokens.count)
      var next = [UInt32](repeating: 0, count: above.tokens.count)
      for context in below.tokens.indices {
        // What follows a context also follows its suffix, and both are sorted.
        var candidate = length == 0 ? 0 : Int(levels[length - 1].firstLonger[Int(links[context])])
        for index in Int(below.firstLonger[context])..<Int(below.firstLonger[context + 1]) {
          while below.tokens[candidate] != above.tokens[index] { candidate += 1 }
          next[index] = UInt32(candidate)
          counts[candidate] += 1
        }
      }
      // An n-gram at the beginning of the text has no token before it; that counts as one more context.
      if let start = indexOfBeginning(levels, length: length + 1, text) { counts[start] += 1 }
      levels[length].counts = counts
      links = next
    }
  }

  /// Returns the index of the n-gram at the beginning of the text; nil if the text is shorter.
  private static func indexOfBeginning(
    _ levels: [Level], length: Int, _ text: [Int32]
  ) -> Int? {
    guard text.count >= length else { return nil }
    var range = levels[0].tokens.indices
    var index = 0
    for position in 0..<length {
      guard let found = range.first(where: { levels[position].tokens[$0] == text[position] })
      else { return nil }
      index = found
      if position + 1 < length {
        range =
          Int(levels[position].firstLonger[found])..<Int(levels[position].firstLonger[found + 1])
      }
    }
    return index
  }

  /// The smallest discount: unseen tokens need some probability.
  static let minimumDiscount = 0.01

  /// Returns the discounts of the n-grams of a level.
  private static func discounts(_ level: Level) -> [Double] {
    var n = [Double](repeating: 0, count: 5)
    for count in level.counts where count <= 4 { n[Int(count)] += 1 }
    let share = n[1] > 0 && n[2] > 0 ? n[1] / (n[1] + 2 * n[2]) : 0.5
    // 0.5 where a text is too small for an estimate.
    return [0]
      + (1...3).map { c in
        let discount = n[c] > 0 ? Double(c) - Double(c + 1) * share * n[c + 1] / n[c] : 0.5
        return max(minimumDiscount, min(Double(c), discount))
      }
  }
}
