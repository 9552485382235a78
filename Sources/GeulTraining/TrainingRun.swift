internal import Foundation
public import GeulCompute
public import GeulModel
internal import GeulStorage
public import GeulText

/// A run: trains until the budget is used up, scores the part held out, keeps the best model, saves and reports.
///
/// Everything that lasts is a function of steps, not of time: a run that was stopped and resumed leaves the same
/// bytes as one that was not. But for a divergence: it goes back to what was saved last.
public struct TrainingRun {
  /// What has been computed so far.
  public private(set) var record: RunState
  /// The folder that it is kept in.
  public let folder: RunFolder

  private var trainer: Trainer
  private let metadata: Model.Metadata
  private let corpus: Corpus
  private let heldOut: (corpus: Corpus, range: Range<Int>)?
  private let budget: Budget
  private let sampleEvery: Int?
  private let pool: ThreadPool
  private let clock: Stopwatch
  /// Whether the newest checkpoint becomes the previous one when the next is saved: false if it is known to be damaged.
  public var keepsPrevious = true
  private var lastSave = 0.0
  /// To which step the run went back last, and how many times in a row.
  private var returns = (step: 0, count: 0)
  /// What the newest checkpoint says, if this process wrote it.
  private var saved: RunState?
  /// For tests: what is done to the gradients before a step is taken.
  package var fault: Trainer.Fault? {
    get { trainer.fault }
    set { trainer.fault = newValue }
  }

  /// What a run tells of itself as it goes.
  public enum Event: Sendable {
    /// A sentence for the user.
    case note(String)
    /// The speed has been measured, and the number of steps is fixed.
    case planned(steps: Int, epochs: Double)
    /// How far it is.
    case progress(Progress)
    /// The part held out was scored.
    case validated(Progress, nats: Double, isBest: Bool)
    /// The part held out is foretold ever worse since step `best`: more steps would be for nothing.
    case stoppedEarly(best: Int)
    /// It is time to show what the model writes.
    case sample(Model, Progress)
    /// The newest checkpoint is on the disk.
    case saved(step: Int)
  }

  /// How far a run is.
  public struct Progress: Codable, Sendable {
    /// Steps made.
    public var step: Int
    /// Steps in all; nil until the speed has been measured.
    public var totalSteps: Int?
    /// Times through the text.
    public var epoch: Double
    /// Loss of the last steps, in nats a unit.
    public var trainNats: Double
    /// The last loss on the part held out, in nats a unit.
    public var validationNats: Double?
    /// The last gradient's global norm.
    public var gradientNorm: Double
    /// The last learning rate.
    public var learningRate: Double
    /// Units trained on in a second.
    public var charsPerSecond: Double
    /// Since the run, or its resumption, began.
    public var seconds: Double
    /// Until it is done; nil until the speed has been measured.
    public var secondsLeft: Double?
  }

  /// How a run ended.
  public enum Ending: Sendable, Equatable {
    /// All steps were made.
    case finished
    /// The caller asked for it; the checkpoint is on the disk.
    case stopped
    /// The loss explodes again and again, however small the learning rate; the last good checkpoint is on the disk.
    case diverged
  }

  /// A run from its beginning, or from a checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: its beginning (see `Checkpoint.fresh`) or what was saved; whoever keeps it keeps a second set of
  ///     parameters and moments in memory.
  ///   - corpus: the text.
  ///   - validation: a text of its own for validation; nil to hold out the end of `corpus`.
  ///   - folder: where checkpoints go.
  ///   - budget: how long the run is to be in all; nil to go on with the checkpoint's number of steps.
  ///   - saveEvery: steps between checkpoints; nil for what the checkpoint says.
  ///   - sampleEvery: steps between samples; nil for about four a run, 0 for none.
  ///   - kernels: what computes.
  ///   - lanes: the threads.
  ///   - clock: what a budget of seconds counts from.
  public init(
    _ checkpoint: consuming Checkpoint, corpus: Corpus, validation: Corpus?, folder: RunFolder,
    budget: Budget?, saveEvery: Int?, sampleEvery: Int?, kernels: Kernels, pool: ThreadPool,
    clock: Stopwatch = Stopwatch()
  ) {
    record = checkpoint.record
    metadata = checkpoint.model.metadata
    trainer = Trainer(
      record.settings, state: checkpoint.state, vocabulary: metadata.vocabulary.count,
      kernels: kernels, pool: pool)
    self.corpus = corpus
    self.folder = folder
    if let saveEvery { record.saveEvery = saveEvery }
    self.sampleEvery = sampleEvery
    self.pool = pool
    self.clock = clock
    let held = Self.trainingUnits(of: corpus, record.settings)..<corpus.count
    heldOut =
      validation.map { ($0, 0..<$0.count) } ?? (held.count >= 2 ? (corpus, held) : nil)
    self.budget = budget ?? .steps(record.totalSteps ?? 1)
    if budget != nil || record.totalSteps == nil {
      record.totalSteps = self.budget.steps(per: trainer.windows.count)
    }
    record.totalSteps = record.totalSteps.map { max($0, record.step) }
    // Whoever asks for more is not stopped for what was before.
    if budget != nil { record.patientSince = record.step }
  }

