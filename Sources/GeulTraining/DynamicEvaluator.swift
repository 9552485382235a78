public import GeulCompute
public import GeulModel
public import GeulNGrams

/// Dynamic evaluation: a model that predicts a text token by token and can adapt to what it has read.
///
/// Its predictions depend only on the tokens it has read and have the same bits for any number of threads and each
/// instruction set: a decoder that reads the same tokens can decode what was encoded with it.
///
/// Sources: Mikolov et al. 2010; Krause et al. 2018.
public struct DynamicEvaluator: ~Copyable {
  private let context: ComputeContext
  private var reader: TokenReader
  private var adapter: Adapter?
  /// The mixture with n-grams, with weights that training fitted.
  private var predictor: NGramMixture.Predictor?
  /// The mixture with n-grams of the text and with the network before its adaptation, with weights learned online.
  private var online: (mixture: OnlineMixture, fixed: TokenReader)?
  /// The logits of the next token, `[v]`; nil if they are not computed yet.
  private var prediction: [Float]?

  /// The hyperparameters of the adaptation.
  public struct Configuration: Codable, Sendable, Equatable {
    /// Indicates whether the network is mixed online with n-grams of the text and with itself before its adaptation; see
    /// `OnlineMixture`.
    public let isMixed: Bool
    /// AdamW's learning rate.
    public var rate: Float
    /// The number of tokens between two updates.
    public var length: Int
    /// The decay rate of the second moment.
    public var beta2: Float = 0.999
    /// The decay rate toward the initial parameters in each update.
    public var decay: Float = 0.001
    /// AdamW's epsilon relative to the root mean square of all gradients.
    ///
    /// It slows down the parameters of rare tokens. Source: Krause et al. 2018.
    public var epsilon: Float

    /// The defaults.
    ///
    /// - Parameter isMixed: Whether the network is mixed online; it can then adapt faster.
    public init(isMixed: Bool = true) {
      self.isMixed = isMixed
      (rate, length, epsilon) = isMixed ? (0.0016, 32, 0.05) : (0.0008, 64, 0)
    }

    /// Indicates whether each field is in its range.
    package var isValid: Bool {
      1e-8...1 ~= rate && 1...4096 ~= length && 0...1 ~= decay && 0...1 ~= epsilon && beta2 >= 0
        && beta2 < 1
    }
  }

  /// Creates an evaluator in a zero state.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - parameters: Its parameters.
  ///   - ngrams: The n-grams that are mixed with the network; nil for a network alone.
  ///   - adaptation: The configuration of the adaptation; nil for a model that does not adapt.
  ///   - context: The kernels and threads.
  public init(
    _ network: Network, parameters: ParameterStorage, ngrams: NGramMixture? = nil,
    adaptation: Configuration?, context: ComputeContext
  ) {
    self.context = context
    reader = TokenReader(network, parameters, backward: adaptation != nil, context)
    adapter = adaptation.map { Adapter($0, network, parameters, threads: context.pool.count) }
    if let adaptation, adaptation.isMixed {
      let mixture = OnlineMixture(
        ngrams?.model, vocabulary: network.vocabulary, kernels: context.kernels)
      online = (mixture, TokenReader(network, parameters, backward: false, context))
    } else {
      predictor = ngrams?.makePredictor(kernels: context.kernels)
    }
  }

  /// Returns the logits of the network or of the online mixture, `[v]`; nil before the first token is read.
  private mutating func logits() -> [Float]? {
    guard prediction == nil, let adapted = reader.logits else { return prediction }
    prediction = adapted
    if let fixed = online?.fixed.logits {
      prediction = online?.mixture.logits(adapted: adapted, fixed: fixed)
    }
    return prediction
  }

  /// Returns the probability of each token to come next relative to the most likely one's, `[v]`; nil before the first token is
  /// read.
  package mutating func relativeProbabilities() -> [Double]? {
    guard let logits = logits() else { return nil }
    guard let probabilities = predictor?.probabilities(logits) else {
      var values = [Double](repeating: 0, count: logits.count)
      _ = context.kernels.relativeProbabilities(logits, into: &values)
      return values
    }
    let largest = probabilities.max() ?? 1
    return probabilities.map { $0 / largest }
  }

  /// Returns the loss of a token that comes next, in nats; nil before the first token is read.
  public mutating func nats(of id: Int32) -> Double? {
    guard let logits = logits() else { return nil }
    if let nats = predictor?.nats(of: id, logits: logits) { return nats }
    var values = [Double](repeating: 0, count: logits.count)
    let sum = context.kernels.relativeProbabilities(logits, into: &values)
    return Kernels.nats(of: id, logits, sum: sum)
  }

