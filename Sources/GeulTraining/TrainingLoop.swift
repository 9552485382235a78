public import GeulCompute
public import GeulModel
internal import GeulStorage
public import GeulText
internal import PortableFoundation

/// The training loop of a run: trains until the budget is used up, evaluates the validation loss, keeps the best model, saves
/// checkpoints and reports progress.
///
/// Saved files depend on steps, not on time: a run that was stopped and resumed saves the same bytes as an uninterrupted one.
/// The exceptions are a time budget, whose number of steps depends on the speed, and divergence, after which the run
/// returns to the last checkpoint.
public struct TrainingLoop: ~Copyable {
  /// The state of the run.
  public private(set) var state: RunState
  /// The folder of the run.
  public var folder: RunFolder { store.folder }

  private var trainer: Trainer
  private let metadata: Model.Metadata
  private let teachers: [Model]
  private let corpus: Corpus
  /// What the network is trained on.
  private let networkText: Corpus
  private let validation: (corpus: Corpus, range: Range<Int>)?
  private let budget: Budget
  private let sampleEvery: Int?
  private let clock: Stopwatch
  private var store: CheckpointStore
  private var rollbackPolicy = RollbackPolicy()
  private var speed = SpeedMeter()
  private var lastSave = 0.0
  private var lastReport = -1.0
  /// The training time of the run before this process, in seconds.
  private var earlierSeconds = 0.0
  /// The measured seconds of one evaluation, of one save, and of the final evaluation.
  private var overhead = (evaluation: 0.0, save: 0.0, final: 0.0)
  /// The fractions of the time budget after which the number of steps is planned again.
  private var replanning = [0.35, 0.7]

  /// Creates a run from its initial checkpoint or a saved one.
  ///
  /// - Parameters:
  ///   - checkpoint: See `Checkpoint.initial`; consume it, or a second copy of the parameters stays in memory.
  ///   - teachers: The teachers of the run.
  ///   - corpus: The text.
  ///   - validation: A separate validation text; nil to hold out the end of `corpus`.
  ///   - folder: The folder of the run.
  ///   - budget: The total steps or epochs of the run, or the wall-clock time of this process; nil to continue with the
  ///     checkpoint's number of steps.
  ///   - saveEvery: Steps between checkpoints; nil for the checkpoint's setting.
  ///   - sampleEvery: Steps between samples; nil for about four a run, 0 for none.
  ///   - context: The kernels and threads.
  ///   - clock: A stopwatch started when the time budget began.
  ///   - communicator: The exchange with the other ranks of a data-parallel run, which this process leads as rank 0.
  public init(
    _ checkpoint: consuming Checkpoint, teachers: [Model], corpus: Corpus, validation: Corpus?,
    folder: RunFolder,
    budget: Budget?, saveEvery: Int?, sampleEvery: Int?, context: ComputeContext,
    clock: Stopwatch = Stopwatch(), communicator: any Communicator = LocalCommunicator()
  ) {
    state = checkpoint.run
    metadata = checkpoint.model.metadata
    trainer = Trainer(
      state.configuration, state: checkpoint.trainer, vocabulary: metadata.vocabulary.count,
      teachers: teachers, context: context, communicator: communicator)
    self.teachers = teachers
    store = CheckpointStore(folder)
    self.corpus = corpus
    networkText = NGramFitting.networkText(of: corpus, state.configuration)
    if let saveEvery { state.saveEvery = saveEvery }
    self.sampleEvery = sampleEvery
    self.clock = clock
    self.validation = Self.validation(corpus, validation, state.configuration)
    self.budget = budget ?? .steps(state.totalSteps ?? 1)
    if budget != nil || state.totalSteps == nil {
      state.totalSteps = self.budget.steps(perEpoch: state.batcher.count)
    }
    state.totalSteps = state.totalSteps.map { [state] in max($0, state.step) }
    // A new budget resets early stopping.
    if budget != nil { state.patienceStart = state.step }
  }

  /// Indicates whether the newest checkpoint becomes the previous one at the next save: false if it is known to be damaged.
  public var keepsPrevious: Bool {
    get { store.keepsPrevious }
    set { store.keepsPrevious = newValue }
  }

  /// The name of the host of each rank; empty for a process that trains alone.
  var hosts: [String] = []
  /// The first step at which a slow rank may be reported.
  private var nextRankReport = 50

  /// For tests: see `Trainer.GradientHook`.
  package var gradientHook: Trainer.GradientHook? {
    get { trainer.gradientHook }
    set { trainer.gradientHook = newValue }
  }

  /// Returns the validation text and its range: a separate one, or the held-out end of the text; nil if there is none.
  static func validation(
    _ corpus: Corpus, _ separate: Corpus?, _ configuration: TrainingConfiguration
  ) -> (corpus: Corpus, range: Range<Int>)? {
    if let separate { return (separate, 0..<separate.count) }
    let heldOut = corpus.split(withoutLast: configuration.validationFraction).heldOut
    return heldOut.count >= 2 ? (corpus, heldOut) : nil
  }

