import Foundation
import GeulCompute
import GeulNGrams
import TestSupport
import Testing

struct OnlineMixtureTests {
  static let vocabulary = NGramMixtureTests.vocabulary

  static func mixture(
    hasNGrams: Bool = true, _ kernels: Kernels = NGramMixtureTests.kernels
  ) -> OnlineMixture {
    let model = NGramModel(NGramModelTests.text(900), vocabulary: vocabulary, order: 4)
    return OnlineMixture(hasNGrams ? model : nil, vocabulary: vocabulary, kernels: kernels)
  }

  /// The loss of each token, for networks that both know nothing.
  static func losses(_ mixture: OnlineMixture, _ text: [Int32]) -> [Double] {
    var mixture = mixture
    let uniform = [Float](repeating: 0, count: vocabulary)
    return text.map { id in
      let logits = mixture.logits(adapted: uniform, fixed: uniform)
      mixture.read(id)
      return -log(NGramMixtureTests.softmax(logits)[Int(id)])
    }
  }

  @Test(arguments: [false, true])
  func `a step of the weights is that of the gradient`(hasNGrams: Bool) {
    var mixture = Self.mixture(hasNGrams: hasNGrams)
    let networks = NGramMixtureTests.logits(60, seed: 3)
    for (count, id) in NGramModelTests.text(30, seed: 2).enumerated() {
      let inputs = [networks[2 * count], networks[2 * count + 1]]
      let before = mixture.weights
      let logits = mixture.logits(adapted: inputs[0], fixed: inputs[1])
      mixture.read(id)
      // A central difference of ln p(y) with respect to the weight of each network. Its error is of the order of h^2 and of
      // the rounding of a logit, 1e-6, over h.
      let h = 1e-2
      for (index, input) in inputs.enumerated() {
        func logarithm(_ h: Double) -> Double {
          let changed = zip(logits, input).map { Float(Double($0) + h * Double($1)) }
          return log(NGramMixtureTests.softmax(changed)[Int(id)])
        }
        let gradient = (logarithm(h) - logarithm(-h)) / (2 * h)
        let rate = 0.0005 + 0.005 / (1 + 0.001 * Double(count))
        #expect(abs((mixture.weights[index] - before[index]) / rate - gradient) < 2e-3)
      }
    }
  }

  @Test func `the mixture learns the text that it reads`() {
    let text = NGramModelTests.text(2000, seed: 7)
    for hasNGrams in [false, true] {
      let losses = Self.losses(Self.mixture(hasNGrams: hasNGrams), text)
      let (first, last) = (losses[..<500].reduce(0, +) / 500, losses[1500...].reduce(0, +) / 500)
      #expect(last < 0.8 * first)
    }
  }

  @Test func `a network that predicts well gets a larger weight than one that does not`() {
    var mixture = Self.mixture(hasNGrams: false)
    var random = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      let id = Int32.random(in: 0..<Int32(Self.vocabulary), using: &random)
      var good = [Float](repeating: 0, count: Self.vocabulary)
      good[Int(id)] = 4
      _ = mixture.logits(adapted: good, fixed: random.floats(Self.vocabulary, 3))
      mixture.read(id)
    }
    #expect(mixture.weights[0] > 0.9)
    #expect(mixture.weights[1] < 0.2)
  }

  @Test func `predictions have the same bits with every instruction set`() {
    let networks = NGramMixtureTests.logits(400, seed: 3)
    let all = InstructionSet.available.map { set in
      var mixture = Self.mixture(Kernels(set))
      return NGramModelTests.text(200, seed: 2).enumerated().flatMap { index, id in
        let logits = mixture.logits(adapted: networks[2 * index], fixed: networks[2 * index + 1])
        mixture.read(id)
        return logits
      }
    }
    for logits in all { #expect(firstDifference(logits, all[0]) == nil) }
  }

  @Test(arguments: [.infinity, -.infinity, .nan, 3e38] as [Float])
  func `logits that overflow leave finite predictions`(value: Float) {
    var mixture = Self.mixture()
    for (index, id) in NGramModelTests.text(100, seed: 2).enumerated() {
      var logits = [Float](repeating: 0, count: Self.vocabulary)
      logits[index % Self.vocabulary] = value
      let mixed = mixture.logits(
        adapted: logits, fixed: [Float](repeating: value, count: Self.vocabulary))
      #expect(mixed.allSatisfy { $0.isFinite })
      mixture.read(id)
    }
    #expect(mixture.weights.allSatisfy { $0.isFinite })
  }
}
