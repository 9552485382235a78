public import GeulCompute
public import GeulModel
public import GeulStorage
public import GeulText
internal import PortableFoundation

/// A run from its first step, or from a checkpoint, to its final evaluation.
///
/// ```swift
/// let plan = try TrainingPlan(TrainingOptions(), corpus: corpus, context: context)
/// let session = try TrainingSession(plan, folder: RunFolder("checkpoints/my"))
/// let result = try session.run { event in print(event) }
/// ```
public struct TrainingSession: ~Copyable {
  /// The plan.
  public let plan: TrainingPlan
  /// The folder of the run.
  public let folder: RunFolder
  /// The checkpoint to start from; nil once training has started, so that only one copy of the parameters is in memory.
  private var checkpoint: Checkpoint?
  private let validation: Corpus?
  private let budget: Budget?
  private let latestIsIntact: Bool
  /// Indicates whether the folder did not exist before.
  private let createsFolder: Bool

  /// Starts a new run; its folder is created if it does not exist.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - text: The source of the training text, which is saved so that the run can be resumed.
  ///   - validation: A separate validation text; nil to hold out the end of the text.
  ///   - folder: The folder of the run; it must be empty or not exist.
  ///   - initialModel: A trained model with the plan's architecture, with whose vocabulary that of the text begins; nil for
  ///     new parameters.
  /// - Throws: `TrainingError` if the folder exists or cannot be created, no two consecutive tokens of the validation
  ///   text are in the vocabulary, or there is not enough memory.
  public init(
    _ plan: TrainingPlan, text: RunState.TextSelection = .init(sources: ["-"]),
    validation: Corpus? = nil, folder: RunFolder, initialModel: Model? = nil
  ) throws(TrainingError) {
    try Self.checkIsNew(folder)
    var text = text
    (text.listSeed, text.labels) = (plan.corpus.list?.seed, plan.corpus.labels)
    if let validation {
      try Self.check(validation: validation, name: text.validationSource ?? "validation text")
      text.validationHash = validation.hash
    }
    try plan.checkMemory()
    let isNew = !FileSystem.exists(folder.path)
    let checkpoint = Checkpoint.initial(
      plan.configuration, text: text, corpus: plan.corpus,
      parameters: initialModel?.parameters(extendedTo: plan.corpus.vocabulary),
      teachers: plan.teachers)
    do { try FileSystem.createFolder(folder.path) } catch { throw .file(error) }
    self.plan = plan
    self.checkpoint = checkpoint
    self.folder = folder
    self.validation = validation
    budget = plan.budget
    latestIsIntact = true
    createsFolder = isNew
  }

  /// Continues a run from a checkpoint.
  ///
  /// - Parameters:
  ///   - loaded: The checkpoint; see `RunFolder.loadLatest`.
  ///   - folder: The folder of the run.
  ///   - corpus: The training text.
  ///   - sources: The paths of the text, which the run records.
  ///   - validation: The separate validation text, if the run has one.
  ///   - validationSource: The path of the validation text; nil for the recorded one.
  ///   - budget: The total steps or epochs of the run, or the wall-clock time of this session; nil to continue to the
  ///     planned end.
  ///   - context: The kernels and threads.
  ///   - ranks: The number of processes of a data-parallel run.
  /// - Throws: `TrainingError` if a text or a teacher is not the run's, or there is not enough memory.
  public init(
    resuming loaded: consuming NewestIntact<Checkpoint, FormatError>, in folder: RunFolder,
    corpus: Corpus, sources: [String], validation: Corpus?, validationSource: String? = nil,
    budget: Budget?, context: ComputeContext, ranks: Int = 1
  ) throws(TrainingError) {
    let isIntact = loaded.problem == nil
    var checkpoint = loaded.value
    let state = checkpoint.run
    // The position of the batcher is valid only for the same text.
    guard corpus.hash == checkpoint.model.metadata.training?.corpusHash,
      corpus.vocabulary == checkpoint.model.metadata.vocabulary,
      state.batcher.tokenCount
        == TrainingLoop.trainingTokenCount(of: corpus, state.configuration)
    else { throw .textChanged(sources: sources) }
    let validationSource = validationSource ?? state.text.validationSource
    if let expected = state.text.validationHash, validation?.hash != expected {
      throw .validationTextChanged(source: validationSource ?? "")
    }
    // The texts may have been moved.
    checkpoint.run.text.sources = sources.map(RunState.TextSelection.recorded)
    checkpoint.run.text.validationSource = validationSource.map(RunState.TextSelection.recorded)
    checkpoint.run.text.validationHash = validation?.hash
    let plan = TrainingPlan(
      state.configuration, corpus: corpus,
      teachers: try folder.loadTeachers(state),
      budget: budget ?? .default, context: context,
      ranks: ranks)
    try plan.checkMemory()
    self.plan = plan
    self.checkpoint = checkpoint
    latestIsIntact = isIntact
    createsFolder = false
    self.folder = folder
    self.validation = validation
    self.budget = budget
  }

  /// Checks that a folder does not exist or is empty: nothing is overwritten.
  ///
  /// The root folder of a mounted volume may contain `lost+found`.
  ///
  /// - Throws: `TrainingError.folderExists`.
  public static func checkIsNew(_ folder: RunFolder) throws(TrainingError) {
    guard FileSystem.exists(folder.path) else { return }
    let names = try? FileSystem.names(in: folder.path)
    if let names, names.allSatisfy({ $0 == "lost+found" }) { return }
    throw .folderExists(path: folder.path, isRun: folder.hasCheckpoint)
  }

