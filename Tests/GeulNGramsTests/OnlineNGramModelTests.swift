import GeulNGrams
import TestSupport
import Testing

struct OnlineNGramModelTests {
  static let vocabulary = 12

  static func probabilities(_ model: OnlineNGramModel) -> [Double] {
    var probabilities = [Double](repeating: .nan, count: vocabulary)
    model.probabilities(into: &probabilities)
    return probabilities
  }

  /// Modified Kneser-Ney smoothing by its definition: the probability of a token after a context, given texts to count.
  struct Definition {
    let texts: [[Int32]]
    let order: Int
    /// D(1), D(2) and D(3) by the length of the context.
    let discounts: [[Double]]

    func probability(of id: Int32, after context: ArraySlice<Int32>) -> Double {
      let shorter =
        context.isEmpty
        ? 1 / Double(vocabulary) : probability(of: id, after: context.dropFirst())
      let counts = (0..<Int32(vocabulary)).map { count(of: context + [$0]) }
      let total = counts.reduce(0, +)
      guard total > 0 else { return shorter }
      let discounts = discounts[context.count]
      func discount(_ count: Int) -> Double { count == 0 ? 0 : discounts[min(3, count) - 1] }
      let given = counts.map(discount).reduce(0, +)
      let own = max(0, Double(counts[Int(id)]) - discount(counts[Int(id)]))
      return (own + given * shorter) / Double(total)
    }

    private func count(of ngram: ArraySlice<Int32>) -> Int {
      var before: Set<Int32> = []
      var (occurrences, beginnings) = (0, 0)
      for text in texts {
        for start in text.indices where text[start...].starts(with: ngram) {
          occurrences += 1
          if start == 0 { beginnings += 1 } else { before.insert(text[start - 1]) }
        }
      }
      return ngram.count == order ? occurrences : before.count + beginnings
    }
  }

  @Test(arguments: [1, 2, 4], [0, 40])
  func `after each token the probabilities are those of the definition`(order: Int, trained: Int) {
    let base = NGramModel(
      NGramModelTests.text(trained), vocabulary: Self.vocabulary, order: order)
    var model =
      trained > 0
      ? OnlineNGramModel(base) : OnlineNGramModel(vocabulary: Self.vocabulary, order: order)
    let discounts =
      trained > 0
      ? base.storedDiscounts
      : Array(repeating: Array(OnlineNGramModel.typicalDiscounts.dropFirst()), count: order)
    let text = NGramModelTests.text(60, seed: 2)
    for count in 0...text.count {
      let definition = Definition(
        texts: [NGramModelTests.text(trained), Array(text[..<count])], order: order,
        discounts: discounts)
      let context = text[..<count].suffix(order - 1)
      for (id, probability) in Self.probabilities(model).enumerated() {
        let expected = definition.probability(of: Int32(id), after: context)
        #expect(abs(probability - expected) < 1e-14, "token \(id) after \(count)")
      }
      if count < text.count { model.read(text[count]) }
    }
  }

  @Test func `pruned n-grams and a limit of additions leave positive probabilities of the sum 1`()
    throws
  {
    let all = NGramModel(NGramModelTests.text(900), vocabulary: Self.vocabulary, order: 5)
    let base = try #require(all.pruned(toBytes: all.byteCount / 4))
    for limit in [0, 1, 50, 10_000] {
      var model = OnlineNGramModel(base, maximumAdditions: limit)
      for id in NGramModelTests.text(300, seed: 2) {
        let probabilities = Self.probabilities(model)
        #expect(probabilities.allSatisfy { $0 > 0 })
        #expect(abs(probabilities.reduce(0, +) - 1) < 1e-13)
        model.read(id)
      }
    }
  }

  @Test func `damaged counts do not trap`() throws {
    let base = NGramModel(NGramModelTests.text(300), vocabulary: Self.vocabulary, order: 3)
    var random = SeededGenerator(seed: 9)
    for _ in 0..<300 {
      var bytes = base.bytes
      bytes[Int.random(in: bytes.indices, using: &random)] = .random(
        in: .min ... .max, using: &random)
      guard
        let damaged = NGramModel(
          bytes: bytes, vocabulary: Self.vocabulary, discounts: base.storedDiscounts)
      else { continue }
      var model = OnlineNGramModel(damaged)
      for id in NGramModelTests.text(60, seed: 2) { model.read(id) }
      #expect(Self.probabilities(model).allSatisfy { $0 >= 0 && $0.isFinite })
    }
  }
}
