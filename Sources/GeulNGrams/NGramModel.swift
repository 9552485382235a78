/// The n-grams of a text with their counts, and the probabilities that interpolated modified Kneser-Ney smoothing gives
/// (Chen and Goodman 1998).
///
/// With h the context, h' the context without its oldest token, and c a count:
///
///     p(w | h) = max(c(h w) - D(c(h w)), 0) / c(h .) + gamma(h) p(w | h'),
///     gamma(h) = (D(1) N_1(h .) + D(2) N_2(h .) + D(3) N_3+(h .) + R(h)) / c(h .)
///
/// For all but the longest n-grams, c is the number of different tokens before h w; the empty context interpolates with
/// 1 / v. R(h) is the count of the n-grams that `pruned(toBytes:)` removed after h.
///
/// Counts are integers and sums have a fixed order, so probabilities have the same bits on every machine.
///
/// ```swift
/// let model = NGramModel(ids, vocabulary: 65, order: 8)
/// var context = model.makeContext()
/// for id in prompt { model.advance(&context, by: id) }
/// model.probabilities(after: context, into: &probabilities)
/// ```
public struct NGramModel: Sendable, Equatable {
  /// The length of the longest n-grams.
  public let order: Int
  /// The number of tokens in the vocabulary.
  public let vocabulary: Int
  /// The n-grams of 1 to `order` tokens, by length.
  let levels: [Level]
  /// The discounts D(c) by the length of the context and c, at most 3; D(0) is 0.
  let discounts: [[Double]]
  /// The totals and backoff weights of the contexts of each length, from 0 to `order` - 1.
  private let contexts: [Contexts]
  /// The probabilities without a context, `[v]`.
  private var unigrams: [Double] = []

  /// The highest order.
  public static let maximumOrder = 8

  /// The n-grams of one length, sorted by their contexts, then by their last tokens.
  struct Level: Sendable, Equatable {
    /// The last tokens.
    var tokens: [Int32] = []
    /// The counts c.
    var counts: [UInt32] = []
    /// The index, in the next level, of the first n-gram that begins with each n-gram, and the number of all; empty in the
    /// last level.
    var firstLonger: [UInt32] = []
    /// The count of the n-grams that were removed from the next level, by their context; empty in the last level.
    var removed: [UInt32] = []
  }

  /// The totals and backoff weights of the contexts of one length.
  fileprivate struct Contexts: Sendable, Equatable {
    /// c(h .); 0 if nothing follows.
    var totals: [UInt32] = []
    /// The backoff weights gamma(h).
    var backoffs: [Double] = []
  }

  /// The counts of what follows a context, of which its backoff weight is a function.
  struct FollowerCounts: Sendable, Equatable {
    /// c(h .): the sum of the counts, and of those that were removed.
    private(set) var total: UInt32
    /// N_1(h .), N_2(h .) and N_3+(h .).
    private var ones: UInt32 = 0
    private var twos: UInt32 = 0
    private var more: UInt32 = 0
    /// R(h).
    private let removed: UInt32

    init(_ counts: ArraySlice<UInt32> = [], removed: UInt32 = 0) {
      self.removed = removed
      total = removed
      for count in counts {
        total &+= count
        switch count {
        case 1: ones += 1
        case 2: twos += 1
        default: more += 1
        }
      }
    }

    /// Adds an occurrence, after which the count of what follows is `count`.
    mutating func add(count: UInt32) {
      total &+= 1
      switch count {
      case 1: ones += 1
      case 2: (ones, twos) = (ones - 1, twos + 1)
      case 3: (twos, more) = (twos - 1, more + 1)
      default: break
      }
    }

    /// Returns gamma(h) for discounts; 1 if nothing follows.
    func backoff(_ discounts: [Double]) -> Double {
      guard total > 0 else { return 1 }
      let given =
        discounts[1] * Double(ones) + discounts[2] * Double(twos) + discounts[3] * Double(more)
      return (given + Double(removed)) / Double(total)
    }
  }

  /// Creates a model of n-grams.
  init(
    vocabulary: Int, levels: [Level], discounts: [[Double]]
  ) {
    order = levels.count
    self.vocabulary = vocabulary
    self.levels = levels
    self.discounts = discounts
    contexts = levels.indices.map { length in
      var contexts = Contexts()
      Self.forEachContext(levels, length: length) { followers in
        contexts.totals.append(followers.total)
        contexts.backoffs.append(followers.backoff(discounts[length]))
      }
      return contexts
    }
    // The same order of sums for the root as for longer contexts, so that a model of order 1 is no special case.
    let (total, backoff) = (contexts[0].totals[0], contexts[0].backoffs[0])
    unigrams = [Double](repeating: backoff / Double(vocabulary), count: vocabulary)
    for index in levels[0].tokens.indices {
      let count = levels[0].counts[index]
      unigrams[Int(levels[0].tokens[index])] += share(count, of: total, length: 0)
    }
  }

