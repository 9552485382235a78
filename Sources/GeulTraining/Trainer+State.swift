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
    state.teacherStates = teachers.map { RecurrentState(of: $0.shards, $0.architecture) }
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
    restore(state)
  }

  /// Sets the recurrent states of this rank's sequences.
  func restore(_ state: TrainerState) {
    precondition(
      state.teacherStates.count == teachers.count,
      "the state of \(state.teacherStates.count) teachers is known, there are \(teachers.count)")
    state.recurrent.restore(to: shards)
    for (teacher, state) in zip(teachers, state.teacherStates) { state.restore(to: teacher.shards) }
  }
}

extension RecurrentState {
  /// Gathers the states of the sequences of some shards.
  fileprivate init(of shards: [BatchShard], _ architecture: Architecture) {
    self.init(architecture, rows: shards.reduce(0) { $0 + $1.rows })
    var row = 0
    for shard in shards {
      for index in 0..<shard.rows {
        self[row] = shard.state(row: index, width: architecture.hidden)
        row += 1
      }
    }
  }

  /// Sets the states of the sequences of some shards.
  fileprivate func restore(to shards: [BatchShard]) {
    for shard in shards {
      for row in 0..<shard.rows { shard.setState(row: row, self[shard.firstRow + row]) }
    }
  }
}
