public import GeulCompute
public import GeulModel
public import GeulText

/// Trains a network: one call of `step` reads one batch and updates the parameters once.
///
/// The result of a step depends only on the state, the configuration and the text: not on the number of threads, and in
/// float32 not on the instruction set.
///
/// ```swift
/// var trainer = Trainer(configuration, vocabulary: v, tokenCount: corpus.count, context: context)
/// for _ in 0..<100 { print(trainer.step(corpus, of: 100).nats) }
/// ```
public struct Trainer: ~Copyable {
  /// The configuration.
  public let configuration: TrainingConfiguration
  /// The kernels and threads.
  public let context: ComputeContext
  /// The parameters.
  public let weights: PackedNetwork
  private var average: ExponentialMovingAverage
  /// The position in the text.
  public private(set) var batcher: SequenceBatcher
  /// The factor of the scheduled learning rate: halved when the loss diverges.
  public var learningRateScale: Float = 1
  /// A function that changes the gradients of a step before the update; it takes the number of completed steps.
  package typealias GradientHook = @Sendable (Int, inout ParameterStorage) -> Void
  /// For tests: see `GradientHook`.
  package var gradientHook: GradientHook?
  /// The time that all steps so far have spent in each phase.
  public private(set) var timings = StepTimings()

  private var optimizer: Optimizer
  private let communicator: any Communicator
  private var gradients: ParameterStorage
  private let shards: [BatchShard]
  private let subBatches: SubBatches
  private var backwardWorkspaces: [BackwardWorkspace]
  private var gradientWorkspaces: [GradientWorkspace]

  /// The measurements of one step.
  public struct StepMetrics: Sendable {
    /// The mean cross-entropy of the window before the update, in nats/token.
    public let nats: Double
    /// The global norm of the gradient before clipping.
    public let gradientNorm: Double
    /// The learning rate.
    public let learningRate: Float
    /// Indicates whether loss and gradient are finite; if not, the parameters did not change.
    public var isFinite: Bool { nats.isFinite && gradientNorm.isFinite }
  }

  /// Creates a trainer with new parameters for a text of which the first `tokenCount` tokens are for training.
  ///
  /// - Precondition: Batch size and sequence length fit the text; see `SequenceBatcher.fit`.
  public init(
    _ configuration: TrainingConfiguration, vocabulary: Int, tokenCount: Int,
    context: ComputeContext, communicator: any Communicator = LocalCommunicator()
  ) {
    self.init(
      configuration,
      state: TrainerState(configuration, vocabulary: vocabulary, tokenCount: tokenCount),
      vocabulary: vocabulary, context: context, communicator: communicator)
  }

  /// Creates a trainer that continues from `state`.
  public init(
    _ configuration: TrainingConfiguration, state: TrainerState, vocabulary: Int,
    context: ComputeContext, communicator: any Communicator = LocalCommunicator()
  ) {
    let network = Network(configuration.architecture, vocabulary: vocabulary)
    self.configuration = configuration
    self.context = context
    self.communicator = communicator
    weights = PackedNetwork(
      network, parameters: state.parameters, precision: configuration.precision, backward: true,
      context: context)
    gradients = ParameterStorage(network.layout)
    optimizer = Optimizer(configuration.optimizer, for: network)
    average = ExponentialMovingAverage(
      decay: configuration.emaDecay, parameters: state.averagedParameters)
    batcher = state.batcher
    subBatches = SubBatches(batch: configuration.batch, length: configuration.length)
    let rows = communicator.rows(of: configuration.batch)
    shards = BatchShard.partition(batch: rows.count, threads: context.pool.count).map { part in
      BatchShard(
        network, firstRow: rows.lowerBound + part.lowerBound, rows: part.count,
        length: configuration.length, precision: configuration.precision,
        dropout: configuration.dropout > 0, backward: true)
    }
    // The first shard is the largest.
    backwardWorkspaces = (0..<min(context.pool.count, shards.count)).map { [shards] _ in
      shards[0].makeBackwardWorkspace()
    }
    gradientWorkspaces = (0..<context.pool.count).map { _ in GradientWorkspace() }
    optimizer.state = state.optimizer
    learningRateScale = state.learningRateScale
    restore(state.recurrent)
  }

  /// The exponential moving average of the parameters, which is validated and saved.
  public var averagedParameters: ParameterStorage { average.parameters }

