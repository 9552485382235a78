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

  /// The rank that is the slowest for its number of sequences; nil before the first step.
  var slowestRank: SlowRank? {
    SlowRank(
      seconds: rankSeconds.map { $0 / Double(max(1, measuredSteps)) },
      sequences: communicator.rowCounts(of: subBatches))
  }
}

/// The rank that is the slowest for its number of sequences.
package struct SlowRank: Equatable {
  /// The index of the rank.
  package let rank: Int
  /// The mean computing time of a step on this rank, in seconds.
  package let seconds: Double
  /// The time that the median rank would take for as many sequences, in seconds.
  package let median: Double

  /// Finds the rank in the mean computing times of a step and the numbers of sequences of all ranks.
  package init?(seconds: [Double], sequences: [Int]) {
    guard seconds.count == sequences.count, !seconds.isEmpty else { return nil }
    let perSequence = zip(seconds, sequences).map { $0 / Double($1) }
    rank = perSequence.indices.max { perSequence[$0] < perSequence[$1] } ?? 0
    self.seconds = seconds[rank]
    // Of an even number of ranks, the faster of the two in the middle: with two ranks, the other one.
    median = perSequence.sorted()[(perSequence.count - 1) / 2] * Double(sequences[rank])
  }

  /// Indicates whether this rank clearly delays the others.
  package var isClearlySlower: Bool { seconds > 1.3 * median }
}
