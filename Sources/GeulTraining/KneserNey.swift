internal import GeulCompute
public import GeulText

/// An n-gram model with interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998): the baseline of a network.
///
/// With h the context, h' the context without its oldest token, and c a count:
///
///     p(w | h) = max(c(h w) - D(c(h w)), 0) / c(h .) + gamma(h) p(w | h'),
///     gamma(h) = (D(1) N_1(h .) + D(2) N_2(h .) + D(3) N_3+(h .)) / c(h .)
///
/// For all but the longest contexts, c is the number of different contexts, one token longer, of h w; the empty context
/// interpolates with 1 / v.
public struct KneserNey: Sendable {
  /// The length of the longest n-grams.
  public let order: Int

  /// The highest order.
  public static let maximumOrder = 8
  /// The maximum number of tokens that are counted, which bounds the memory: the last tokens of a longer text.
  public static let maximumTokens = 8_000_000

  private let vocabulary: Int
  /// The n-grams, the empty one first.
  private var nodes: [Node]
  /// The index of the n-gram that consists of a context and the next token; see `key`.
  private var longer: [UInt64: UInt32] = [:]
  /// The discounts D(c) of n-grams by their length and c, at most 3.
  private var discounts: [[Double]] = []

  /// An n-gram, and the counts of the tokens that follow it.
  private struct Node {
    var count: UInt32 = 0
    /// The n-gram without its oldest token.
    var suffix: UInt32 = 0
    var length: UInt8
    /// c(h .), N_1(h .), N_2(h .) and N_3+(h .).
    var total: UInt32 = 0
    var ones: UInt32 = 0
    var twos: UInt32 = 0
    var more: UInt32 = 0
  }

  /// Counts the n-grams of a range of a text; tokens that the vocabulary does not contain are skipped.
  ///
  /// - Complexity: O(n) for n tokens.
  public init(_ corpus: Corpus, _ range: Range<Int>, order: Int) {
    precondition(
      1...Self.maximumOrder ~= order, "order must be in 1...\(Self.maximumOrder), is \(order)")
    self.order = order
    vocabulary = corpus.vocabulary.count
    nodes = [Node(length: 0)]
    var context: UInt32 = 0
    corpus.forEachKnownID(in: range.suffix(Self.maximumTokens)) { id in
      context = count(id, after: context)
    }
    tally()
  }

  /// Counts the n-grams that end with `id`, the longest first, up to one that was counted before.
  ///
  /// - Returns: The context of the next token.
  private mutating func count(_ id: Int32, after context: UInt32) -> UInt32 {
    var (context, below, longest): (UInt32, UInt32?, UInt32) = (context, nil, 0)
    while true {
      let key = Self.key(context, id)
      if let node = longer[key] {
        nodes[Int(node)].count += 1
        if let below { nodes[Int(below)].suffix = node } else { longest = node }
        break
      }
      let node = UInt32(nodes.count)
      nodes.append(Node(count: 1, length: nodes[Int(context)].length + 1))
      longer[key] = node
      if let below { nodes[Int(below)].suffix = node } else { longest = node }
      below = node
      guard context != 0 else { break }
      context = nodes[Int(context)].suffix
    }
    return asContext(longest)
  }

  private mutating func tally() {
    var counts = Array(repeating: [Double](repeating: 0, count: 5), count: order + 1)
    for (key, node) in longer {
      let (count, length) = (nodes[Int(node)].count, Int(nodes[Int(node)].length))
      let context = Int(key >> 32)
      nodes[context].total += count
      switch count {
      case 1: nodes[context].ones += 1
      case 2: nodes[context].twos += 1
      default: nodes[context].more += 1
      }
      if count <= 4 { counts[length][Int(count)] += 1 }
    }
    discounts = counts.map { n in
      let share = n[1] > 0 && n[2] > 0 ? n[1] / (n[1] + 2 * n[2]) : 0.5
      // Half where a text is too small. Never zero: unseen tokens need some probability.
      return [0]
        + (1...3).map { c in
          let discount = n[c] > 0 ? Double(c) - Double(c + 1) * share * n[c + 1] / n[c] : 0.5
          return max(0.01, min(Double(c), discount))
        }
    }
  }

  /// Computes the loss of all but the first token of a range.
  public func loss(_ corpus: Corpus, _ range: Range<Int>) -> Evaluator.Loss {
    var loss = Evaluator.Loss(nats: 0, tokens: -1)
    var context: UInt32 = 0
    corpus.forEachKnownID(in: range) { id in
      let (probability, next) = predict(id, after: context)
      if loss.tokens >= 0 { loss.nats -= naturalLogarithm(probability) }
      loss.tokens += 1
      context = next
    }
    loss.unknown = range.count - loss.tokens - 1
    loss.tokens = max(0, loss.tokens)
    return loss
  }

  /// Returns the probability of a token, and the context of the next.
  private func predict(_ id: Int32, after context: UInt32) -> (Double, UInt32) {
    var found: [(node: Node, count: UInt32)] = []
    var (context, longest): (UInt32, UInt32?) = (context, nil)
    while true {
      let node = nodes[Int(context)]
      let next = longer[Self.key(context, id)]
      if longest == nil { longest = next }
      found.append((node, next.map { nodes[Int($0)].count } ?? 0))
      guard context != 0 else { break }
      context = node.suffix
    }
    var probability = 1 / Double(vocabulary)
    for (node, count) in found.reversed() where node.total > 0 {
      let d = discounts[Int(node.length) + 1]
      let kept = max(0, Double(count) - d[Int(min(3, count))])
      let given = d[1] * Double(node.ones) + d[2] * Double(node.twos) + d[3] * Double(node.more)
      probability = (kept + given * probability) / Double(node.total)
    }
    return (probability, asContext(longest ?? 0))
  }

  /// Returns an n-gram as a context: at most one token shorter than the longest n-grams.
  private func asContext(_ node: UInt32) -> UInt32 {
    nodes[Int(node)].length == order ? nodes[Int(node)].suffix : node
  }

  private static func key(_ context: UInt32, _ id: Int32) -> UInt64 {
    UInt64(context) << 32 | UInt64(UInt32(bitPattern: id))
  }
}

extension KneserNey {
  /// Returns the model of the best order, chosen by its loss on the last tenth of `range` and then counted on all of it.
  public static func best(_ corpus: Corpus, _ range: Range<Int>) -> KneserNey {
    let part = range.suffix(maximumTokens)
    let cut = part.upperBound - part.count / 10
    var best = (order: 1, nats: Double.infinity)
    for order in 1...maximumOrder {
      let model = KneserNey(corpus, part.lowerBound..<cut, order: order)
      let nats = model.loss(corpus, cut..<part.upperBound).nats
      guard nats < best.nats else { break }
      best = (order, nats)
    }
    return KneserNey(corpus, part, order: best.order)
  }
}
