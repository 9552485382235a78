internal import GeulModel

extension Trainer {
  /// The current state, which rank 0 reads.
  public var state: TrainerState {
    send(.gatherState)
    return gatherState()
  }

  /// Gathers the state of all ranks.
  func gatherState() -> TrainerState {
    var optimizer = optimizer
    optimizer.gatherState()
    var state = TrainerState(
      parameters: weights.parameters, batcher: batcher, configuration: configuration)
    state.averagedParameters = averagedParameters
    state.optimizer = optimizer.state
    state.learningRateScale = learningRateScale
    let own = RecurrentState(of: shards, configuration.architecture)
    state.teachers = teachers.map(\.recurrent)
    state.recurrent = communicator.allGather(own, of: subBatches)
    return state
  }

  /// Continues from `state`, that of rank 0.
  public mutating func load(_ state: TrainerState) {
    send(.load)
    receive(state)
  }

  /// Continues from the state of rank 0; `state` has its shape.
  mutating func receive(_ state: TrainerState) {
    var state = state
    communicator.broadcast(&state)
    weights.update(context) { $0 = state.parameters }
    average.parameters = state.averagedParameters
    optimizer.state = state.optimizer
    (learningRateScale, batcher) = (state.learningRateScale, state.batcher)
    restore(state.recurrent, teachers: state.teachers)
  }

  /// Sets the recurrent states of this rank's sequences.
  func restore(_ recurrent: RecurrentState, teachers states: [RecurrentState]) {
    for (teacher, state) in zip(teachers, states) { teacher.recurrent = state }
    for shard in shards {
      for row in 0..<shard.rows { shard.setState(row: row, recurrent[shard.firstRow + row]) }
    }
  }
}
