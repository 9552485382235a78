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
    let width = configuration.architecture.hidden
    var own = RecurrentState(
      configuration.architecture, rows: shards.reduce(0) { $0 + $1.rows })
    var row = 0
    for shard in shards {
      for index in 0..<shard.rows {
        own[row] = shard.state(row: index, width: width)
        row += 1
      }
    }
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
    restore(state.recurrent)
  }

  /// Sets the recurrent state of this rank's sequences.
  func restore(_ recurrent: RecurrentState) {
    for shard in shards {
      for row in 0..<shard.rows { shard.setState(row: row, recurrent[shard.firstRow + row]) }
    }
  }
}
