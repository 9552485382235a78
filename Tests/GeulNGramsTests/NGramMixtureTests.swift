import Foundation
import GeulCompute
import GeulNGrams
import TestSupport
import Testing

struct NGramMixtureTests {
  static let kernels = Kernels(InstructionSet.available.last ?? .portable)
  static let vocabulary = 12

  static func logits(_ count: Int, seed: UInt64) -> [[Float]] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in random.floats(vocabulary, 3) }
  }

  static func softmax(_ logits: [Float]) -> [Double] {
    let values = logits.map { exp(Double($0)) }
    return values.map { $0 / values.reduce(0, +) }
  }

  static func mixture(weight: Double) throws -> NGramMixture {
    let model = NGramModel(NGramModelTests.text(900), vocabulary: vocabulary, order: 4)
    let count = NGramMixture.weightShape(order: 4).reduce(1, *)
    return try #require(
      NGramMixture(model, networkWeights: [Double](repeating: weight, count: count)))
  }

  @Test func `the mixture is the weighted sum of both distributions`() throws {
    let mixture = try Self.mixture(weight: 0.25)
    var predictor = mixture.makePredictor(kernels: Self.kernels)
    var context = mixture.model.makeContext()
    for (id, logits) in zip(NGramModelTests.text(50, seed: 2), Self.logits(50, seed: 3)) {
      let mixed = predictor.probabilities(logits)
      for (token, network) in Self.softmax(logits).enumerated() {
        let expected =
          0.25 * network + 0.75 * mixture.model.probability(of: Int32(token), after: context)
        #expect(abs(mixed[token] - expected) < 1e-14)
        let nats = predictor.nats(of: Int32(token), logits: logits)
        #expect(nats == -naturalLogarithm(mixed[token]))
      }
      var replaced = logits
      predictor.mix(&replaced)
      // A logit of at most 8 is rounded to 24 bits.
      for (logit, probability) in zip(replaced, mixed) {
        #expect(abs(Double(logit) - naturalLogarithm(probability)) <= 8 * 0x1p-24)
      }
      predictor.read(id)
      mixture.model.advance(&context, by: id)
    }
  }

  @Test func `the mixture has the same bits with every instruction set`() throws {
    let mixture = try Self.mixture(weight: 0.5)
    let all = InstructionSet.available.map { set in
      var predictor = mixture.makePredictor(kernels: Kernels(set))
      return zip(NGramModelTests.text(50, seed: 2), Self.logits(50, seed: 3)).flatMap {
        predictor.read($0)
        return predictor.probabilities($1)
      }
    }
    for other in all { #expect(firstDifference(all[0], other) == nil) }
  }

  @Test(arguments: [Float.infinity, -Float.infinity, Float.nan])
  func `logits that are not finite count as a uniform distribution`(logit: Float) throws {
    var predictor = try Self.mixture(weight: 0.25).makePredictor(kernels: Self.kernels)
    let logits = [Float](repeating: logit, count: Self.vocabulary)
    let probabilities = predictor.probabilities(logits)
    #expect(probabilities.allSatisfy { $0 >= 0.25 / Double(Self.vocabulary) })
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-14)
    let nats = predictor.nats(of: 0, logits: logits)
    #expect(nats == -naturalLogarithm(probabilities[0]))
  }

  @Test func `a probability that underflows has a finite loss`() throws {
    var predictor = try Self.mixture(weight: 1).makePredictor(kernels: Self.kernels)
    var logits = [Float](repeating: 0, count: Self.vocabulary)
    logits[0] = 3000
    let nats = predictor.nats(of: 1, logits: logits)
    #expect(nats > 700 && nats < 710)
  }

  @Test func `weights outside of 0 to 1, or too few, are rejected`() throws {
    let mixture = try Self.mixture(weight: 1)
    var weights = mixture.networkWeights
    #expect(NGramMixture(mixture.model, networkWeights: Array(weights.dropLast())) == nil)
    weights[3] = 1.5
    #expect(NGramMixture(mixture.model, networkWeights: weights) == nil)
    weights[3] = .nan
    #expect(NGramMixture(mixture.model, networkWeights: weights) == nil)
  }

  /// A fit of weights to a text that is drawn from a mixture with a constant weight.
  struct Fitted {
    let mixture: NGramMixture
    /// The losses of the fitted mixture, of the network and of the n-grams on the text, in nats/token.
    let (loss, networkLoss, ngramLoss): (Double, Double, Double)

    init(weight: Double, tokens: Int) throws {
      let original = try NGramMixtureTests.mixture(weight: weight)
      let kernels = NGramMixtureTests.kernels
      var predictor = original.makePredictor(kernels: kernels)
      var context = original.model.makeContext()
      var fit = NGramMixture.Fit(original.model, kernels: kernels)
      var random = SeededGenerator(seed: 17)
      var nats = 0.0
      for logits in NGramMixtureTests.logits(tokens, seed: 5) {
        var rest = Double.random(in: 0..<1, using: &random)
        let drawn = predictor.probabilities(logits).firstIndex {
          rest -= $0
          return rest < 0
        }
        let id = Int32(drawn ?? 0)
        nats -= naturalLogarithm(original.model.probability(of: id, after: context))
        fit.add(id, logits: logits)
        predictor.read(id)
        original.model.advance(&context, by: id)
      }
      (mixture, loss) = fit.mixture(of: original.model)
      (networkLoss, ngramLoss) = (fit.networkLoss, nats / Double(max(1, tokens)))
    }
  }

  @Test func `the fit finds the weights of which a text was drawn`() throws {
    let means = try [0.2, 0.7, 0.9].map { weight in
      let weights = try Fitted(weight: weight, tokens: 20_000).mixture.networkWeights
      #expect(weights.allSatisfy { $0 > 0 && $0 < 1 })
      return weights.reduce(0, +) / Double(weights.count)
    }
    // The penalty moves the constant toward 0.7, and rare classes to the constant.
    #expect(0.15..<0.4 ~= means[0])
    #expect(0.63..<0.77 ~= means[1])
    #expect(0.75..<0.95 ~= means[2])
  }

  @Test func `a short text leaves the weights near 0.7, and no text at 0.7`() throws {
    let weights = try Fitted(weight: 0.3, tokens: 30).mixture.networkWeights
    #expect(
      weights.allSatisfy { 0.2..<0.8 ~= $0 }, "\(weights.min() ?? 0) to \(weights.max() ?? 0)")
    let none = try Fitted(weight: 0.3, tokens: 0).mixture.networkWeights
    // The favored constant is ln(0.7 / 0.3), rounded to 0.85.
    #expect(none.allSatisfy { abs($0 - 0.7) < 0.001 })
  }

  @Test func `the fitted mixture has a lower loss than the network and the n-grams alone`() throws {
    let fitted = try Fitted(weight: 0.5, tokens: 5000)
    #expect(fitted.loss < min(fitted.networkLoss, fitted.ngramLoss) - 0.1)
  }
}
