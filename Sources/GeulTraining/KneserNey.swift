internal import GeulCompute
public import GeulText

/// Interpolated modified Kneser-Ney: what counting the last few units alone foretells (Chen and Goodman 1998).
///
/// With h the context, h' the same without its oldest unit, and c a count:
///
///     p(w | h) = max(c(h w) - D(c(h w)), 0) / c(h .) + gamma(h) p(w | h'),
///     gamma(h) = (D(1) N_1(h .) + D(2) N_2(h .) + D(3) N_3+(h .)) / c(h .)
///
/// For all but the longest contexts c counts in how many contexts one unit longer, not how often, h w stands; under the
/// empty context lies 1 / v. It is the baseline that a network has to beat.
public struct KneserNey: Sendable {
  /// How many units the longest n-grams have.
  public let order: Int

  /// The longest n-grams that are counted at all.
  public static let longest = 8
  /// Of a longer text only this many units, the last ones, are counted: so that memory has a limit.
  public static let most = 8_000_000

  private let vocabulary: Int
  /// N-grams, the empty one first.
  private var nodes: [Node]
  /// The n-gram that a context and the unit behind it make, by both numbers.
  private var longer: [UInt64: UInt32] = [:]
  /// D(c) of n-grams by their length and c, which counts from 3 on as 3.
  private var discounts: [[Double]] = []

  /// An n-gram, and what is known of what follows it.
  private struct Node {
    var count: UInt32 = 0
    /// The same n-gram without its oldest unit.
    var suffix: UInt32 = 0
    var length: UInt8
    /// What follows it: c(h .), N_1(h .), N_2(h .) and N_3+(h .).
    var total: UInt32 = 0
    var ones: UInt32 = 0
    var twos: UInt32 = 0
    var more: UInt32 = 0
  }

  /// Counts a stretch of a text; units that the vocabulary does not hold are passed over.
  ///
  /// - Complexity: O(n) for n units.
  public init(_ corpus: Corpus, _ range: Range<Int>, order: Int) {
    precondition(1...Self.longest ~= order, "n-grams of \(order) units")
    self.order = order
    vocabulary = corpus.vocabulary.count
    nodes = [Node(length: 0)]
    var context: UInt32 = 0
    corpus.forEachKnownID(in: range.suffix(Self.most)) { id in context = count(id, after: context) }
    tally()
  }

  /// Counts the n-grams that end with `id`, the longest first; one that was there already ends it.
  ///
  /// - Returns: the context of what comes next.
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
      // Where a text is too small to tell, half. Never nothing: something must be left for what was never seen.
      return [0]
        + (1...3).map { c in
          let discount = n[c] > 0 ? Double(c) - Double(c + 1) * share * n[c + 1] / n[c] : 0.5
          return max(0.01, min(Double(c), discount))
        }
    }
  }

  /// Scores all but the first unit of a stretch, one after the other; none is learned from.
  public func score(_ corpus: Corpus, _ range: Range<Int>) -> Evaluator.Score {
    var score = Evaluator.Score(nats: 0, units: -1)
    var context: UInt32 = 0
    corpus.forEachKnownID(in: range) { id in
      let (probability, next) = foretell(id, after: context)
      if score.units >= 0 { score.nats -= naturalLogarithm(probability) }
      score.units += 1
      context = next
    }
    score.unknown = range.count - score.units - 1
    score.units = max(0, score.units)
    return score
  }

  /// The probability of a unit, and the context of the next.
  private func foretell(_ id: Int32, after context: UInt32) -> (Double, UInt32) {
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

  /// What an n-gram is as a context: at most one unit shorter than the longest n-grams.
  private func asContext(_ node: UInt32) -> UInt32 {
    nodes[Int(node)].length == order ? nodes[Int(node)].suffix : node
  }

  private static func key(_ context: UInt32, _ id: Int32) -> UInt64 {
    UInt64(context) << 32 | UInt64(UInt32(bitPattern: id))
  }
}

extension KneserNey {
  /// The model of the order that foretells best: chosen by the last tenth of `range`, then counted on all of it.
  public static func best(_ corpus: Corpus, _ range: Range<Int>) -> KneserNey {
    let part = range.suffix(most)
    let cut = part.upperBound - part.count / 10
    var best = (order: 1, nats: Double.infinity)
    for order in 1...longest {
      let model = KneserNey(corpus, part.lowerBound..<cut, order: order)
      let nats = model.score(corpus, cut..<part.upperBound).nats
      guard nats < best.nats else { break }
      best = (order, nats)
    }
    return KneserNey(corpus, part, order: best.order)
  }
}
