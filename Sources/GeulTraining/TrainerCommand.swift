internal import GeulModel
package import GeulText

/// What rank 0 makes all ranks do next.
enum TrainerCommand {
  /// One step of training.
  case step(learningRate: Float)
  /// The state of all ranks is gathered.
  case gatherState
  /// The state of rank 0 replaces that of all ranks.
  case load
  /// The loss on about `limit` tokens of the validation text is estimated.
  case validate(limit: Int)
  /// Training ends.
  case finish

  /// The command as numbers, for a message.
  var code: [Int] {
    switch self {
    case .step(let rate): [0, Int(rate.bitPattern)]
    case .gatherState: [1, 0]
    case .load: [2, 0]
    case .validate(let limit): [3, limit]
    case .finish: [4, 0]
    }
  }

  init(code: [Int]) {
    switch code[0] {
    case 0: self = .step(learningRate: Float(bitPattern: UInt32(code[1])))
    case 1: self = .gatherState
    case 2: self = .load
    case 3: self = .validate(limit: code[1])
    default: self = .finish
    }
  }
}

extension Trainer {
  /// Sends a command to the other ranks.
  func send(_ command: TrainerCommand) {
    precondition(communicator.rank == 0, "rank 0 leads")
    var code = command.code
    communicator.broadcast(&code)
  }

  /// Ends the training of the other ranks.
  public func finish() { send(.finish) }

  /// Follows rank 0 until it ends the training: the part of the other ranks.
  ///
  /// - Parameters:
  ///   - corpus: The training text.
  ///   - validation: The validation text and its range; nil if there is none.
  package mutating func follow(_ corpus: Corpus, validation: (corpus: Corpus, range: Range<Int>)?) {
    while true {
      var code = [0, 0]
      communicator.broadcast(&code)
      switch TrainerCommand(code: code) {
      case .step(let rate): _ = step(corpus, learningRate: rate)
      case .gatherState: _ = gatherState()
      case .load:
        receive(
          TrainerState(
            parameters: weights.parameters, batcher: batcher, configuration: configuration))
      case .validate(let limit):
        guard let validation else { preconditionFailure("there is no validation text") }
        _ = sampledLoss(validation, limit: limit)
      case .finish: return
      }
    }
  }

  /// Estimates the loss of the averaged parameters from about `limit` tokens of a range of a text.
  ///
  /// With several ranks, each evaluates some sequences.
  func validationLoss(
    _ validation: (corpus: Corpus, range: Range<Int>), limit: Int
  ) -> Evaluator.Loss {
    send(.validate(limit: limit))
    return sampledLoss(validation, limit: limit)
  }

  private func sampledLoss(
    _ validation: (corpus: Corpus, range: Range<Int>), limit: Int
  ) -> Evaluator.Loss {
    Evaluator(weights.network, parameters: averagedParameters, context: context).sampledLoss(
      validation.corpus, validation.range, limit: limit, communicator: communicator)
  }

  /// The rank with the longest computing time for its number of sequences, with its mean time of a step in seconds, and the
  /// median of all ranks for as many sequences; nil before the first step.
  var slowestRank: (rank: Int, seconds: Double, median: Double)? {
    let counts = communicator.rowCounts(of: subBatches)
    guard step > 0, rankSeconds.count == counts.count else { return nil }
    let perRow = zip(rankSeconds, counts).map { $0 / Double($1) }
    guard let rank = perRow.indices.max(by: { perRow[$0] < perRow[$1] }) else { return nil }
    let scale = Double(counts[rank]) / Double(max(1, measuredSteps))
    return (rank, perRow[rank] * scale, perRow.sorted()[(perRow.count - 1) / 2] * scale)
  }
}
