public import GeulCompute
public import GeulModel
public import GeulStorage
public import GeulText
internal import PortableFoundation

/// The contents of a checkpoint file: the model, and the state from which a run resumes with the same bytes.
///
/// To the model's tensors it adds `average`, `adam.first` and `adam.second` (each a parameter storage as one vector) and the
/// recurrent state, `state.hidden` and `state.cells`, `[l, b, h]`, with `teacher.1.hidden` and so on for those of teachers; to its
/// metadata the key `geul.run`.
public struct Checkpoint: Sendable {
  /// The model.
  public var model: Model
  /// The run's state apart from the trainer's.
  public var run: RunState
  /// The trainer's state.
  public var trainer: TrainerState

  /// Creates a checkpoint.
  public init(model: Model.Metadata, run: RunState, trainer: TrainerState) {
    self.model = Model(model, parameters: trainer.parameters)
    self.run = run
    self.trainer = trainer
  }

  /// The metadata key of the run's state.
  public static let metadataKey = "geul.run"

  /// Reads a checkpoint.
  ///
  /// - Throws: `FormatError` if the file is damaged, or contains a model without the state of a run.
  public init(contentsOf path: String) throws(FormatError) {
    try self.init(SafetensorsFile(contentsOf: path), name: path)
  }

  /// Reads a checkpoint from an open file, which errors call `name`.
  ///
  /// - Throws: `FormatError` if the file is damaged, or contains a model without the state of a run.
  public init(_ file: SafetensorsFile, name: String) throws(FormatError) {
    func formatError(_ sentence: String) -> FormatError {
      FormatError(file: name, reason: .metadata(sentence))
    }
    model = try Model(file, name: name)
    guard let text = file.metadata[Self.metadataKey] else {
      throw formatError(
        "it is a model without the state of a run. Resume from the run's latest.safetensors.")
    }
    do {
      run = try JSONDecoder().decode(RunState.self, from: Data(text.utf8))
    } catch {
      throw formatError("the state of the run cannot be decoded (\(Model.description(of: error))).")
    }
    let configuration = run.configuration
    guard configuration.architecture == model.metadata.architecture, run.isValid else {
      throw formatError("the state of the run is inconsistent. Use the checkpoint saved before it.")
    }
    var state = TrainerState(
      parameters: model.parameters, batcher: run.batcher, configuration: configuration)
    let layout = state.parameters.layout
    state.averagedParameters = try Self.storage("average", layout, file)
    state.optimizer.firstMoment = try Self.storage("adam.first", layout, file)
    state.optimizer.secondMoment = try Self.storage("adam.second", layout, file)
    state.recurrent = try Self.recurrent("state", configuration.architecture, configuration, file)
    for (index, teacher) in run.teachers.enumerated() {
      state.teacherStates.append(
        try Self.recurrent("teacher.\(index + 1)", teacher.architecture, configuration, file))
    }
    (state.step, state.learningRateScale) = (run.step, run.learningRateScale)
    let storages = [
      state.averagedParameters, state.optimizer.firstMoment, state.optimizer.secondMoment,
    ]
    let values = ([state.recurrent] + state.teacherStates).flatMap { [$0.hidden, $0.float32State] }
    guard storages.allSatisfy(\.isFinite), values.joined().allSatisfy(\.isFinite) else {
      throw formatError(
        "the state of the run contains non-finite values. Use an earlier checkpoint.")
    }
    trainer = state
  }

  private static func storage(
    _ name: String, _ layout: ParameterLayout, _ file: SafetensorsFile
  ) throws(FormatError) -> ParameterStorage {
    var storage = ParameterStorage(layout)
    storage.values = Buffer(try file.floats(name, shape: [layout.count]))
    return storage
  }

  /// Reads a recurrent state.
  private static func recurrent(
    _ name: String, _ architecture: Architecture, _ configuration: TrainingConfiguration,
    _ file: SafetensorsFile
  ) throws(FormatError) -> RecurrentState {
    // The size is that of the file before memory is allocated.
    let shape = [architecture.layers, configuration.batch, architecture.hidden]
    let hidden = try file.floats("\(name).hidden", shape: shape)
    var state = RecurrentState(architecture, rows: configuration.batch)
    state.hidden = hidden
    if !state.float32State.isEmpty {
      state.float32State = try file.floats("\(name).cells", shape: state.shape)
    }
    return state
  }

  /// The contents of the file.
  public var safetensors: SafetensorsFile {
    var file = model.safetensors
    file.metadata[Self.metadataKey] = Model.json(run)
    for (name, storage) in [
      ("average", trainer.averagedParameters), ("adam.first", trainer.optimizer.firstMoment),
      ("adam.second", trainer.optimizer.secondMoment),
    ] {
      file.tensors.append(.init(name, shape: [storage.values.count], data: storage.values))
    }
    append(trainer.recurrent, named: "state", to: &file)
    for (index, state) in trainer.teacherStates.enumerated() {
      append(state, named: "teacher.\(index + 1)", to: &file)
    }
    return file
  }

  private func append(
    _ state: RecurrentState, named name: String, to file: inout SafetensorsFile
  ) {
    file.tensors.append(.init("\(name).hidden", shape: state.shape, floats: state.hidden))
    if !state.float32State.isEmpty {
      file.tensors.append(.init("\(name).cells", shape: state.shape, floats: state.float32State))
    }
  }
}

extension Checkpoint {
  /// The checkpoint that a run begins with, for a configuration that fits the text: with the given parameters, or new ones.
  public static func initial(
    _ configuration: TrainingConfiguration, text: RunState.TextSelection, corpus: Corpus,
    parameters: ParameterStorage? = nil, teachers: [Model] = []
  ) -> Checkpoint {
    let trainer = TrainerState(
      configuration, vocabulary: corpus.vocabulary.count,
      tokenCount: TrainingLoop.trainingTokenCount(of: corpus, configuration),
      parameters: parameters, teachers: teachers.map(\.metadata.architecture))
    var run = RunState(configuration: configuration, text: text, batcher: trainer.batcher)
    run.teachers = teachers.map(RunState.Teacher.init)
    let metadata = Model.Metadata(
      architecture: configuration.architecture, tokenizer: corpus.tokenizer,
      vocabulary: corpus.vocabulary, list: corpus.list.map(Model.Metadata.List.init),
      labels: corpus.labels)
    return Checkpoint(model: metadata, run: run, trainer: trainer)
  }
}
