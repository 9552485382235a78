/// N-grams whose counts are updated by the text that is read, with the smoothing of `NGramModel`.
///
/// It starts from the counts of an `NGramModel`, or from none. After it has read a text, its counts are those that `NGramModel`
/// counts in the same text. The discounts stay as they are.
package struct OnlineNGramModel: Sendable {
  /// The n-grams to begin with, whose counts are not used.
  private let base: NGramModel
  /// The counts by length: those of the n-grams of `base`, then those of the added ones.
  private var counts: [[UInt32]]
  /// The contexts of each length from 0 to `order` - 1, by the index of the n-gram that is the context.
  private var contexts: [[Context]]
  /// The added n-grams by length.
  private var additions: [Additions]
  /// The index of an added n-gram by its length, context and last token.
  private var indices: [UInt64: UInt32] = [:]
  private var position: NGramModel.Context
  private let maximumAdditions: Int

  private static let none = NGramModel.Context.none

  /// A context.
  private struct Context {
    var followers: NGramModel.FollowerCounts
    /// The index of the last added n-gram that consists of the context and another token, or `none`.
    var lastAddition = OnlineNGramModel.none
  }

  /// The added n-grams of one length, in the order in which they were added.
  private struct Additions {
    /// The last tokens.
    var tokens: [Int32] = []
    /// The indices of the n-grams with the same context that were added before, or `none`.
    var previous: [UInt32] = []
  }

  /// The maximum number of n-grams that are added, which bounds the memory.
  ///
  /// What follows of the text updates only the counts of known n-grams.
  package static let defaultMaximumAdditions = 4_000_000

  /// Creates a model at the beginning of a text.
  package init(_ base: NGramModel, maximumAdditions: Int = defaultMaximumAdditions) {
    self.base = base
    self.maximumAdditions = maximumAdditions
    counts = base.levels.map(\.counts)
    contexts = base.levels.indices.map { length in
      var contexts: [Context] = []
      NGramModel.forEachContext(base.levels, length: length) {
        contexts.append(Context(followers: $0))
      }
      return contexts
    }
    additions = [Additions](repeating: Additions(), count: base.order)
    position = base.makeContext()
  }

  /// Creates a model without n-grams.
  package init(vocabulary: Int, order: Int) {
    let empty = NGramModel([], vocabulary: vocabulary, order: order)
    self.init(
      NGramModel(
        vocabulary: vocabulary, levels: empty.levels,
        discounts: [[Double]](repeating: Self.typicalDiscounts, count: order)))
  }

  /// The discounts of a text that is not known yet; those of English and Korean texts are close to them.
  package static let typicalDiscounts = [0, 0.7, 1.1, 1.4]

  /// Computes the probabilities of the next token, `[v]`.
  package func probabilities(into probabilities: inout [Double]) {
    for id in probabilities.indices { probabilities[id] = 0 }
    var factor = 1.0
    for length in contexts.indices.reversed() {
      let ngram = position.ngrams[length]
      guard ngram != Self.none else { continue }
      let context = contexts[length][Int(ngram)]
      let total = context.followers.total
      guard total > 0 else { continue }
      let counts = counts[length]
      let size = base.levels[length].tokens.count
      if isInBase(ngram, length: length) {
        for index in base.followers(of: Int(ngram), length: length) {
          probabilities[Int(base.levels[length].tokens[index])] +=
            base.share(counts[index], of: total, length: length) * factor
        }
      }
      var index = context.lastAddition
      while index != Self.none {
        let addition = Int(index) - size
        probabilities[Int(additions[length].tokens[addition])] +=
          base.share(counts[Int(index)], of: total, length: length) * factor
        index = additions[length].previous[addition]
      }
      factor *= context.followers.backoff(base.discounts[length])
    }
    let uniform = factor / Double(base.vocabulary)
    for id in probabilities.indices { probabilities[id] += uniform }
  }

  /// Counts a token after the text read so far, and moves past it.
  ///
  /// The count of the longest n-gram is the number of its occurrences, and that of a shorter one the number of different tokens
  /// before it: an n-gram that was known before leaves the counts of those in it as they are.
  package mutating func read(_ id: Int32) {
    var found = position.ngrams
    for length in found.indices {
      found[length] = find(id, after: position.ngrams[length], length: length)
    }
    for length in found.indices.reversed() where position.ngrams[length] != Self.none {
      let isKnown = found[length] != Self.none
      if !isKnown {
        guard indices.count < maximumAdditions else { continue }
        found[length] = add(id, after: position.ngrams[length], length: length)
      }
      let index = Int(found[length])
      counts[length][index] &+= 1
      contexts[length][Int(position.ngrams[length])].followers.add(count: counts[length][index])
      if isKnown { break }
    }
    for length in 1..<max(1, base.order) { position.ngrams[length] = found[length - 1] }
  }

  private func isInBase(_ ngram: UInt32, length: Int) -> Bool {
    length == 0 || Int(ngram) < base.levels[length - 1].tokens.count
  }

  /// Returns the index of the n-gram that consists of a context of `length` tokens and a token, or `none`.
  private func find(_ id: Int32, after ngram: UInt32, length: Int) -> UInt32 {
    guard ngram != Self.none else { return Self.none }
    if isInBase(ngram, length: length), let index = base.find(id, after: ngram, length: length) {
      return UInt32(index)
    }
    guard contexts[length][Int(ngram)].lastAddition != Self.none else { return Self.none }
    return indices[Self.key(id, after: ngram, length: length)] ?? Self.none
  }

  /// Adds the n-gram that consists of a context of `length` tokens and a token, with the count 0, and returns its index.
  private mutating func add(_ id: Int32, after ngram: UInt32, length: Int) -> UInt32 {
    let index = UInt32(counts[length].count)
    counts[length].append(0)
    additions[length].tokens.append(id)
    additions[length].previous.append(contexts[length][Int(ngram)].lastAddition)
    contexts[length][Int(ngram)].lastAddition = index
    indices[Self.key(id, after: ngram, length: length)] = index
    if length + 1 < contexts.count {
      contexts[length + 1].append(Context(followers: NGramModel.FollowerCounts()))
    }
    return index
  }

  private static func key(_ id: Int32, after ngram: UInt32, length: Int) -> UInt64 {
    // Lengths take 3 bits and indices 32; the 29 bits that are left hold more tokens than Unicode has code points.
    UInt64(length) << 61 | UInt64(ngram) << 29 | UInt64(UInt32(bitPattern: id))
  }
}
