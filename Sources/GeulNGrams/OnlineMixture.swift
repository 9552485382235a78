public import GeulCompute

/// A mixture of a network that adapts to a text with n-grams of that text, whose weights are learned while it is read.
///
/// The mixture is log-linear: with the inputs p_k and their weights w_k,
///
///     p(v) = exp(sum over k of w_k ln p_k(v)) / Z.
///
/// The inputs are the networks' distributions, which the caller computes, and those of
///
/// - the n-grams of the training text,
/// - the same n-grams with counts that the text read so far updates,
/// - the n-grams of the text read so far alone.
///
/// The first two are left out for a model without n-grams. After each token y the weights take a step of gradient ascent on
/// ln p(y):
///
///     w_k += eta (ln p_k(y) - sum over v of p(v) ln p_k(v)).
///
/// A network before its adaptation, or n-grams without the text, can get a negative weight: the mixture then extrapolates what
/// the adaptation changed. Predictions depend only on the tokens read and have the same bits on every machine.
///
/// Source: Mahoney 2005 ("Adaptive weighing of context models for lossless data compression") mixes binary predictions
/// in this way.
public struct OnlineMixture: Sendable {
  private let kernels: Kernels
  /// The n-grams of the training text, and the position in them.
  private var trained: Trained?
  /// The n-grams with updated counts.
  private var updated: [OnlineNGramModel]
  /// The weights w_k.
  package private(set) var weights: [Double]
  /// ln p_k relative to the largest for a network, `[k][v]`.
  private var inputs: [[Float]]
  /// The probabilities of the mixture relative to the largest, `[v]`.
  private var probabilities: [Double]
  /// Their sum; 0 if the next token is not predicted yet.
  private var sum = 0.0
  private var scratch: [Double]
  /// The number of tokens with a prediction.
  private var count = 0

  /// N-grams whose counts stay as they are.
  private struct Trained {
    let model: NGramModel
    var context: NGramModel.Context

    mutating func read(_ id: Int32) { model.advance(&context, by: id) }
  }

  /// The smallest ln p_k, so that no token changes the weights by much.
  private static let smallestLogarithm: Float = -40

  /// The highest order of the n-grams of the text read so far.
  private static let order = 8

  /// Creates a mixture at the beginning of a text.
  ///
  /// - Parameters:
  ///   - ngrams: The n-grams of the training text; nil for none.
  ///   - vocabulary: The number of tokens in the vocabulary.
  ///   - kernels: The kernels.
  public init(_ ngrams: NGramModel?, vocabulary: Int, kernels: Kernels) {
    self.kernels = kernels
    trained = ngrams.map { Trained(model: $0, context: $0.makeContext()) }
    updated = ngrams.map { [OnlineNGramModel($0)] } ?? []
    updated.append(OnlineNGramModel(vocabulary: vocabulary, order: Self.order))
    // Close to what texts of 40,000 characters arrive at.
    weights = ngrams == nil ? [0.5, 0.25, 0.2] : [0.45, 0.15, -0.2, 0.55, 0.05]
    inputs = weights.map { _ in [Float](repeating: 0, count: vocabulary) }
    probabilities = [Double](repeating: 0, count: vocabulary)
    scratch = probabilities
  }

  /// Predicts the next token.
  ///
  /// - Parameters:
  ///   - adapted: The logits of the network that adapts, `[v]`.
  ///   - fixed: The logits of the network before it adapted, `[v]`.
  /// - Returns: The logits of the mixture, `[v]`.
  public mutating func logits(adapted: [Float], fixed: [Float]) -> [Float] {
    setInput(0, adapted)
    setInput(1, fixed)
    var next = 2
    if let trained {
      trained.model.probabilities(after: trained.context, into: &scratch)
      setLogarithms(next)
      next += 1
    }
    for model in updated {
      model.probabilities(into: &scratch)
      setLogarithms(next)
      next += 1
    }
    for id in scratch.indices { scratch[id] = 0 }
    for (weight, input) in zip(weights, inputs) { Self.add(weight, input, to: &scratch) }
    let logits = scratch.map { Float($0) }
    sum = kernels.relativeProbabilities(logits, into: &probabilities)
    return logits
  }

  private static func add(_ weight: Double, _ input: [Float], to sums: inout [Double]) {
    for id in sums.indices { sums[id] += weight * Double(input[id]) }
  }

  /// Sets an input to a network's logits.
  private mutating func setInput(_ index: Int, _ logits: [Float]) {
    inputs[index] = logits
    let largest = logits.max() ?? 0
    Self.shift(&inputs[index], by: largest)
  }

  /// Sets an input to the logarithms of `scratch`.
  private mutating func setLogarithms(_ index: Int) {
    kernels.logarithms(scratch, into: &inputs[index])
    Self.shift(&inputs[index], by: 0)
  }

  /// Subtracts the largest logarithm, and limits the others: they are finite even if the network's logits are not.
  private static func shift(_ logarithms: inout [Float], by largest: Float) {
    for id in logarithms.indices {
      let value = logarithms[id] - largest
      logarithms[id] = value > smallestLogarithm ? value : smallestLogarithm
    }
  }

  /// Reads the token that follows, and updates the counts and, if `logits(adapted:fixed:)` predicted it, the weights.
  public mutating func read(_ id: Int32) {
    if sum > 0 { learn(id) }
    sum = 0
    trained?.read(id)
    for index in updated.indices { updated[index].read(id) }
  }

  private mutating func learn(_ id: Int32) {
    // Larger at first, because the initial weights are those of other texts.
    let rate = 0.0005 + 0.005 / (1 + 0.001 * Double(count))
    count += 1
    for (index, input) in inputs.enumerated() {
      var mean = 0.0
      for id in input.indices { mean += probabilities[id] * Double(input[id]) }
      weights[index] += rate * (Double(input[Int(id)]) - mean / sum)
    }
  }
}