  /// Calls `body` with the counts of what follows each context of `length` tokens, in the contexts' order.
  static func forEachContext(
    _ levels: [Level], length: Int, _ body: (FollowerCounts) -> Void
  ) {
    let starts = length == 0 ? [0, UInt32(levels[0].tokens.count)] : levels[length - 1].firstLonger
    let removed = length == 0 ? [0] : levels[length - 1].removed
    for context in starts.indices.dropLast() {
      let range = Int(starts[context])..<Int(starts[context + 1])
      body(FollowerCounts(levels[length].counts[range], removed: removed[context]))
    }
  }

  /// The number of n-grams.
  public var count: Int { levels.reduce(0) { $0 + $1.tokens.count } }

  /// The contexts of a position: for each length from 0, the n-gram that ends there.
  public struct Context: Sendable, Equatable {
    /// The index in its level of the n-gram of each length; `none` if the model does not contain it.
    var ngrams: [UInt32]
    static let none = UInt32.max
  }

  /// Returns the context at the beginning of a text.
  public func makeContext() -> Context {
    var context = Context(ngrams: [UInt32](repeating: Context.none, count: order))
    context.ngrams[0] = 0
    return context
  }

  /// Moves a context past a token, from 0 to `vocabulary` - 1.
  public func advance(_ context: inout Context, by id: Int32) {
    for length in stride(from: order - 1, to: 0, by: -1) {
      context.ngrams[length] =
        find(id, after: context.ngrams[length - 1], length: length - 1).map(UInt32.init)
        ?? Context.none
    }
  }

  /// Returns the length in tokens of the longest context of a position that has a continuation in the model, and its count
  /// c(h .); (0, 0) if only the empty context has one.
  public func longestMatch(_ context: Context) -> (length: Int, count: Int) {
    var length = order - 1
    while length > 0, total(context, length) == 0 { length -= 1 }
    return (length, length == 0 ? 0 : Int(total(context, length)))
  }

  /// Returns c(h .) of the context of `length` tokens; 0 if the model does not contain it.
  private func total(_ context: Context, _ length: Int) -> UInt32 {
    let ngram = context.ngrams[length]
    return ngram == Context.none ? 0 : contexts[length].totals[Int(ngram)]
  }

  /// Returns the probability of a token, with the bits that `probabilities(after:into:)` computes.
  public func probability(of id: Int32, after context: Context) -> Double {
    // From the longest context to the shortest, as in `probabilities`, with the same products and sums.
    var factor = 1.0
    var probability = 0.0
    for length in stride(from: order - 1, to: 0, by: -1) {
      let total = total(context, length)
      guard total > 0 else { continue }
      if let index = find(id, after: context.ngrams[length], length: length) {
        probability += share(levels[length].counts[index], of: total, length: length) * factor
      }
      factor *= contexts[length].backoffs[Int(context.ngrams[length])]
    }
    return probability + unigrams[Int(id)] * factor
  }

  /// Computes the probabilities of all tokens.
  ///
  /// - Parameters:
  ///   - context: The context.
  ///   - probabilities: The result, `[v]`; their sum is 1 but for rounding.
  public func probabilities(after context: Context, into probabilities: inout [Double]) {
    precondition(
      probabilities.count == vocabulary,
      "\(probabilities.count) probabilities for \(vocabulary) tokens")
    for id in probabilities.indices { probabilities[id] = 0 }
    var factor = 1.0
    for length in stride(from: order - 1, to: 0, by: -1) {
      let total = total(context, length)
      guard total > 0 else { continue }
      let ngram = Int(context.ngrams[length])
      for index in followers(of: ngram, length: length) {
        probabilities[Int(levels[length].tokens[index])] +=
          share(levels[length].counts[index], of: total, length: length) * factor
      }
      factor *= contexts[length].backoffs[ngram]
    }
    for id in probabilities.indices { probabilities[id] += unigrams[id] * factor }
  }

  /// Returns (c - D(c)) / c(h .) for a count c after a context of `length` tokens.
  func share(_ count: UInt32, of total: UInt32, length: Int) -> Double {
    max(0, Double(count) - discounts[length][Int(min(3, count))]) / Double(total)
  }

  /// The indices of the n-grams that consist of a context of `length` tokens and another token.
  func followers(of ngram: Int, length: Int) -> Range<Int> {
    guard length > 0 else { return levels[0].tokens.indices }
    let first = levels[length - 1].firstLonger
    return Int(first[ngram])..<Int(first[ngram + 1])
  }

  /// Returns the index of the n-gram that consists of a context of `length` tokens and a token; nil if there is none.
  func find(_ id: Int32, after ngram: UInt32, length: Int) -> Int? {
    guard ngram != Context.none else { return nil }
    let tokens = levels[length].tokens
    let range = followers(of: Int(ngram), length: length)
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low < range.upperBound && tokens[low] == id ? low : nil
  }
}