  /// How many units of a text are for training: as `evaluate --fraction` cuts it, unless another text is for validation.
  public static func trainingUnits(of corpus: Corpus, _ settings: TrainingConfiguration) -> Int {
    Int(Double(corpus.count) * (1 - settings.validationFraction))
  }

  /// Runs until the budget is used up or `shouldStop` says so.
  ///
  /// - Throws: `RunError` when a checkpoint cannot be written, and then the one before it is intact; when none can be
  ///   read to go back to; or when another process is training in this folder.
  public mutating func proceed(
    shouldStop: () -> Bool, report: (Event) -> Void
  ) throws(RunError) -> Ending {
    let lock = try locked()
    defer { withExtendedLifetime(lock) {} }
    if record.step == 0 { try save(report) }
    let metrics = MetricsLog(folder.metricsPath, upTo: record.step)
    var speed = Speed(from: clock.seconds)
    var lastReport = -1.0
    while record.totalSteps.map({ record.step < $0 }) ?? true {
      if record.isOutOfPatience {
        report(.stoppedEarly(best: record.best?.step ?? 0))
        break
      }
      if shouldStop() {
        try save(report)
        return .stopped
      }
      let isSettled = trainer.windows.isSettled
      let outcome = trainer.step(corpus, of: record.totalSteps)
      let fault =
        outcome.isSound
        ? record.watch.fault(
          in: outcome.nats, ignorance: ignorance, step: trainer.step, isSettled: isSettled)
        : .notFinite
      if let fault {
        guard try stepBack(fault, report) else { return .diverged }
        continue
      }
      record.step = trainer.step
      record.recentNats += outcome.nats
      record.recentSteps += 1
      speed.add(seconds: clock.seconds)
      let progress = progress(outcome, speed)
      if record.totalSteps == nil { plan(speed, report) }
      if scoreTimes(record.totalSteps).contains(record.step) {
        guard try validate(progress, metrics, report) else { return .diverged }
      } else if clock.seconds - lastReport >= 1 || record.step == record.totalSteps {
        metrics.append(progress)
        report(.progress(progress))
        lastReport = clock.seconds
      }
      if isSampleStep(record.step) { report(.sample(model, progress)) }
      if let saveEvery = record.saveEvery {
        if record.step % saveEvery == 0 { try save(report) }
      } else if clock.seconds - lastSave > 30 {
        try save(report)
      }
    }
    if record.history.isEmpty {  // fewer steps than were made already, and none of them scored
      let mean = record.recentNats / Double(max(1, record.recentSteps))
      let outcome = Trainer.StepMetrics(nats: mean, gradientNorm: 0, learningRate: 0)
      guard try validate(progress(outcome, speed), metrics, report) else { return .diverged }
    }
    try save(report)
    return .finished
  }

  private func locked() throws(RunError) -> FolderLock {
    do { return try FolderLock(folder.path) } catch { throw .file(error) }
  }

  /// Fixes the number of steps as soon as the speed is known well enough.
  ///
  /// That is after two seconds, or a twentieth of the time or of the steps that there may be at most.
  private mutating func plan(_ speed: Speed, _ report: (Event) -> Void) {
    guard let seconds = budget.seconds else { return }
    let limit = budget.limit(per: trainer.windows.count) ?? .max
    guard speed.steps >= 3, clock.seconds >= min(2, seconds / 20) || record.step >= limit / 20
    else { return }
    let before = clock.seconds
    var scoring = 0.0
    if let heldOut {
      _ = scorer.estimate(heldOut.corpus, heldOut.range, limit: estimateLimit)
      let reachable = budget.steps(
        per: trainer.windows.count, done: record.step, stepsPerSecond: speed.stepsPerSecond,
        secondsLeft: seconds - clock.seconds)
      scoring =
        (clock.seconds - before) * Double(scoreTimes(reachable).remaining(after: record.step))
      let sample = heldOut.range.prefix(2000)
      let begin = clock.seconds
      _ = scorer.score(heldOut.corpus, sample)
      let last = FinishedRun.isScoredExactly(heldOut.range) ? heldOut.range.count : 0
      scoring += (clock.seconds - begin) * Double(last) / Double(sample.count)
    }
    scoring = min(scoring, seconds / 2)  // or nothing would be left to learn in
    let left = seconds - clock.seconds - scoring
    let plan = budget.steps(
      per: trainer.windows.count, done: record.step, stepsPerSecond: speed.stepsPerSecond,
      secondsLeft: left * 0.95)
    record.totalSteps = max(plan, record.step)
    let epochs = Double(record.totalSteps ?? 0) / Double(trainer.windows.count)
    report(.planned(steps: record.totalSteps ?? 0, epochs: epochs))
  }

  private func scoreTimes(_ total: Int?) -> EvaluationSchedule {
    EvaluationSchedule(
      total: total, perEpoch: trainer.windows.count, count: record.settings.validations)
  }

