public import GeulCompute
internal import PortableFoundation

extension NGramMixture {
  /// Fits the weights of a mixture to a text that neither the network nor the n-grams have seen: logistic regression.
  ///
  /// ln(lambda / (1 - lambda)) is the sum of a constant and of one term for each class of the context's length, of its count
  /// and of the entropy. The sum of the losses plus an L2 penalty on the terms is minimized, so that a short text leaves them
  /// near 0.
  ///
  /// ```swift
  /// var fit = NGramMixture.Fit(model, kernels: context.kernels)
  /// for (id, logits) in predictions { fit.add(id, logits: logits) }
  /// let mixture = fit.mixture(of: completeModel)
  /// ```
  public struct Fit: Sendable {
    private let model: NGramModel
    private let kernels: Kernels
    private var context: NGramModel.Context
    private var observations: [Observation] = []
    private var network: [Double]

    /// The probabilities of a token, and the classes of its context.
    private struct Observation {
      let network: Double
      let ngrams: Double
      let classes: Classes
    }

    /// The factor of half the squared terms: the L2 penalty.
    private static let penalty = 20.0
    /// The constant that the penalty favors, ln(0.7 / 0.3), and its factor for each token.
    ///
    /// The fitted text is part of a larger one that the network has learned, so that the network predicts it better than most other
    /// texts. The penalty keeps the weight of the n-grams from becoming too small for those.
    private static let favoredConstant = 0.85
    private static let constantPenalty = 0.03

    /// Creates a fit without observations.
    ///
    /// - Parameters:
    ///   - model: N-grams that were counted without the text that the weights are fitted to.
    ///   - kernels: The kernels.
    public init(_ model: NGramModel, kernels: Kernels) {
      self.model = model
      self.kernels = kernels
      context = model.makeContext()
      network = [Double](repeating: 0, count: model.vocabulary)
    }

    /// Reads a token as context only.
    public mutating func read(_ id: Int32) { model.advance(&context, by: id) }

    /// Adds a token as an observation, and reads it.
    ///
    /// - Parameters:
    ///   - id: The token.
    ///   - logits: The network's logits at its position, `[v]`.
    public mutating func add(_ id: Int32, logits: [Float]) {
      let (sum, entropy) = NGramMixture.softmax(logits, kernels, into: &network)
      let match = model.longestMatch(context)
      observations.append(
        Observation(
          network: network[Int(id)] / sum, ngrams: model.probability(of: id, after: context),
          classes: Classes(match, entropy: entropy)))
      model.advance(&context, by: id)
    }

    /// The mean loss of the network alone, in nats/token.
    public var networkLoss: Double {
      observations.reduce(0) { $0 - naturalLogarithm(max($1.network, .leastNormalMagnitude)) }
        / Double(max(1, observations.count))
    }

    /// Finds the weights.
    ///
    /// - Parameter complete: N-grams of the same order for the mixture, such as those of the whole text.
    /// - Returns: The mixture of `complete` with the weights, and the mean loss of the observations in nats/token, with the n-grams
    ///   that were counted without them.
    public func mixture(of complete: NGramModel) -> (mixture: NGramMixture, loss: Double) {
      precondition(complete.order == model.order, "the models must have the same order")
      // Newton's method with the outer products of the gradients in place of the second derivatives (Berndt, Hall, Hall and
      // Hausman 1974); a step that does not help is halved.
      var terms = [Double](repeating: 0, count: 1 + Classes.termCount(order: model.order))
      terms[0] = Self.favoredConstant
      var objective = self.objective(terms)
      for _ in 0..<(observations.isEmpty ? 0 : 30) {
        let direction = self.direction(terms)
        var scale = 1.0
        var (next, value) = (terms, objective)
        while scale > 1e-3 {
          next = zip(terms, direction).map { $0 + scale * $1 }
          value = self.objective(next)
          if value < objective { break }
          scale /= 2
        }
        guard value < objective - 1e-9 * abs(objective) else { break }
        (terms, objective) = (next, value)
      }
      let loss = meanLoss(terms)
      return (NGramMixture(complete, weights(terms)), loss)
    }

    /// Returns the weight lambda of some classes.
    private func sigmoid(_ terms: [Double], _ classes: Classes) -> Double {
      let sum = classes.terms.reduce(terms[0]) { $0 + terms[1 + $1] }
      // e^x for x <= 0 only, as the kernels compute it.
      var exponential = [0.0]
      _ = kernels.expShifted([Float(-abs(sum))], first: 1, shift: 0, into: &exponential)
      return (sum < 0 ? exponential[0] : 1) / (1 + exponential[0])
    }

    /// Returns the weights lambda of all classes, by `Classes.index`.
    private func weights(_ terms: [Double]) -> [Double] {
      Classes.all(order: model.order).map { sigmoid(terms, $0) }
    }

    /// Returns the sum of the losses with the penalties, in nats.
    private func objective(_ terms: [Double]) -> Double {
      let squares = terms.dropFirst().reduce(0) { $0 + $1 * $1 }
      let difference = terms[0] - Self.favoredConstant
      return Double(observations.count)
        * (meanLoss(terms) + Self.constantPenalty / 2 * difference * difference)
        + Self.penalty / 2 * squares
    }

    /// Returns the mean loss in nats/token.
    private func meanLoss(_ terms: [Double]) -> Double {
      let weights = weights(terms)
      let nats = observations.reduce(0.0) { sum, observation in
        let weight = weights[observation.classes.index]
        return sum
          - naturalLogarithm(
            weight * observation.network + (1 - weight) * observation.ngrams)
      }
      return nats / Double(max(1, observations.count))
    }

    /// Returns the step of Newton's method.
    private func direction(_ terms: [Double]) -> [Double] {
      let weights = weights(terms)
      var gradient = [Double](repeating: 0, count: terms.count)
      var products = SymmetricMatrix(size: terms.count)
      for observation in observations {
        let weight = weights[observation.classes.index]
        let mixed = weight * observation.network + (1 - weight) * observation.ngrams
        let slope = (observation.network - observation.ngrams) * weight * (1 - weight) / mixed
        let active = [0] + observation.classes.terms.map { $0 + 1 }
        for row in active {
          gradient[row] += slope
          for column in active where column <= row { products[row, column] += slope * slope }
        }
      }
      let curvature = Self.constantPenalty * Double(observations.count)
      gradient[0] -= curvature * (terms[0] - Self.favoredConstant)
      products[0, 0] += curvature
      for row in terms.indices.dropFirst() {
        gradient[row] -= Self.penalty * terms[row]
        products[row, row] += Self.penalty
      }
      return products.solve(gradient)
    }
  }
}

/// The lower half of a symmetric, positive definite matrix.
private struct SymmetricMatrix {
  private let size: Int
  private var values: [Double]

  init(size: Int) {
    self.size = size
    values = [Double](repeating: 0, count: size * size)
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  /// Returns the solution x of A x = b, by Cholesky's decomposition.
  func solve(_ b: [Double]) -> [Double] {
    var l = self
    for row in 0..<size {
      for column in 0...row {
        var sum = self[row, column]
        for k in 0..<column { sum -= l[row, k] * l[column, k] }
        l[row, column] = row == column ? sum.squareRoot() : sum / l[column, column]
      }
    }
    var x = b
    for row in 0..<size {
      for k in 0..<row { x[row] -= l[row, k] * x[k] }
      x[row] /= l[row, row]
    }
    for row in (0..<size).reversed() {
      for k in row + 1..<max(row + 1, size) { x[row] -= l[k, row] * x[k] }
      x[row] /= l[row, row]
    }
    return x
  }
}