  /// The number of completed steps.
  public var step: Int { optimizer.state.step }

  /// Reads the next window of a text and updates the parameters.
  ///
  /// - Parameters:
  ///   - corpus: The text.
  ///   - total: The number of steps of the run; nil while it is not known.
  /// - Returns: The measurements; if the loss is not finite, the state did not change.
  public mutating func step(_ corpus: Corpus, of total: Int?) -> StepMetrics {
    var stopwatch = Stopwatch()
    propagate(corpus)
    // Shards run forward and backward concurrently: their common time is divided in proportion to the measured times.
    let both = stopwatch.lap()
    let forward = shards.reduce(0) { $0 + $1.seconds.forward }
    let fraction = forward / shards.reduce(forward) { $0 + $1.seconds.backward }
    timings.forward += both * fraction
    timings.backward += both * (1 - fraction)
    gradients.values.clear()
    weights.network.addGradients(
      of: shards, subBatches: subBatches.all, to: &gradients, workspaces: &gradientWorkspaces,
      context: context)
    communicator.allReduceSum(&gradients.values)
    gradientHook?(step, &gradients)
    timings.weightGradients += stopwatch.lap()
    var nats = 0.0
    for shard in shards {
      shard.carryState()
      nats = shard.rowLosses.reduce(nats, +)
    }
    let metrics = StepMetrics(
      nats: communicator.allReduceSum(nats) / Double(configuration.batch * configuration.length),
      gradientNorm: context.norm(gradients),
      learningRate: configuration.schedule.rate(step: step, of: total) * learningRateScale)
    if metrics.isFinite { update(metrics, &stopwatch) }
    return metrics
  }

  /// Runs the forward and backward passes of all shards.
  private mutating func propagate(_ corpus: Corpus) {
    let masks =
      configuration.dropout > 0
      ? BatchShard.DropoutMasks(rate: configuration.dropout, key: dropoutKey) : nil
    let scale = 1 / Float(configuration.batch * configuration.length)
    let (weights, kernels, batcher) = (weights, context.kernels, batcher)
    context.pool.forEach(shards, with: &backwardWorkspaces) { shard, workspace in
      var stopwatch = Stopwatch()
      batcher.load(corpus, into: shard)
      shard.forward(weights, kernels, scale: scale, masks: masks)
      shard.seconds.forward = stopwatch.lap()
      shard.backward(weights, kernels, workspace: &workspace, masks: masks)
      shard.seconds.backward = stopwatch.lap()
    }
  }

  private mutating func update(_ metrics: StepMetrics, _ stopwatch: inout Stopwatch) {
    batcher.advance()
    let clipping = GradientClipping(maximumNorm: configuration.gradientClip)
    weights.update(context) { parameters in
      optimizer.step(
        &parameters, gradients: &gradients, learningRate: metrics.learningRate,
        gradientScale: clipping.scale(norm: metrics.gradientNorm), context: context)
      average.update(with: parameters, step: step, context: context)
      timings.optimizer += stopwatch.lap()
    }
    timings.packing += stopwatch.lap()
  }

  /// The key of the dropout masks; it differs for each step and seed.
  private var dropoutKey: UInt64 {
    var random = SplitMix64(seed: configuration.seed ^ 0x6765_756C_0000_0000 &+ UInt64(step))
    return random.next()
  }
}

extension Trainer {
  /// The current state.
  public var state: TrainerState {
    var state = TrainerState(
      parameters: weights.parameters, batcher: batcher, configuration: configuration)
    state.averagedParameters = averagedParameters
    state.optimizer = optimizer.state
    state.learningRateScale = learningRateScale
    for shard in shards {
      for row in 0..<shard.rows {
        state.recurrent[shard.firstRow + row] = shard.state(
          row: row, width: configuration.architecture.hidden)
      }
    }
    return state
  }

  /// Continues from `state`.
  public mutating func load(_ state: TrainerState) {
    weights.update(context) { $0 = state.parameters }
    average.parameters = state.averagedParameters
    optimizer.state = state.optimizer
    (learningRateScale, batcher) = (state.learningRateScale, state.batcher)
    restore(state.recurrent)
  }

  private func restore(_ recurrent: RecurrentState) {
    for shard in shards {
      for row in 0..<shard.rows { shard.setState(row: row, recurrent[shard.firstRow + row]) }
    }
  }
}
