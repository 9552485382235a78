internal import GeulGeneration
internal import PortableFoundation

/// The surprisal of the characters of a text, in bits.
package struct CharacterScores: Sendable {
  /// The score of a character.
  package enum Score: Sendable, Equatable {
    /// -log2 of the probability that the model gave to the character.
    case bits(Double)
    /// The character is the first one, which has no prediction without a label.
    case unpredicted
    /// The character is not in the vocabulary and was skipped.
    case skipped
  }

  private var scores: [Score] = []
  /// The sum of the bits, and the number of characters with bits, of the first characters.
  private var sums: [(bits: Double, count: Int)] = [(0, 0)]

  /// Creates the scores of an empty text.
  init() {}

  /// The number of characters with a score.
  package var count: Int { scores.count }

  /// Returns the score of a character; nil if it was not read.
  package subscript(_ index: Int) -> Score? { scores.indices.contains(index) ? scores[index] : nil }

  /// The mean in bits/char; nil if no character has a prediction.
  package var mean: Double? {
    guard let last = sums.last, last.count > 0 else { return nil }
    return last.bits / Double(last.count)
  }

  /// Keeps the scores of the first characters.
  mutating func truncate(to count: Int) {
    guard count < scores.count else { return }
    scores.removeLast(scores.count - count)
    sums.removeLast(sums.count - 1 - count)
  }

  /// Adds the scores of a range of characters from those of their tokens.
  mutating func append(_ tokens: [TokenScore], tokenCounts: [Int], at range: Range<Int>) {
    var rest = tokens[...]
    for (index, count) in zip(range, tokenCounts) {
      let own = rest.prefix(count)
      rest = rest.dropFirst(count)
      // States are less dense than characters, so that some are read again.
      guard index == scores.count, let sum = sums.last else { continue }
      let nats = own.compactMap(\.logProbability)
      let bits = -nats.reduce(0, +) / M_LN2
      scores.append(count == 0 ? .skipped : nats.count < count ? .unpredicted : .bits(bits))
      sums.append(nats.count == count && count > 0 ? (sum.bits + bits, sum.count + 1) : sum)
    }
  }
}