  /// Checks that the validation text has two consecutive tokens that are both in the vocabulary; otherwise it has no loss.
  ///
  /// - Throws: `TrainingError.unknownValidationText`.
  public static func check(validation: Corpus, name: String) throws(TrainingError) {
    let blockSize = 65_536
    for start in stride(from: 0, to: validation.count, by: blockSize) {
      let ids = validation.ids(start..<min(start + blockSize + 1, validation.count))
      if zip(ids, ids.dropFirst()).contains(where: { $0 >= 0 && $1 >= 0 }) { return }
    }
    throw .unknownValidationText(name: name)
  }

  /// The result of a session.
  public enum Result: Sendable {
    /// All steps are completed, or training stopped early, and the best model is evaluated.
    case finished(Summary)
    /// `shouldStop` returned true after this step; the checkpoint is saved.
    case stopped(step: Int)
    /// Training is complete and saved, but `shouldStop` returned true before the best model was evaluated.
    case notEvaluated
  }

  /// The results of a finished run.
  public struct Summary: Sendable {
    /// The state of the run.
    public let state: RunState
    /// The validation loss of the best model; nil where nothing was held out.
    public let loss: FinishedRun.FinalLoss?
    /// The loss of a unigram model on the validation text, in nats/token.
    public let unigramNats: Double?
    /// The loss of a trigram model on the validation text, in nats/token.
    public let trigramNats: Double?
    /// The wall-clock time of the session, in seconds, without the baselines.
    public let seconds: Double
  }

  /// Trains to the end of the budget, to early stopping, or until `shouldStop` returns true; then evaluates the best model,
  /// unless `shouldStop` returned true.
  ///
  /// - Parameters:
  ///   - saveEvery: Steps between checkpoints; nil for one about every 30 seconds.
  ///   - sampleEvery: Steps between `sample` events; nil for about four, 0 for none.
  ///   - baselines: Whether to compute the losses of n-gram models.
  ///   - clock: A stopwatch started when the time budget began.
  ///   - shouldStop: Called after each step.
  ///   - group: The processes of a data-parallel run, which this process leads and which have read the texts.
  ///   - report: Takes the events of the run.
  /// - Returns: How the session ended.
  /// - Throws: `TrainingError` if a file cannot be written, the loss diverges, or a rank cannot take part.
  public consuming func run(
    saveEvery: Int? = nil, sampleEvery: Int? = nil, baselines: Bool = true,
    clock: Stopwatch = Stopwatch(), shouldStop: () -> Bool = { false },
    group: ProcessGroup = ProcessGroup(), report: (TrainingLoop.Event) -> Void
  ) throws(TrainingError) -> Result {
    // Only an empty folder is removed, in which nothing was saved.
    let (path, createsFolder) = (folder.path, createsFolder)
    defer { if createsFolder { FileSystem.removeEmptyFolder(path) } }
    let finished: FinishedRun
    switch try train(saveEvery, sampleEvery, clock, shouldStop, group, report) {
    case .stopped(let step): return .stopped(step: step)
    case .finished(let trained): finished = trained
    }
    let loss: FinishedRun.FinalLoss?
    do throws(RunError) { loss = try finished.evaluate(unless: shouldStop) } catch {
      guard case .stopped = error else { throw TrainingError(error) }
      return .notEvaluated
    }
    let seconds = clock.seconds
    return .finished(
      Summary(
        state: finished.state, loss: loss,
        unigramNats: baselines ? finished.ngramBaseline(order: 1) : nil,
        trigramNats: baselines ? finished.ngramBaseline(order: 3) : nil, seconds: seconds))
  }

  private enum Trained {
    case stopped(step: Int)
    case finished(FinishedRun)
  }

  /// Runs the training loop; the memory of training is free when this returns.
  private consuming func train(
    _ saveEvery: Int?, _ sampleEvery: Int?, _ clock: Stopwatch, _ shouldStop: () -> Bool,
    _ group: ProcessGroup, _ report: (TrainingLoop.Event) -> Void
  ) throws(TrainingError) -> Trained {
    var session = self
    guard let checkpoint = session.checkpoint.take() else {
      preconditionFailure("a session runs once")
    }
    let texts = try group.start(
      checkpoint.run.configuration,
      TrainingTexts(session.plan.corpus, validation: session.validation))
    var loop = TrainingLoop(
      consume checkpoint, teachers: session.plan.teachers, corpus: texts.corpus,
      validation: texts.validation,
      folder: session.folder, budget: session.budget, saveEvery: saveEvery,
      sampleEvery: sampleEvery, context: session.plan.context, clock: clock,
      communicator: group.communicator)
    loop.keepsPrevious = session.latestIsIntact
    loop.hosts = group.hosts
    let ending: TrainingLoop.Ending
    do throws(RunError) { ending = try loop.run(shouldStop: shouldStop, report: report) } catch {
      throw TrainingError(error)
    }
    switch ending {
    case .finished: return .finished(loop.finished)
    case .diverged: throw .diverged(path: session.folder.path, step: loop.state.step)
    case .stopped: return .stopped(step: loop.state.step)
    }
  }
}
