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
  private let network: Network
  private let context: ComputeContext
  private let weights: PackedNetwork
  /// Reads token by token.
  private let reader: BatchShard
  private var output: [[Float]] = [[]]
  private var adapter: Adapter?
  private var predictor: NGramMixture.Predictor?

  /// The hyperparameters of the adaptation.
  public struct Configuration: Codable, Sendable, Equatable {
    /// AdamW's learning rate.
    public var rate: Float = 0.0008
    /// The number of tokens between two updates.
    public var length = 64
    /// The decay rate of the second moment.
    public var beta2: Float = 0.999
    /// The decay rate toward the initial parameters in each update.
    public var decay: Float = 0.001

    /// The defaults.
    public init() {}

    /// Indicates whether each field is in its range.
    package var isValid: Bool {
      1e-8...1 ~= rate && 1...4096 ~= length && 0...1 ~= decay && beta2 >= 0 && beta2 < 1
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
    predictor = ngrams?.makePredictor(kernels: context.kernels)
    self.network = network
    self.context = context
    weights = PackedNetwork(
      network, parameters: parameters, precision: .float32, backward: adaptation != nil,
      context: context)
    reader = BatchShard(
      network, firstRow: 0, rows: 1, length: 1, precision: .float32, dropout: false,
      backward: false)
    adapter = adaptation.map { Adapter($0, network, parameters, threads: context.pool.count) }
  }

  /// The logits of the next token, `[v]`; empty before the first token is read.
  private var logits: [Float] { output[0] }

  /// Returns the probability of each token to come next relative to the most likely one's, `[v]`; nil before the first token is
  /// read.
  package mutating func relativeProbabilities() -> [Double]? {
    let logits = logits
    guard !logits.isEmpty else { return nil }
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
    let logits = logits
    guard let largest = logits.max() else { return nil }
    if let nats = predictor?.nats(of: id, logits: logits) { return nats }
    var values = [Double](repeating: 0, count: logits.count)
    let sum = context.kernels.relativeProbabilities(logits, into: &values)
    // Not e^(z - largest), which may be 0.
    let nats = naturalLogarithm(sum) + Double(largest) - Double(logits[Int(id)])
    return nats.isFinite ? nats : naturalLogarithm(sum)
  }

  /// Reads the next token, and adapts after every `length` tokens.
  public mutating func read(_ id: Int32) {
    adapter?.read(id, weights, context)
    predictor?.read(id)
    // A copy of the reference: Swift 6.3.1 crashes on `self.reader.tokens[0]` with -sanitize=thread.
    let reader = reader
    reader.tokens[0] = id
    reader.step(weights, context, logits: &output)
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
    weights.update(context) { parameters in
      optimizer.step(
        &parameters, gradients: &gradients, learningRate: configuration.rate, context: context)
      context.axpby(configuration.decay, initial, 1 - configuration.decay, &parameters)
    }
    recent.removeFirst(configuration.length)
  }
}