  private func isSampleStep(_ step: Int) -> Bool {
    if let sampleEvery { return sampleEvery > 0 && step % sampleEvery == 0 }
    guard let total = record.totalSteps else { return false }
    return step < total && step % max(1, total / 4) == 0 && step + total / 8 < total
  }

  /// The model as it is now.
  private var model: Model {
    var metadata = metadata
    metadata.training = Model.Metadata.Training(
      step: record.step, epochs: trainer.windows.epochs, corpusHash: corpus.hash,
      validationFraction: record.settings.validationFraction)
    return Model(metadata, parameters: trainer.average)
  }

  private var scorer: Evaluator {
    Evaluator(
      trainer.weights.network, parameters: trainer.average, kernels: trainer.kernels, pool: pool)
  }

  /// Twenty times 100,000 took some 30 s of a run of three minutes; what is compared is the same part each time.
  private var estimateLimit: Int { 40_000 }

  /// Scores the part held out, and keeps the model if it is the best so far.
  ///
  /// - Returns: whether to go on; see `stepBack`.
  private mutating func validate(
    _ progress: Progress, _ metrics: MetricsLog, _ report: (Event) -> Void
  ) throws(RunError) -> Bool {
    let nats = heldOut.map {
      scorer.estimate($0.corpus, $0.range, limit: estimateLimit).natsPerUnit
    }
    if let nats, !nats.isFinite { return try stepBack(.notFinite, report) }
    record.history.append(
      RunState.Point(
        step: record.step, trainNats: record.recentNats / Double(max(1, record.recentSteps)),
        validationNats: nats))
    (record.recentNats, record.recentSteps) = (0, 0)
    let isBest = record.best?.step == record.step
    if isBest {
      try model.safetensors.save(to: folder.best)
      // If the run has to go back, then to what is worth it.
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

  /// The loss of a network that knows nothing.
  private var ignorance: Double { log(Double(metadata.vocabulary.count)) }

  /// What is left to do when all steps are made; the room for training is free again once the run itself is gone.
  public var finished: FinishedRun {
    FinishedRun(
      record: record, folder: folder, corpus: corpus, heldOut: heldOut, kernels: trainer.kernels,
      pool: pool)
  }

  /// Goes back to what was saved last, with half the learning rate.
  ///
  /// If that helps three times to nothing, and it was saved early, it was spoilt already: then to the beginning.
  ///
  /// - Returns: whether there is hope: after thirty halvings the rate is not to blame.
  private mutating func stepBack(
    _ fault: DivergenceDetector.Fault, _ report: (Event) -> Void
  ) throws(RunError) -> Bool {
    let scale = trainer.rateScale / 2
    guard scale > 1e-9 else { return false }
    let exploded = trainer.step
    let now = record
    var (state, last) = try lastSaved()
    returns = last.step == returns.step ? (last.step, returns.count + 1) : (last.step, 1)
    if returns.count > 3, last.step <= 100 {
      let units = trainer.windows.units
      state =
        Trainer(
          record.settings, vocabulary: metadata.vocabulary.count, units: units,
          kernels: trainer.kernels, pool: pool
        ).state
      last = RunState(settings: record.settings, text: record.text, windows: state.windows)
    }
    trainer.restore(state)
    trainer.rateScale = scale
    record = last
    // What the run was told and has planned since stays.
    (record.totalSteps, record.saveEvery) = (now.totalSteps, now.saveEvery)
    (record.patientSince, record.rateScale) = (now.patientSince, scale)
    if fault == .jump { record.watch.pardon(until: exploded) }
    report(.note("\(fault): going back to step \(record.step) with half the learning rate."))
    return true
  }

  private func lastSaved() throws(RunError) -> (TrainerState, RunState) {
    do throws(FormatError) {
      let checkpoint = try folder.loadLatest().value
      return (checkpoint.state, checkpoint.record)
    } catch { throw .format(error) }
  }

  private func progress(_ outcome: Trainer.StepMetrics, _ speed: Speed) -> Progress {
    let perStep = Double(record.settings.batch * record.settings.length)
    return Progress(
      step: record.step, totalSteps: record.totalSteps, epoch: trainer.windows.epochs,
      trainNats: outcome.nats, validationNats: record.history.last?.validationNats,
      gradientNorm: outcome.gradientNorm, learningRate: Double(outcome.learningRate),
      charsPerSecond: speed.stepsPerSecond * perStep, seconds: clock.seconds,
      secondsLeft: record.totalSteps.map {
        Double($0 - record.step) / max(1e-9, speed.stepsPerSecond)
      })
  }

  private mutating func save(_ report: (Event) -> Void) throws(RunError) {
    let state = trainer.state
    (record.windows, record.step, record.rateScale) = (state.windows, state.step, state.rateScale)
    guard record != saved else { return }
    try Checkpoint(model: model.metadata, record: record, state: state).safetensors.save(
      to: folder.latest, keepingPrevious: keepsPrevious)
    (keepsPrevious, saved, lastSave) = (true, record, clock.seconds)
    report(.saved(step: record.step))
  }
}
