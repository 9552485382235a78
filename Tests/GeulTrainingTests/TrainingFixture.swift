import GeulCompute
import GeulModel
import GeulStorage
import GeulText
import GeulTraining
import TestSupport

/// A configuration and a text that are small enough for many training runs.
struct TrainingFixture: Sendable {
  var configuration = TrainingConfiguration()
  let corpus: Corpus

  init(
    _ cell: CellKind = .lstm, layers: Int = 2, hidden: Int = 40, batch: Int = 12, length: Int = 16,
    dropout: Float = 0, precision: Precision = .float32, text: String = Self.text
  ) throws {
    corpus = try Corpus.read([.text(text)])
    configuration.architecture = Architecture(cell: cell, layers: layers, hidden: hidden)
    (configuration.batch, configuration.length) = (batch, length)
    (configuration.dropout, configuration.precision) = (dropout, precision)
    configuration.schedule = LearningRateSchedule(peak: 0.01, warmup: 5)
    configuration.gradientClip = 0.05  // less than any norm here: all steps are clipped
    configuration.validationFraction = 0
    configuration.seed = 42
  }

  /// Random words of random letters, about three windows of 12 x 16 tokens: 50 steps take many epochs.
  static let text: String = {
    var random = SeededGenerator(seed: 8)
    return (0..<150).map { _ in
      String(
        (0..<Int.random(in: 1...6, using: &random)).map { _ in
          "abcdefghij글쓰기".randomElement(using: &random) ?? "a"
        })
    }.joined(separator: " ") + "\n"
  }()

  func trainer(_ set: InstructionSet = .best, threads: Int = 2) -> Trainer {
    Trainer(
      configuration, vocabulary: corpus.vocabulary.count, tokenCount: corpus.count,
      context: ComputeContext(Kernels(set), threads: threads))
  }

  /// A trainer that continues from a state.
  func trainer(_ state: TrainerState, threads: Int = 2) -> Trainer {
    Trainer(
      configuration, state: state, vocabulary: corpus.vocabulary.count,
      context: ComputeContext(Kernels(.best), threads: threads))
  }

  /// A model of the text with random parameters.
  func model(_ cell: CellKind, layers: Int, hidden: Int, seed: UInt64) -> Model {
    let architecture = Architecture(cell: cell, layers: layers, hidden: hidden)
    let network = Network(architecture, vocabulary: corpus.vocabulary.count)
    var random = SplitMix64(seed: seed)
    var parameters = network.initialParameters(&random)
    // New parameters predict a nearly uniform distribution.
    for index in 0..<parameters.values.count { parameters.values[index] *= 3 }
    return Model(
      Model.Metadata(
        architecture: architecture, tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary),
      parameters: parameters)
  }

  /// The bytes of the checkpoint file of a trainer's state.
  func bytes(_ state: TrainerState) throws -> [UInt8] {
    var run = Checkpoint.initial(
      configuration, text: RunState.TextSelection(sources: ["text"]), corpus: corpus
    ).run
    (run.batcher, run.step, run.learningRateScale) = (
      state.batcher, state.step, state.learningRateScale
    )
    let metadata = Model.Metadata(
      architecture: configuration.architecture, tokenizer: corpus.tokenizer,
      vocabulary: corpus.vocabulary)
    return try Checkpoint(model: metadata, run: run, trainer: state).safetensors.serialized()
  }
}

extension InstructionSet {
  /// The best one of this machine.
  static var best: InstructionSet { available.last ?? .portable }
}