  /// Reads the next token, and adapts after every `length` tokens.
  public mutating func read(_ id: Int32) {
    // The weights learn from a prediction, whether the caller asked for it or not.
    if online != nil { _ = logits() }
    prediction = nil
    online?.mixture.read(id)
    online?.fixed.read(id, context)
    adapter?.read(id, reader.weights, context)
    predictor?.read(id)
    reader.read(id, context)
  }
}

/// A network that reads token by token.
private struct TokenReader {
  let weights: PackedNetwork
  private let shard: BatchShard
  private var output: [[Float]] = [[]]

  init(
    _ network: Network, _ parameters: ParameterStorage, backward: Bool, _ context: ComputeContext
  ) {
    weights = PackedNetwork(
      network, parameters: parameters, precision: .float32, backward: backward, context: context)
    shard = BatchShard(
      network, firstRow: 0, rows: 1, length: 1, precision: .float32, dropout: false,
      backward: false)
  }

  /// The logits of the next token, `[v]`; nil before the first token is read.
  var logits: [Float]? { output[0].isEmpty ? nil : output[0] }

  mutating func read(_ id: Int32, _ context: ComputeContext) {
    // A copy of the reference: Swift 6.3.1 crashes on `self.shard.tokens[0]` with -sanitize=thread.
    let shard = shard
    shard.tokens[0] = id
    shard.step(weights, context, logits: &output)
  }
}

/// The training of a dynamic evaluator: one update for each window of tokens.
private struct Adapter {
  private let configuration: DynamicEvaluator.Configuration
  private let initial: ParameterStorage
  private let shard: BatchShard
  private var optimizer: Optimizer
  private var gradients: ParameterStorage
  private var backwardWorkspace: BackwardWorkspace
  private var gradientWorkspaces: [GradientWorkspace]
  /// The running mean of the gradient's squared norm, with the decay rate `beta2`, and that rate to the power of the updates.
  private var squaredNorm = (mean: 0.0, remainder: 1.0)
  /// The tokens since the last update, and the one before them.
  private var recent: [Int32] = []

  init(
    _ configuration: DynamicEvaluator.Configuration, _ network: Network,
    _ parameters: ParameterStorage, threads: Int
  ) {
    self.configuration = configuration
    initial = parameters
    shard = BatchShard(
      network, firstRow: 0, rows: 1, length: configuration.length, precision: .float32,
      dropout: false, backward: true)
    var rule = Optimizer.Configuration()
    (rule.kind, rule.beta1, rule.beta2) = (.adamw, 0, configuration.beta2)
    optimizer = Optimizer(rule, for: network)
    gradients = ParameterStorage(network.layout)
    backwardWorkspace = shard.makeBackwardWorkspace()
    gradientWorkspaces = (0..<threads).map { _ in GradientWorkspace() }
  }

  mutating func read(_ id: Int32, _ weights: PackedNetwork, _ context: ComputeContext) {
    recent.append(id)
    guard recent.count > configuration.length else { return }
    shard.setTokens(row: 0, recent)
    shard.forward(weights, context.kernels, scale: 1 / Float(configuration.length))
    shard.backward(weights, context.kernels, workspace: &backwardWorkspace)
    gradients.values.clear()
    weights.network.addGradients(
      of: [shard], to: &gradients, workspaces: &gradientWorkspaces, context: context)
    shard.carryState()
    let epsilon = epsilon(context)
    weights.update(context) { parameters in
      optimizer.step(
        &parameters, gradients: &gradients, learningRate: configuration.rate, epsilon: epsilon,
        context: context)
      context.axpby(configuration.decay, initial, 1 - configuration.decay, &parameters)
    }
    recent.removeFirst(configuration.length)
  }

  /// Returns AdamW's epsilon: `configuration.epsilon` times the root of the mean over all parameters of the second moment.
  ///
  /// That mean is the same running mean of the gradient's squared norm, divided by the number of parameters.
  private mutating func epsilon(_ context: ComputeContext) -> Float {
    let smallest = Optimizer.defaultEpsilon
    guard configuration.epsilon > 0 else { return smallest }
    let norm = context.norm(gradients)
    let beta = Double(configuration.beta2)
    squaredNorm.mean = beta * squaredNorm.mean + (1 - beta) * norm * norm
    squaredNorm.remainder *= beta
    let unbiased = squaredNorm.mean / (1 - squaredNorm.remainder)
    let root = (unbiased / Double(gradients.values.count)).squareRoot()
    return root.isFinite ? max(smallest, configuration.epsilon * Float(root)) : smallest
  }
}