  /// Returns the number of tokens of a text that the network is trained on.
  public static func trainingTokenCount(
    of corpus: Corpus, _ configuration: TrainingConfiguration
  ) -> Int {
    NGramFitting.networkRanges(of: corpus, configuration).reduce(0) { $0 + $1.count }
  }

  /// Runs until the budget is used up or `shouldStop` returns true.
  ///
  /// - Throws: `RunError` if a checkpoint cannot be written, in which case the one before it is intact, if none can be read
  ///   after divergence, or if another process trains in this folder.
  public mutating func run(
    shouldStop: () -> Bool, report: (Event) -> Void
  ) throws(RunError) -> Ending {
    // The other ranks must not wait for a command after an error.
    defer { trainer.finish() }
    let lock = try lockFolder()
    defer { withExtendedLifetime(lock) {} }
    let hasSteps = state.totalSteps.map { state.step < $0 } ?? true
    if hasSteps { try folder.checkIsWritable() }
    if state.step == 0 {
      if state.finetunes, state.history.isEmpty { try evaluateStart(report) }
      try saveFirst(report)
    }
    let metrics = MetricsLog(folder.metricsPath, upTo: state.step)
    earlierSeconds = metrics.seconds
    while state.totalSteps.map({ state.step < $0 }) ?? true {
      if state.stopsEarly {
        report(.stoppedEarly(best: state.best?.step ?? 0))
        break
      }
      if shouldStop() {
        try save(report)
        return .stopped
      }
      let isPastEpochStart = trainer.batcher.isPastEpochStart
      var stopwatch = Stopwatch()
      let step = trainer.step(networkText, of: state.totalSteps)
      speed.add(seconds: stopwatch.lap())
      let divergence =
        step.isFinite
        ? state.detector.check(
          step.nats, uniformLoss: uniformLoss, step: trainer.step,
          isPastEpochStart: isPastEpochStart)
        : .notFinite
      if let divergence {
        guard try rollBack(divergence, report) else { return .diverged }
        continue
      }
      state.step = trainer.step
      state.recentNats += step.nats
      state.recentSteps += 1
      plan(report)
      reportSlowRank(report)
      let progress = progress(step)
      if schedule.contains(state.step), state.totalSteps != nil || budget.seconds == nil {
        guard try evaluate(progress, metrics, report) else { return .diverged }
      } else if clock.seconds - lastReport >= 1 || state.step == state.totalSteps {
        metrics.append(progress)
        report(.progress(progress))
        lastReport = clock.seconds
      }
      if isSampleStep { report(.sample(model, progress)) }
      if let saveEvery = state.saveEvery {
        if state.step % saveEvery == 0 { try save(report) }
      } else if clock.seconds - lastSave > saveInterval {
        try save(report)
      }
    }
    if state.best?.step == 0, state.step > 0 {
      report(.note("No evaluation was better than the model at the start, which is kept."))
    }
    // The new budget may have fewer steps than are completed.
    if state.history.isEmpty {
      let mean = state.recentNats / Double(max(1, state.recentSteps))
      let step = Trainer.StepMetrics(nats: mean, gradientNorm: 0, learningRate: 0)
      guard try evaluate(progress(step), metrics, report) else { return .diverged }
    }
    try save(report)
    return .finished
  }

  /// Notes which rank delays the others, if one is clearly slower.
  private mutating func reportSlowRank(_ report: (Event) -> Void) {
    guard hosts.count > 1, trainer.measuredSteps >= nextRankReport else { return }
    guard let slow = trainer.slowestRank, slow.isClearlySlower else { return }
    nextRankReport = trainer.measuredSteps * 10
    let (own, others) = (Int(slow.seconds * 1e3), Int(slow.median * 1e3))
    report(
      .note(
        "Rank \(slow.rank) on \(hosts[slow.rank]) is slow: it computes \(own) ms a step, the median rank \(others) ms, and all wait for it."
      ))
  }

  private func lockFolder() throws(RunError) -> FolderLock {
    do { return try FolderLock(folder.path) } catch { throw .file(error) }
  }

  /// The final evaluation that follows the last step; the memory of training is free once the loop itself is released.
  public var finished: FinishedRun {
    FinishedRun(
      state: state, folder: folder, corpus: corpus, validation: validation,
      context: trainer.context)
  }

  /// The current model.
  private var model: Model {
    Model(currentMetadata, parameters: trainer.averagedParameters)
  }

  /// The metadata of the current model, with the hash of the text that resuming requires.
  private var currentMetadata: Model.Metadata {
    var metadata = metadata
    metadata.training = Model.Metadata.Training(
      step: state.step, epochs: trainer.batcher.epochs, corpusHash: corpus.hash,
      validationFraction: state.configuration.validationFraction)
    return metadata
  }

