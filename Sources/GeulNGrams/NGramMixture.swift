public import GeulCompute

/// A mixture of the probabilities of a network and of n-grams: linear interpolation.
///
///     p(w) = lambda softmax(z)(w) + (1 - lambda) q(w)
///
/// with the logits z of the network and the probabilities q of the n-grams. The weight lambda of the network depends on the
/// length of the longest context that the n-grams contain, on its count, and on the entropy of the network's distribution;
/// `NGramMixture.Fit` finds it.
///
/// ```swift
/// var predictor = mixture.makePredictor(kernels: context.kernels)
/// for id in prompt { predictor.read(id) }
/// let probabilities = predictor.probabilities(logits)
/// ```
public struct NGramMixture: Sendable, Equatable {
  /// The n-grams.
  public let model: NGramModel
  /// The weights lambda of the network, of the shape `weightShape(order:)`.
  public let networkWeights: [Double]

  /// The shape of `networkWeights`: the classes of the context's length, of its count and of the entropy.
  public static func weightShape(order: Int) -> [Int] {
    [order, Classes.counts, Classes.entropyLimits.count + 1]
  }

  /// Creates a mixture.
  ///
  /// - Returns: Nil if there is not a weight from 0 to 1 for each class.
  public init?(_ model: NGramModel, networkWeights: [Double]) {
    guard networkWeights.count == Self.weightShape(order: model.order).reduce(1, *),
      networkWeights.allSatisfy({ 0...1 ~= $0 })
    else { return nil }
    self.init(model, networkWeights)
  }

  init(_ model: NGramModel, _ networkWeights: [Double]) {
    self.model = model
    self.networkWeights = networkWeights
  }

  /// The features of a position on which the weight of the network depends.
  struct Classes: Sendable {
    /// The length of the longest context that the n-grams contain.
    let length: Int
    /// The class of its count: 0, 1; 2, 3; 4 to 7; 8 to 31; 32 to 127; more.
    let count: Int
    /// The class of the entropy.
    let entropy: Int

    static let counts = 6
    /// The entropies, in nats, that divide the classes.
    static let entropyLimits = [0.1, 0.3, 0.6, 1, 1.5, 2.2, 3]
    private static let entropies = entropyLimits.count + 1

    init(_ match: (length: Int, count: Int), entropy: Double) {
      length = match.length
      count =
        switch match.count {
        case ..<2: 0
        case ..<4: 1
        case ..<8: 2
        case ..<32: 3
        case ..<128: 4
        default: 5
        }
      self.entropy = Self.entropyLimits.firstIndex { entropy < $0 } ?? Self.entropyLimits.count
    }

    private init(length: Int, count: Int, entropy: Int) {
      (self.length, self.count, self.entropy) = (length, count, entropy)
    }

    /// The index of the weight.
    var index: Int { (length * Self.counts + count) * Self.entropies + entropy }

    /// The number of terms of which the weight is a function.
    static func termCount(order: Int) -> Int { entropies + counts + order }

    /// The indices of the terms of these classes.
    var terms: [Int] { [entropy, Self.entropies + count, Self.entropies + Self.counts + length] }

    /// All classes in the order of their indices.
    static func all(order: Int) -> [Classes] {
      (0..<order * counts * entropies).map {
        Classes(
          length: $0 / entropies / counts, count: $0 / entropies % counts, entropy: $0 % entropies)
      }
    }
  }

  /// Returns a predictor at the beginning of a text.
  public func makePredictor(kernels: Kernels) -> Predictor { Predictor(self, kernels) }

  /// The position of a text in the n-grams, and the mixture's predictions of its next token.
  public struct Predictor: Sendable {
    private let mixture: NGramMixture
    private let kernels: Kernels
    private var context: NGramModel.Context
    private var network: [Double]
    private var mixed: [Double]

    fileprivate init(_ mixture: NGramMixture, _ kernels: Kernels) {
      self.mixture = mixture
      self.kernels = kernels
      context = mixture.model.makeContext()
      network = [Double](repeating: 0, count: mixture.model.vocabulary)
      mixed = network
    }

    /// Reads a token.
    public mutating func read(_ id: Int32) { mixture.model.advance(&context, by: id) }

    /// Returns the loss of a token that comes next, in nats, for the network's logits, `[v]`.
    public mutating func nats(of id: Int32, logits: [Float]) -> Double {
      losses(of: id, logits: logits).mixture
    }

    /// Returns the losses of a token that comes next, in nats, for the network's logits, `[v]`: that of the mixture, and that of
    /// the network alone.
    package mutating func losses(
      of id: Int32, logits: [Float]
    ) -> (mixture: Double, network: Double) {
      let (sum, weight) = predict(logits)
      let q = mixture.model.probability(of: id, after: context)
      let p = weight * (network[Int(id)] / sum) + (1 - weight) * q
      // A weight of 1 leaves a probability that may underflow.
      let nats = -naturalLogarithm(max(.leastNormalMagnitude, p))
      return (nats, Kernels.nats(of: id, logits, sum: sum))
    }

    /// Returns the probabilities of the next token, `[v]`, for the network's logits.
    public mutating func probabilities(_ logits: [Float]) -> [Double] {
      let (sum, weight) = predict(logits)
      mixture.model.probabilities(after: context, into: &mixed)
      for id in mixed.indices {
        mixed[id] = weight * (network[id] / sum) + (1 - weight) * mixed[id]
      }
      return mixed
    }

    /// Replaces the network's logits of the next token, `[v]`, by the logarithms of the mixture's probabilities.
    public mutating func mix(_ logits: inout [Float]) {
      _ = probabilities(logits)
      kernels.logarithms(mixed, into: &logits)
    }

    /// Computes the network's probabilities relative to the largest; returns their sum and the network's weight.
    private mutating func predict(_ logits: [Float]) -> (sum: Double, weight: Double) {
      let (sum, entropy) = NGramMixture.softmax(logits, kernels, into: &network)
      let classes = Classes(mixture.model.longestMatch(context), entropy: entropy)
      return (sum, mixture.networkWeights[classes.index])
    }
  }

  /// Computes the probabilities relative to the largest, `[v]`; returns their sum and the entropy, in nats.
  ///
  /// Finite parameters can have logits that are infinite or NaN. They count as a uniform distribution.
  static func softmax(
    _ logits: [Float], _ kernels: Kernels, into values: inout [Double]
  ) -> (sum: Double, entropy: Double) {
    let sum = kernels.relativeProbabilities(logits, into: &values)
    // H = -sum p ln p, with ln p = z - largest - ln sum. Not finite if the logits are not.
    let largest = Double(logits.max() ?? 0)
    var mean = 0.0
    for id in logits.indices { mean += values[id] * (Double(logits[id]) - largest) }
    let entropy = naturalLogarithm(sum) - (mean.isFinite ? mean / sum : 0)
    return (sum, entropy)
  }
}
