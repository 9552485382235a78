public import GeulCompute
public import GeulModel
internal import PortableFoundation

/// The influence of preceding tokens on a model's predictions, measured on a text in two ways: by
/// gradients through time and by the loss with a limited context.
public struct ContextSensitivity: Sendable {
  /// The norms of d loss_t / d h_{t-k} of the top layer for k = 0, 1, 2, ..., averaged over positions.
  ///
  /// The average is the geometric mean, because gradients at different positions differ by orders of magnitude: the
  /// largest would dominate an arithmetic mean.
  public let hiddenStateGradientNorms: [Double]
  /// The norms of d loss_t / d c_{t-k}, averaged in the same way; empty for cells without cell state.
  public let cellStateGradientNorms: [Double]
  /// The loss with a limited context, by ascending context length.
  public let losses: [Loss]
  /// The number of positions at which the losses were measured, the same for all context lengths.
  public let positionCount: Int

  /// The mean loss with a limited context.
  public struct Loss: Sendable, Equatable {
    /// The number of preceding tokens that the model reads.
    public let contextLength: Int
    /// The mean cross-entropy in nats/token.
    public let nats: Double
    /// The standard error of the mean in nats/token.
    public let standardError: Double

    init(contextLength: Int, _ losses: [Double]) {
      self.contextLength = contextLength
      let count = Double(max(1, losses.count))
      let mean = losses.reduce(0, +) / count
      nats = mean
      let squares = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardError = (squares / max(1, count - 1) / count).squareRoot()
    }
  }

  /// The context lengths to measure, in tokens.
  public static let contextLengths = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

  /// Measures a model on a text.
  ///
  /// Context lengths that exceed half of the text are left out.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokens: The text as token ids of the model's vocabulary, at least two.
  ///   - maximumDistance: The number of steps to backpropagate.
  ///   - gradientPositionCount: The number of evenly spaced positions at which gradients are measured.
  ///   - lossPositionCount: The number of evenly spaced positions at which losses are measured.
  ///   - context: The kernels and threads that compute the losses.
  public init(
    _ model: Model, _ tokens: [Int32], maximumDistance: Int = 200, gradientPositionCount: Int = 48,
    lossPositionCount: Int = 1024, context: ComputeContext
  ) {
    let network = InstrumentedNetwork(model)
    let distance = max(0, min(maximumDistance, tokens.count - 2))
    var gradients = evenlySpaced(gradientPositionCount, in: distance..<tokens.count - 1).map {
      end in
      (
        tokens: tokens[(end - distance)...(end + 1)].map(Int.init),
        norms: InstrumentedNetwork.GradientNorms()
      )
    }
    context.pool.forEach(&gradients) { $0.norms = network.gradientNorms($0.tokens) }
    hiddenStateGradientNorms = Self.geometricMeans(gradients.map(\.norms.hiddenState))
    cellStateGradientNorms = Self.geometricMeans(gradients.map(\.norms.cellState))
    let evaluator = ContextEvaluator(model, context: context)
    let maximum = Self.contextLengths.last { $0 < tokens.count / 2 } ?? 1
    let measurements = Self.contextLengths.filter { $0 <= maximum }.map { contextLength in
      let losses = evaluator.losses(
        tokens, contextLength: contextLength, maximumContextLength: maximum,
        positionCount: lossPositionCount)
      return (contextLength: contextLength, losses: losses)
    }
    losses = measurements.map { Loss(contextLength: $0.contextLength, $0.losses) }
    positionCount = measurements.first?.losses.count ?? 0
  }

  /// Returns the geometric mean at each distance; norms below float32's range count as 1e-38.
  private static func geometricMeans(_ norms: [[Double]]) -> [Double] {
    (norms.first ?? []).indices.map { distance in
      exp(norms.reduce(0) { $0 + log(max($1[distance], 1e-38)) } / Double(norms.count))
    }
  }

  /// Returns the smallest distance at and beyond which all norms are less than 1 / `factor` of the
  /// norm at distance 0.
  ///
  /// - Returns: The distance in steps; nil if the last norm is not less, or is NaN.
  public static func distance(ofDecayBy factor: Double, in norms: [Double]) -> Int? {
    let limit = (norms.first ?? 0) / factor
    let last = norms.lastIndex { !($0 < limit) } ?? 0
    return last + 1 < norms.count ? last + 1 : nil
  }
}