  /// The loss of a uniform distribution.
  private var uniformLoss: Double { log(Double(metadata.vocabulary.count)) }

  private func progress(_ step: Trainer.StepMetrics) -> Progress {
    let tokensPerStep = Double(state.configuration.batch * state.configuration.length)
    return Progress(
      step: state.step, totalSteps: state.totalSteps, epoch: trainer.batcher.epochs,
      trainNats: step.nats, gradientNorm: step.gradientNorm,
      learningRate: Double(step.learningRate),
      charsPerSecond: speed.stepsPerSecond * tokensPerStep,
      seconds: earlierSeconds + clock.seconds,
      secondsLeft: state.totalSteps.map {
        Double($0 - state.step) / max(1e-9, speed.stepsPerSecond)
      })
  }

  private var isSampleStep: Bool {
    let step = state.step
    if let sampleEvery { return sampleEvery > 0 && step % sampleEvery == 0 }
    guard let total = state.totalSteps else { return false }
    return step < total && step % max(1, total / 4) == 0 && step + total / 8 < total
  }
}

// MARK: - Planning of a time budget

extension TrainingLoop {
  /// The fraction of a time budget that evaluations and saves may take during training.
  private static let overheadLimit = 0.08

  /// The seconds between checkpoints: few checkpoints in a short budget.
  private var saveInterval: Double { budget.seconds.map { max(10, min(30, $0 / 4)) } ?? 30 }

  private var schedule: EvaluationSchedule { schedule(total: state.totalSteps) }

  private func schedule(total: Int?) -> EvaluationSchedule {
    EvaluationSchedule(
      total: total, stepsPerEpoch: trainer.batcher.count,
      count: state.evaluationDensity.count ?? state.configuration.evaluationCount,
      growth: state.evaluationDensity.growth)
  }

  /// Plans the number of steps of a time budget: once the speed is measured, and again later, since the speed may change.
  ///
  /// The speed is measured for two seconds, a twentieth of the time, or a twentieth of the maximum number of steps.
  private mutating func plan(_ report: (Event) -> Void) {
    guard let seconds = budget.seconds else { return }
    let limit = budget.limit(perEpoch: trainer.batcher.count) ?? .max
    if state.totalSteps == nil {
      guard speed.steps >= 3, clock.seconds >= min(2, seconds / 20) || state.step >= limit / 20
      else { return }
      measureOverhead(of: seconds)
    } else {
      guard let next = replanning.first, clock.seconds >= next * seconds else { return }
      replanning.removeFirst()
      guard state.totalSteps != limit else { return }
    }
    let isFirst = state.totalSteps == nil
    let evaluations = schedule(total: state.totalSteps ?? reachable(seconds, limit))
    let remaining = Double(evaluations.remaining(after: state.step)) * overhead.evaluation
    let left = seconds - clock.seconds - remaining - overhead.final
    let steps = max(0, Int(left * 0.98 * speed.stepsPerSecond))
    state.totalSteps = max(1, state.step, min(limit, state.step + steps))
    if isFirst {
      report(
        .planned(
          steps: state.totalSteps ?? 0,
          epochs: Double(state.totalSteps ?? 0) / Double(trainer.batcher.count)))
    }
  }

  private func reachable(_ seconds: Double, _ limit: Int) -> Int {
    let steps = Int(max(0, seconds - clock.seconds) * speed.stepsPerSecond)
    return max(1, min(limit, state.step + steps))
  }

  /// Measures an evaluation and a save, and chooses the density of evaluations.
  private mutating func measureOverhead(of seconds: Double) {
    guard let validation else { return }
    var stopwatch = Stopwatch()
    _ = trainer.validationLoss(validation, limit: Self.evaluatedTokens)
    // About half of the evaluations find a better model and save it.
    overhead.evaluation = stopwatch.lap() + overhead.save / 2
    let sample = validation.range.prefix(2000)
    _ = evaluator.loss(validation.corpus, sample)
    let secondsPerToken = stopwatch.lap() / Double(max(1, sample.count))
    let exact = FinishedRun.isEvaluatedExactly(validation.range) ? validation.range.count : 0
    let final =
      state.configuration.ngrams == .off
      ? secondsPerToken * Double(exact)
      : NGramFitting.seconds(
        for: corpus, state.configuration, evaluatedTokens: exact, secondsPerToken: secondsPerToken)
    overhead.final = min(seconds / 4, final + overhead.save)
    let limit = budget.limit(perEpoch: trainer.batcher.count) ?? .max
    state.evaluationDensity = EvaluationSchedule.density(
      total: reachable(seconds, limit), stepsPerEpoch: trainer.batcher.count,
      count: state.configuration.evaluationCount, after: state.step,
      limit: max(1, Int(Self.overheadLimit * seconds / overhead.evaluation)))
  }
}

