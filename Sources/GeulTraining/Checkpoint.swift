internal import Foundation
public import GeulCompute
public import GeulModel
public import GeulStorage
public import GeulText

/// A run as it stands on disk: the model, and all that is needed to go on exactly where it stopped.
///
/// To the model's tensors it adds `average`, `adam.first` and `adam.second` (the arenas as they lie in memory) and the
/// carried `state.hidden` and `state.cells`, `[l, b, h]`; to its metadata the key `geul.run`.
public struct Checkpoint: Sendable {
  /// The model and its numbers.
  public var model: Model
  /// What the user chose, and how far the run has come.
  public var record: RunState
  /// What the trainer goes on with.
  public var state: TrainerState

  /// A checkpoint of a trainer.
  public init(model: Model.Metadata, record: RunState, state: TrainerState) {
    self.model = Model(model, parameters: state.parameters)
    self.record = record
    self.state = state
  }

  /// The metadata key under which the record stands.
  public static let metadataKey = "geul.run"

  /// Reads a checkpoint.
  ///
  /// - Throws: `FormatError` if the file is damaged, or a model without a run.
  public init(contentsOf path: String) throws(FormatError) {
    try self.init(SafetensorsFile(contentsOf: path), name: path)
  }

  /// Reads a checkpoint from a file that has been opened and that errors call `name`.
  ///
  /// - Throws: `FormatError` if the file is damaged, or a model without a run.
  public init(_ file: SafetensorsFile, name: String) throws(FormatError) {
    func fault(_ sentence: String) -> FormatError {
      FormatError(file: name, reason: .metadata(sentence))
    }
    model = try Model(file, name: name)
    guard let text = file.metadata[Self.metadataKey] else {
      throw fault(
        "it is a model without a run to go on with. Resume from the run's latest.safetensors.")
    }
    do {
      record = try JSONDecoder().decode(RunState.self, from: Data(text.utf8))
    } catch {
      throw fault("what it says about the run cannot be read (\(Model.words(for: error))).")
    }
    let settings = record.settings
    guard settings.architecture == model.metadata.model, record.isSound else {
      throw fault(
        "what it says about the run contradicts itself. Use the checkpoint saved before it.")
    }
    var state = TrainerState(
      parameters: model.parameters, windows: record.windows, settings: settings)
    let layout = state.parameters.layout
    state.average = try Self.arena("average", layout, file)
    state.first = try Self.arena("adam.first", layout, file)
    state.second = try Self.arena("adam.second", layout, file)
    let shape = [settings.architecture.layers, settings.batch, settings.architecture.hidden]
    state.hidden = try file.floats("state.hidden", shape: shape)
    if settings.architecture.cell != .rnn {
      state.cells = try file.floats("state.cells", shape: shape)
    }
    (state.step, state.rateScale) = (record.step, record.rateScale)
    let arenas = [state.average, state.first, state.second]
    guard arenas.allSatisfy(\.isFinite), (state.hidden + state.cells).allSatisfy(\.isFinite) else {
      throw fault(
        "what it says about the run has numbers that are not finite. Use an earlier checkpoint.")
    }
    self.state = state
  }

  private static func arena(
    _ name: String, _ layout: ParameterLayout, _ file: SafetensorsFile
  ) throws(FormatError) -> ParameterStorage {
    var arena = ParameterStorage(layout)
    arena.values = Buffer(try file.floats(name, shape: [layout.count]))
    return arena
  }

  /// What the file holds.
  public var safetensors: SafetensorsFile {
    var file = model.safetensors
    file.metadata[Self.metadataKey] = Model.json(record)
    file.tensors += [
      .init("average", shape: [state.average.values.count], data: state.average.values),
      .init("adam.first", shape: [state.first.values.count], data: state.first.values),
      .init("adam.second", shape: [state.second.values.count], data: state.second.values),
    ]
    let architecture = record.settings.architecture
    let shape = [architecture.layers, record.settings.batch, architecture.hidden]
    file.tensors.append(.init("state.hidden", shape: shape, floats: state.hidden))
    if !state.cells.isEmpty {
      file.tensors.append(.init("state.cells", shape: shape, floats: state.cells))
    }
    return file
  }
}

