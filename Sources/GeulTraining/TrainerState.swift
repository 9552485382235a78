public import GeulCompute
public import GeulModel

/// The complete state of a trainer.
///
/// Together with the configuration and the text it determines the rest of a run.
public struct TrainerState: Sendable, Equatable {
  /// The parameters.
  public var parameters: ParameterStorage
  /// The exponential moving average of the parameters.
  public var averagedParameters: ParameterStorage
  /// The optimizer's moments and step count.
  public var optimizer: Optimizer.State
  /// The factor of the scheduled learning rate.
  public var learningRateScale: Float = 1
  /// The position in the text.
  public var batcher: SequenceBatcher
  /// The recurrent state that the next window begins with.
  public var recurrent: RecurrentState
  /// The recurrent states of the teachers.
  public var teacherStates: [RecurrentState]

  /// Creates the state before the first step, from given parameters.
  public init(
    parameters: ParameterStorage, batcher: SequenceBatcher, configuration: TrainingConfiguration,
    teachers: [Architecture] = []
  ) {
    self.parameters = parameters
    averagedParameters = parameters
    optimizer = Optimizer.State(parameters.layout)
    self.batcher = batcher
    recurrent = RecurrentState(configuration.architecture, rows: configuration.batch)
    teacherStates = teachers.map { RecurrentState($0, rows: configuration.batch) }
  }

  /// Creates the state before the first step for a text of which the first `tokenCount` tokens are for training.
  ///
  /// The parameters are the given ones, or new ones from the configuration's seed.
  public init(
    _ configuration: TrainingConfiguration, vocabulary: Int, tokenCount: Int,
    parameters given: ParameterStorage? = nil, teachers: [Architecture] = []
  ) {
    var random = SplitMix64(seed: configuration.seed)
    let network = Network(configuration.architecture, vocabulary: vocabulary)
    let parameters = given ?? network.initialParameters(&random)
    let batcher = SequenceBatcher(
      tokenCount: tokenCount, batch: configuration.batch, length: configuration.length,
      seed: random.next())
    self.init(
      parameters: parameters, batcher: batcher, configuration: configuration, teachers: teachers)
  }

  /// The number of completed steps.
  public var step: Int {
    get { optimizer.step }
    set { optimizer.step = newValue }
  }
}
