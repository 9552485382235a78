public import GeulNGrams
internal import GeulCompute
public import GeulText

/// An n-gram model of a text alone: the baseline of a network.
///
/// See `NGramModel` for its probabilities.
public struct KneserNey: Sendable {
  /// The n-grams.
  public let model: NGramModel

  /// The length of the longest n-grams.
  public var order: Int { model.order }

  /// Counts the n-grams of a range of a text; tokens that the vocabulary does not contain are skipped.
  ///
  /// - Complexity: O(n) for n tokens.
  public init(_ corpus: Corpus, _ range: Range<Int>, order: Int) {
    model = NGramModel(
      corpus.knownIDs(in: range.suffix(NGramModel.maximumTokens)),
      vocabulary: corpus.vocabulary.count, order: order)
  }

  /// Returns the model of the best order, chosen by its loss on the last tenth of `range` and then counted on all of it.
  public static func best(_ corpus: Corpus, _ range: Range<Int>) -> KneserNey {
    let part = range.suffix(NGramModel.maximumTokens)
    let cut = part.upperBound - part.count / 10
    var best = (order: 1, nats: Double.infinity)
    for order in 1...NGramModel.maximumOrder {
      let model = KneserNey(corpus, part.lowerBound..<cut, order: order)
      let nats = model.loss(corpus, cut..<part.upperBound).nats
      guard nats < best.nats else { break }
      best = (order, nats)
    }
    return KneserNey(corpus, part, order: best.order)
  }

  /// Computes the loss of all but the first token of a range.
  public func loss(_ corpus: Corpus, _ range: Range<Int>) -> Evaluator.Loss {
    var loss = Evaluator.Loss(nats: 0, tokens: -1)
    var context = model.makeContext()
    corpus.forEachKnownID(in: range) { id in
      if loss.tokens >= 0 {
        loss.nats -= naturalLogarithm(model.probability(of: id, after: context))
      }
      loss.tokens += 1
      model.advance(&context, by: id)
    }
    loss.unknown = range.count - loss.tokens - 1
    loss.tokens = max(0, loss.tokens)
    return loss
  }
}