// MARK: - Evaluation, checkpoints and rollback

extension TrainingLoop {
  /// The maximum number of tokens of an evaluation during training, the same tokens each time. (Twenty evaluations of 100,000
  /// tokens took 30 s of a run of three minutes.)
  static let evaluatedTokens = 40_000

  private var evaluator: Evaluator {
    Evaluator(
      trainer.weights.network, parameters: trainer.averagedParameters, context: trainer.context)
  }

  /// Evaluates the model that the run starts from, so that it is kept if training does not improve it.
  private mutating func evaluateStart(_ report: (Event) -> Void) throws(RunError) {
    guard let validation else { return }
    let nats = trainer.validationLoss(validation, limit: Self.evaluatedTokens).natsPerToken
    guard nats.isFinite else { return }
    state.history.append(RunState.Evaluation(step: 0, trainNats: nats, validationNats: nats))
    try store.save(best: model)
    report(.note("Validation loss at the start: \(formatted(nats, "%.4f"))."))
  }

  /// Evaluates the validation loss, and keeps the model if it is the best so far.
  ///
  /// - Returns: False if the loss diverges at every learning rate; see `rollBack`.
  private mutating func evaluate(
    _ progress: Progress, _ metrics: MetricsLog, _ report: (Event) -> Void
  ) throws(RunError) -> Bool {
    let nats = validation.map {
      trainer.validationLoss($0, limit: Self.evaluatedTokens).natsPerToken
    }
    if let nats, !nats.isFinite { return try rollBack(.notFinite, report) }
    state.history.append(
      RunState.Evaluation(
        step: state.step, trainNats: state.recentNats / Double(max(1, state.recentSteps)),
        validationNats: nats))
    (state.recentNats, state.recentSteps) = (0, 0)
    state.postponeEarlyStopping()
    let isBest = state.best?.step == state.step
    if isBest {
      try store.save(best: model)
      // A rollback should return to a good model.
      if clock.seconds - lastSave > 10 { try save(report) }
    }
    var progress = progress
    progress.validationNats = nats
    metrics.append(progress)
    if let nats {
      report(.validated(progress, nats: nats, isBest: isBest))
    } else {
      report(.progress(progress))
    }
    return true
  }

  /// Saves the teachers and the first checkpoint; if one cannot be written, no teacher stays in the folder.
  private mutating func saveFirst(_ report: (Event) -> Void) throws(RunError) {
    guard !folder.hasCheckpoint else { return try save(report) }
    do throws(RunError) {
      try store.save(teachers: teachers)
      try save(report)
    } catch {
      store.removeTeachers(count: teachers.count)
      throw error
    }
  }

  private mutating func save(_ report: (Event) -> Void) throws(RunError) {
    (state.batcher, state.step, state.learningRateScale) = (
      trainer.batcher, trainer.step, trainer.learningRateScale
    )
    let start = clock.seconds
    guard try store.save(currentMetadata, state, { trainer.state }) else { return }
    lastSave = clock.seconds
    overhead.save = lastSave - start
    report(.saved(step: state.step))
  }

  /// Returns to the last checkpoint with half the learning rate.
  ///
  /// After three failed rollbacks to an early checkpoint, training restarts from new parameters.
  ///
  /// - Returns: False if the learning-rate scale has fallen below 1e-9.
  private mutating func rollBack(
    _ divergence: DivergenceDetector.Divergence, _ report: (Event) -> Void
  ) throws(RunError) -> Bool {
    let scale = trainer.learningRateScale / 2
    let (divergedStep, now) = (trainer.step, state)
    let checkpoint = try store.load()
    switch rollbackPolicy.action(checkpointStep: checkpoint.run.step, learningRateScale: scale) {
    case .stop: return false
    case .resume:
      trainer.load(checkpoint.trainer)
      state = checkpoint.run
    case .restart:
      let initial = TrainerState(
        now.configuration, vocabulary: metadata.vocabulary.count,
        tokenCount: trainer.batcher.tokenCount, teachers: now.teachers.map(\.architecture))
      trainer.load(initial)
      state = RunState(
        configuration: now.configuration, text: now.text, batcher: initial.batcher)
      state.teachers = now.teachers
    }
    trainer.learningRateScale = scale
    // Options and plans that are newer than the checkpoint are kept.
    (state.totalSteps, state.saveEvery) = (now.totalSteps, now.saveEvery)
    (state.patienceStart, state.evaluationDensity) = (now.patienceStart, now.evaluationDensity)
    state.learningRateScale = scale
    if divergence == .spike { state.detector.suppress(until: divergedStep) }
    report(
      .note("\(divergence): rolling back to step \(state.step) with half the learning rate."))
    return true
  }
}
