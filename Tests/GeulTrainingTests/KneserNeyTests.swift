import GeulCompute
import GeulNGrams
import GeulText
import GeulTraining
import TestSupport
import Testing

struct KneserNeyTests {
  static func corpus(_ text: String) throws -> Corpus { try Corpus.read([.text(text)]) }

  static func words(_ count: Int, seed: UInt64) -> String {
    var random = SeededGenerator(seed: seed)
    let words = ["lamp", "hen", "fog", "boat", "and", "the", "of", "sea", "light"]
    return (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
  }

  /// The definition, with n-grams counted in dictionaries (Chen and Goodman 1998, sections 2.7 and 3).
  struct Reference {
    let order: Int
    let vocabulary: Int
    var counts: [[[Int32]: Int]]
    var discounts: [[Double]]

    init(_ ids: [Int32], vocabulary: Int, order: Int) {
      self.order = order
      self.vocabulary = vocabulary
      var counts = Array(repeating: [[Int32]: Int](), count: order + 1)
      // An n-gram at the beginning of the text has no token before it; that counts as one more context.
      for n in 1...order {
        for end in n...max(n, ids.count) where end <= ids.count {
          let gram = Array(ids[end - n..<end])
          guard n < order else {
            counts[n][gram, default: 0] += 1
            continue
          }
          if counts[n][gram] == nil { counts[n][gram] = 0 }
        }
      }
      for n in 1..<max(2, order) where n < order {
        for gram in counts[n].keys {
          var before = Set(
            (n..<max(n, ids.count)).filter { end in
              Array(ids[(end - n + 1)...end]) == gram
            }.map { ids[$0 - n] })
          let starts = ids.prefix(n).elementsEqual(gram)
          if starts { before.insert(-2) }
          counts[n][gram] = before.count
        }
      }
      self.counts = counts
      discounts = counts.map { grams in
        let n = (0...4).map { c in Double(grams.values.count { $0 == c }) }
        let share = n[1] > 0 && n[2] > 0 ? n[1] / (n[1] + 2 * n[2]) : 0.5
        return [0]
          + (1...3).map { c in
            let discount = n[c] > 0 ? Double(c) - Double(c + 1) * share * n[c + 1] / n[c] : 0.5
            return max(0.01, min(Double(c), discount))
          }
      }
    }

    func probability(_ id: Int32, after context: ArraySlice<Int32>) -> Double {
      let lower =
        context.isEmpty ? 1 / Double(vocabulary) : probability(id, after: context.dropFirst())
      let n = context.count + 1
      let following = counts[n].filter { $0.key.dropLast().elementsEqual(context) }
      let total = following.values.reduce(0, +)
      guard total > 0 else { return lower }
      let d = discounts[n]
      let count = counts[n][context + [id]] ?? 0
      let kept = max(0, Double(count) - d[min(3, count)])
      let given = following.values.reduce(0) { $0 + d[min(3, $1)] }
      return (kept + given * lower) / Double(total)
    }
  }

  @Test(arguments: 1...5)
  func `the loss is that of the definition`(order: Int) throws {
    let corpus = try Self.corpus(Self.words(90, seed: 5))
    let ids = corpus.ids(0..<corpus.count)
    let cut = ids.count * 3 / 4
    let model = KneserNey(corpus, 0..<cut, order: order)
    let reference = Reference(Array(ids[..<cut]), vocabulary: corpus.vocabulary.count, order: order)
    let heldOut = ids[cut...]
    var nats = 0.0
    for index in heldOut.indices.dropFirst() {
      let context = ids[max(heldOut.startIndex, index - order + 1)..<index]
      nats -= naturalLogarithm(reference.probability(ids[index], after: context))
    }
    let loss = model.loss(corpus, cut..<corpus.count)
    #expect(loss.tokens == heldOut.count - 1)
    #expect(abs(loss.nats - nats) < 1e-9 * nats)
  }

  @Test
  func `longer contexts lower the loss of a text with structure, and the best order is found`()
    throws
  {
    let corpus = try Self.corpus(Self.words(3000, seed: 7))
    let (rest, heldOut) = (0..<corpus.count * 9 / 10, corpus.count * 9 / 10..<corpus.count)
    let nats = (1...4).map { KneserNey(corpus, rest, order: $0).loss(corpus, heldOut).natsPerToken }
    #expect(nats == nats.sorted(by: >))
    let best = KneserNey.best(corpus, rest)
    #expect(4...NGramModel.maximumOrder ~= best.order)
    #expect(best.loss(corpus, heldOut).natsPerToken <= nats[3] * 1.01)
  }

  @Test func `a token that was never seen has a probability, also after the smallest text`() throws
  {
    for text in ["aab", "aaaaaaaaab", "ab"] {
      let corpus = try Self.corpus(text)
      for order in 1...3 {
        let model = KneserNey(corpus, 0..<corpus.count - 1, order: order)
        let loss = model.loss(corpus, 0..<corpus.count)
        #expect(loss.tokens == corpus.count - 1 && loss.nats.isFinite && loss.nats > 0)
      }
    }
  }

  @Test func `tokens that the vocabulary does not contain are skipped and counted`() throws {
    let corpus = try Self.corpus("abcabcabcab")
    let options = CorpusOptions(vocabulary: corpus.vocabulary)
    let other = try Corpus.read([.text("ab?cab!")], options: options)
    let model = KneserNey(corpus, 0..<corpus.count, order: 2)
    let loss = model.loss(other, 0..<other.count)
    #expect(loss.tokens == 4 && loss.unknown == 2)
    let same = model.loss(try Corpus.read([.text("abcab")], options: options), 0..<5)
    #expect(loss.nats == same.nats)
  }
}
