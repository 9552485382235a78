internal import GeulCompute
internal import PortableFoundation

/// A token with its log-probability and the most likely tokens at its position.
///
/// Log-probabilities are those of the model, without temperature, penalties and filters.
public struct TokenScore: Sendable, Equatable {
  /// The id of the token.
  public let id: Int
  /// The log-probability of the token in nats; nil for the first token of a text, which has no prediction.
  public let logProbability: Double?
  /// The most likely tokens, by descending probability; ties are broken by the smaller id.
  public let alternatives: [Alternative]
  /// The position of the token in the text of its sequence, in code points.
  public var offset = 0

  /// A token that is possible at a position.
  public struct Alternative: Sendable, Equatable {
    /// The id of the token.
    public let id: Int
    /// The log-probability in nats.
    public let logProbability: Double
  }

  /// Creates the score of a token without a prediction.
  init(firstToken id: Int) { (self.id, logProbability, alternatives) = (id, nil, []) }

  /// Computes the log-probability log softmax(z)_id = z_id - log sum_j exp(z_j), in float64.
  init(_ id: Int, logits: [Float], alternativeCount: Int) {
    self.id = id
    let maximum = Double(logits.max() ?? 0)
    var sum = 0.0
    for logit in logits { sum += exp(Double(logit) - maximum) }
    let logSum = maximum + log(sum)
    logProbability = Double(logits[id]) - logSum
    guard alternativeCount > 0 else {
      alternatives = []
      return
    }
    var heap = CandidateHeap(capacity: logits.count)
    heap.fill(logits.count, logits)
    alternatives = (0..<min(alternativeCount, logits.count)).map { _ in
      let best = heap.removeBest(logits)
      return Alternative(id: best, logProbability: Double(logits[best]) - logSum)
    }
  }
}