/// What the user chose, and how far the run has come.
///
/// Nothing in it depends on the clock, the threads or the folder.
public struct RunState: Codable, Sendable, Equatable {
  /// The network and how it is trained.
  public var settings: TrainingConfiguration
  /// Where the text comes from, and how it is read.
  public var text: TextChoice
  /// How many steps the run has in all; nil until its speed has been measured.
  public var totalSteps: Int?
  /// Where in the text training stands.
  public var windows: SequenceBatcher
  /// How many steps have been made.
  public var step = 0
  /// What the schedule's rate is multiplied by.
  public var rateScale: Float = 1
  /// The step from which on scores that are no better try the run's patience.
  public var patientSince = 0
  /// Steps between checkpoints; nil for one about every 30 seconds.
  public var saveEvery: Int?
  /// Tells an explosion of the loss from its ups and downs.
  public var watch = DivergenceDetector()
  /// The losses on the part held out, oldest first.
  public var history: [Point] = []
  /// Sum and number of the losses since the last point.
  public var recentNats = 0.0
  /// See `recentNats`.
  public var recentSteps = 0

  /// A place in the story of a run.
  public struct Point: Codable, Sendable, Equatable {
    /// After how many steps.
    public var step: Int
    /// Mean loss of the steps since the point before, in nats a unit.
    public var trainNats: Double
    /// Loss on the part held out, estimated, in nats a unit; nil where nothing was held out.
    public var validationNats: Double?
  }

  /// Where a text comes from, and how it is read.
  public struct TextChoice: Codable, Sendable, Equatable {
    /// Paths, absolute; or `-` for standard input.
    public var sources: [String]
    /// A text of its own for validation; nil where the end of the text is held out.
    public var validationSource: String?
    /// The encoding's name; nil to find it out.
    public var encoding: String?
    /// What to do with bytes that the encoding does not allow.
    public var invalid: InvalidBytePolicy
    /// Units that occur less often are folded into one.
    public var minimumCount: Int

    /// A choice.
    public init(
      sources: [String], validationSource: String? = nil, encoding: String? = nil,
      invalid: InvalidBytePolicy = .error, minimumCount: Int = 1
    ) {
      self.sources = sources
      self.validationSource = validationSource
      self.encoding = encoding
      self.invalid = invalid
      self.minimumCount = minimumCount
    }
  }

  /// The point with the lowest loss on the part held out, or else the last.
  public var best: Point? {
    history.filter { $0.validationNats != nil }
      .min { ($0.validationNats ?? .infinity) < ($1.validationNats ?? .infinity) } ?? history.last
  }

  /// Whether so many scores in a row were no better than the best that more steps would be for nothing.
  public var isOutOfPatience: Bool {
    guard settings.patience > 0, let best else { return false }
    let since = max(best.step, patientSince)
    return history.count { $0.step > since && $0.validationNats != nil } >= settings.patience
  }
}

extension RunState {
  /// Whether what was read from a file is what a run can come to.
  var isSound: Bool {
    windows.isSound(for: settings) && settings.isSound && step >= 0 && (totalSteps ?? 1) >= 1
      && rateScale > 0 && rateScale <= 1 && recentSteps >= 0 && patientSince >= 0
      && recentNats.isFinite && (saveEvery ?? 1) >= 1 && watch.isSound
      && history.allSatisfy { (0...step).contains($0.step) }
  }
}

extension TrainingConfiguration {
  /// Whether no number is beyond what a command line takes.
  fileprivate var isSound: Bool {
    let positive = [
      schedule.peak, gradientClip, 1 - beta2, 1 - dropout, 1 - momentum, 1 - averaging,
    ]
    return positive.allSatisfy { $0 > 0 && $0.isFinite } && dropout >= 0
      && schedule.warmup >= 0 && weightDecay >= 0 && weightDecay.isFinite
      && (0...1).contains(schedule.floor) && (0...0.9).contains(validationFraction)
      && momentum >= 0 && averaging >= 0 && matrixRate >= 0
      && matrixRate.isFinite && validations >= 1 && patience >= 0
      && Precision.trained.contains(precision)
  }
}

extension SequenceBatcher {
  /// Whether a place read from a file is one that these settings can reach.
  func isSound(for settings: TrainingConfiguration) -> Bool {
    batch == settings.batch && length == settings.length && 1...65536 ~= batch
      && 1...65536 ~= length && 1...(1 << 44) ~= units && epoch >= 0
      && (0...units).contains(offset) && (0..<max(1, count)).contains(index)
      && start(row: batch - 1) + length < units
  }
}

extension Checkpoint {
  /// The checkpoint that a run begins with: a fresh network, for settings that fit the text.
  public static func fresh(
    _ settings: TrainingConfiguration, text: RunState.TextChoice, corpus: Corpus, kernels: Kernels
  ) -> Checkpoint {
    let trainer = Trainer(
      settings, vocabulary: corpus.vocabulary.count,
      units: TrainingRun.trainingUnits(of: corpus, settings), kernels: kernels, pool: ThreadPool(1))
    let record = RunState(settings: settings, text: text, windows: trainer.windows)
    let metadata = Model.Metadata(
      model: settings.architecture, tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary)
    return Checkpoint(model: metadata, record: record, state: trainer.state)
  }
}
