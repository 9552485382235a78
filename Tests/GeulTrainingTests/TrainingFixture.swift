import GeulCompute
import GeulModel
import GeulStorage
import GeulText
import GeulTraining
import TestSupport

/// Settings and a text that are small enough to be trained on many times.
struct TrainingFixture: Sendable {
  var settings = TrainingConfiguration()
  let corpus: Corpus

  init(
    _ cell: CellKind = .lstm, layers: Int = 2, hidden: Int = 40, batch: Int = 12, length: Int = 16,
    dropout: Float = 0, precision: Precision = .float32, text: String = Self.text
  ) throws {
    corpus = try Corpus.read([.text(text)])
    settings.architecture = Architecture(cell: cell, layers: layers, hidden: hidden)
    (settings.batch, settings.length) = (batch, length)
    (settings.dropout, settings.precision) = (dropout, precision)
    settings.schedule = LearningRateSchedule(peak: 0.01, warmup: 5)
    settings.gradientClip = 0.05  // less than any norm here: all steps are clipped
    settings.validationFraction = 0
    settings.seed = 42
  }

  /// Random words of random letters, some three windows of 12 x 16 units: 50 steps see many epochs.
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
      settings, vocabulary: corpus.vocabulary.count, units: corpus.count, kernels: Kernels(set),
      pool: ThreadPool(threads))
  }

  /// The checkpoint of a trainer, as its file's bytes.
  func bytes(_ trainer: Trainer) throws -> [UInt8] {
    var record = Checkpoint.fresh(
      settings, text: RunState.TextChoice(sources: ["text"]), corpus: corpus,
      kernels: trainer.kernels
    ).record
    let state = trainer.state
    (record.windows, record.step, record.rateScale) = (state.windows, state.step, state.rateScale)
    let metadata = Model.Metadata(
      model: settings.architecture, tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary)
    return try Checkpoint(model: metadata, record: record, state: state).safetensors.serialized()
  }
}

extension InstructionSet {
  /// The best of this machine.
  static var best: InstructionSet { available.last ?? .portable }
}
