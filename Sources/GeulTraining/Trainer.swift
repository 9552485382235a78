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
  var average: ExponentialMovingAverage
  /// The position in the text.
  public internal(set) var batcher: SequenceBatcher
  /// The factor of the scheduled learning rate: halved when the loss diverges.
  public var learningRateScale: Float = 1
  /// A function that changes the gradients of a step before the update; it takes the number of completed steps.
  package typealias GradientHook = @Sendable (Int, inout ParameterStorage) -> Void
  /// For tests: see `GradientHook`.
  package var gradientHook: GradientHook?
  /// The time that all steps so far have spent in each phase.
  public private(set) var timings = StepTimings()

  var optimizer: Optimizer
  let communicator: any Communicator
  private var reducer: GradientReducer
  let subBatches: SubBatches
  let shards: [BatchShard]
  let teachers: [Teacher]
  /// The tensors that are not trained.
  private let frozen: [ParameterSlot]
  /// The computing time of each rank in all steps so far, until it waits for others, in seconds.
  private(set) var rankSeconds: [Double] = []
  /// The number of steps of `rankSeconds`.
  private(set) var measuredSteps = 0
  /// The list in the order of the current epoch; nil before the first step, and for a text that is not a list.
  private var shuffledList: (corpus: Corpus, epoch: Int)?
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
    teachers: [Model] = [], context: ComputeContext,
    communicator: any Communicator = LocalCommunicator()
  ) {
    self.init(
      configuration,
      state: TrainerState(
        configuration, vocabulary: vocabulary, tokenCount: tokenCount,
        teachers: teachers.map(\.metadata.architecture)),
      vocabulary: vocabulary, teachers: teachers, context: context, communicator: communicator)
  }

  /// Creates a trainer that continues from `state`, that of rank 0.
  ///
  /// - Precondition: There are at most as many ranks as sub-batches, but one with teachers; `state` has a state for each teacher.
  public init(
    _ configuration: TrainingConfiguration, state: TrainerState, vocabulary: Int,
    teachers: [Model] = [], context: ComputeContext,
    communicator: any Communicator = LocalCommunicator()
  ) {
    let network = Network(configuration.architecture, vocabulary: vocabulary)
    self.configuration = configuration
    self.context = context
    self.communicator = communicator
    weights = PackedNetwork(
      network, parameters: state.parameters, precision: configuration.precision, backward: true,
      context: context)
    let subBatches = SubBatches(batch: configuration.batch, length: configuration.length)
    precondition(
      communicator.count <= subBatches.count,
      "there are \(communicator.count) ranks for \(subBatches.count) sub-batches")
    precondition(teachers.isEmpty || communicator.count == 1, "teachers need a single process")
    self.subBatches = subBatches
    reducer = GradientReducer(network, subBatches, communicator)
    let frozen = network.frozenTensors(layers: configuration.frozenLayers)
    var optimizer = Optimizer(
      configuration.optimizer, for: network, precision: configuration.precision, frozen: frozen,
      communicator: communicator)
    optimizer.state = state.optimizer
    self.optimizer = optimizer
    self.frozen = frozen
    average = ExponentialMovingAverage(
      decay: configuration.emaDecay, parameters: state.averagedParameters)
    batcher = state.batcher
    let rows = communicator.rows(of: subBatches)
    let parts = BatchShard.partition(batch: rows.count, threads: context.pool.count)
    let shards = parts.map { part in
      BatchShard(
        network, firstRow: rows.lowerBound + part.lowerBound, rows: part.count,
        length: configuration.length, precision: configuration.precision,
        dropout: configuration.dropout > 0, backward: true)
    }
    self.shards = shards
    self.teachers = teachers.map {
      Teacher($0, shards: shards, precision: configuration.precision, context: context)
    }
    // The first shard is the largest.
    backwardWorkspaces = (0..<min(context.pool.count, shards.count)).map { _ in
      shards[0].makeBackwardWorkspace()
    }
    gradientWorkspaces = (0..<context.pool.count).map { _ in GradientWorkspace() }
    learningRateScale = state.learningRateScale
    restore(state)
    if communicator.isDistributed, communicator.rank == 0 { load(state) }
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
    let rate = configuration.schedule.rate(step: step, of: total) * learningRateScale
    send(.step(learningRate: rate))
    return step(corpus, learningRate: rate)
  }

  /// Reads the next window and updates the parameters on this rank.
  mutating func step(_ corpus: Corpus, learningRate: Float) -> StepMetrics {
    var stopwatch = Stopwatch()
    propagate(inOrderOfEpoch(corpus))
    // Shards run forward and backward concurrently: their common time is divided in proportion to the measured times.
    let both = stopwatch.lap()
    let forward = shards.reduce(0) { $0 + $1.seconds.forward }
    let fraction = forward / shards.reduce(forward) { $0 + $1.seconds.backward }
    timings.forward += both * fraction
    timings.backward += both * (1 - fraction)
    reducer.sum { [shards, network = weights.network, context] rows, gradients in
      network.addGradients(
        of: shards, subBatches: rows, to: &gradients, workspaces: &gradientWorkspaces,
        context: context)
    }
    let gradientSeconds = stopwatch.lap()
    timings.weightGradients += gradientSeconds
    let nats = gatherLosses(seconds: both + gradientSeconds)
    reducer.reduce(context)
    for tensor in frozen { reducer.gradients.values.clear(tensor.range) }
    gradientHook?(step, &reducer.gradients)
    for shard in shards + teachers.flatMap(\.shards) { shard.carryState() }
    let seconds = stopwatch.lap()
    if communicator.isDistributed {
      timings.communication += seconds
    } else {
      timings.weightGradients += seconds
    }
    let metrics = StepMetrics(
      nats: nats / Double(configuration.batch * configuration.length),
      gradientNorm: context.norm(reducer.gradients), learningRate: learningRate)
    if metrics.isFinite { update(metrics, &stopwatch) }
    return metrics
  }

  /// Returns the sum of the losses of all sequences of the batch, in nats, added in their order.
  ///
  /// It also gathers the computing time of each rank in this step.
  private mutating func gatherLosses(seconds: Double) -> Double {
    let counts = communicator.rowCounts(of: subBatches)
    let all = communicator.allGather(
      shards.flatMap(\.rowLosses) + [seconds], counts: counts.map { $0 + 1 }, zero: 0)
    measuredSteps += 1
    if rankSeconds.isEmpty { rankSeconds = counts.map { _ in 0 } }
    var (nats, start) = (0.0, 0)
    for (rank, count) in counts.enumerated() {
      nats = all[start..<start + count].reduce(nats, +)
      rankSeconds[rank] += all[start + count]
      start += count + 1
    }
    return nats
  }

  /// Returns a text as the current epoch reads it: a list in a new order.
  private mutating func inOrderOfEpoch(_ corpus: Corpus) -> Corpus {
    guard corpus.list != nil else { return corpus }
    if let shuffledList, shuffledList.epoch == batcher.epoch { return shuffledList.corpus }
    let shuffled = corpus.shuffled(0..<batcher.tokenCount, epoch: batcher.epoch)
    shuffledList = (shuffled, batcher.epoch)
    return shuffled
  }

  /// Runs the forward and backward passes of all shards.
  private mutating func propagate(_ corpus: Corpus) {
    let masks =
      configuration.dropout > 0
      ? BatchShard.DropoutMasks(rate: configuration.dropout, key: dropoutKey) : nil
    let scale = 1 / Float(configuration.batch * configuration.length)
    let teacherScale = scale * configuration.teacherWeight / Float(max(1, teachers.count))
    let (weights, kernels, batcher) = (weights, context.kernels, batcher)
    let indices = Array(shards.indices)
    context.pool.forEach(indices, with: &backwardWorkspaces) {
      [shards, teachers] index, workspace in
      let shard = shards[index]
      var stopwatch = Stopwatch()
      batcher.load(corpus, into: shard)
      shard.forward(weights, kernels, scale: scale, masks: masks)
      for teacher in teachers {
        teacher.addGradient(
          to: shard, index: index, corpus, batcher, kernels, scale: teacherScale)
      }
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
        &parameters, gradients: &reducer.gradients, learningRate: metrics.learningRate,
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
