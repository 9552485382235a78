import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// Options of checkpoints and output, shared by `train` and `resume`.
struct RunOptions: ParsableArguments {
  @Option(
    help: .advanced(
      "Print a sample every n steps; 0 disables (default: four per run).", valueName: "n"))
  var sampleEvery: Int?
  @Option(
    help: .advanced(
      "Save a checkpoint every n steps (default: every 30 seconds).", valueName: "n"))
  var saveEvery: Int?
  @Option(
    help: .advanced(
      "Write the metrics to an event file of TensorBoard as well.", valueName: "directory"))
  var tensorboard: String?
  @Flag(name: .shortAndLong, help: "Print only warnings and errors.")
  var quiet = false
  @Flag(help: .advanced("Print the result as one JSON object."))
  var json = false

  func validate() throws {
    try check("--sample-every", sampleEvery, in: 0...1_000_000_000)
    try check("--save-every", saveEvery, in: 1...1_000_000_000)
  }

  /// The JSON object of `--json`.
  private struct Summary: Encodable {
    let out: String
    @OrNull var validationNats: Double?
    /// Absent if the model has no n-grams.
    let networkNats: Double?
    @OrNull var unigramNats: Double?
    @OrNull var trigramNats: Double?
    @OrNull var bitsPerByte: Double?
    let charsPerSecond: Double
    let steps: Int
    @OrNull var bestStep: Int?
    let epochs: Double
    let seconds: Double
  }

  /// Prints a line to standard error, unless `--quiet`.
  func note(_ sentence: String) {
    if !quiet { Output.note(sentence) }
  }

  /// Throws if the directory of `--tensorboard` cannot be used; only a resumed run continues in one with event files.
  func checkTensorBoard(resuming: Bool = false) throws {
    guard let tensorboard else { return }
    try TensorBoardDirectory(tensorboard).check(overwriting: resuming)
  }

  /// Compares the final loss with the n-gram baselines and suggests a remedy for overfitting or underfitting.
  private func assess(
    _ nats: Double, unigram: Double?, trigram: Double?, unit: TokenUnit, _ state: RunState
  ) {
    guard let unigram, let trigram else { return }
    note(
      "Baselines: unigram \(number(unigram, 4)), trigram \(number(trigram, 4)) nats/\(unit.shortName)."
    )
    if nats > trigram { note("The model is worse than the trigram baseline.") }
    let last = state.history.last?.validationNats ?? nats
    let best = state.best?.validationNats ?? nats
    if last > best + 0.02 {
      note(
        "The model overfits after step \(state.best?.step ?? 0)."
          + " Use more text or a higher --dropout; more training does not help.")
    } else if nats > trigram {
      note("Train longer (--minutes), or use more text if the text is small.")
    }
  }

  /// Runs a session to its end or to a signal, and prints the results.
  ///
  /// `introduction` is printed once the run has started. `history` has the metrics of the run before this session.
  /// `configuration` is written once the first checkpoint is saved.
  func run(
    _ session: consuming TrainingSession, introduction: String? = nil, clock: Stopwatch,
    ranks: Ranks, history: [TrainingLoop.Progress] = [], configuration: ConfigurationFile? = nil
  ) throws {
    let (path, unit) = (session.folder.path, session.plan.corpus.tokenizer.unit)
    var report = RunReport(
      session.folder, unit: unit, quiet: quiet, introduction: introduction,
      context: session.plan.context)
    let historyEnd = session.folder.metricsTime
    var configuration = configuration
    var events = tensorboard.map {
      TensorBoardReport($0, history: history, historyEnd: historyEnd)
    }
    StopSignal.watch()
    let watch = try ranks.watch(path: path)
    defer { watch?.end() }
    let result = try session.run(
      saveEvery: saveEvery, sampleEvery: quiet ? 0 : sampleEvery, baselines: !quiet || json,
      clock: clock, shouldStop: { watch?.shouldStop() ?? StopSignal.isReceived },
      group: ranks.group,
      report: {
        if case .saved = $0, let file = configuration.take() { file.write(in: path) }
        report.show($0)
        events?.show($0)
      })
    switch result {
    case .stopped(let step):
      Output.note(
        "Stopped after step \(step); checkpoint saved. Continue with: geul resume \(path)")
      throw StopSignal.error
    case .notEvaluated:
      Output.note(
        "Training is complete and saved; the final evaluation is missing. Run it with: geul resume \(path)"
      )
      throw StopSignal.error
    case .finished(let summary):
      try show(summary, path, unit, charsPerSecond: report.last?.charsPerSecond ?? 0)
    }
  }

  private func show(
    _ summary: TrainingSession.Summary, _ path: String, _ unit: TokenUnit, charsPerSecond: Double
  ) throws {
    let state = summary.state
    if let final = summary.loss {
      note(
        "Validation: \(number(final.loss.natsPerToken, 4)) nats/\(unit.shortName)"
          + " (\(number(final.loss.bitsPerToken, 4)) bits/\(unit.shortName)),"
          + " \(number(final.bitsPerByte, 4)) bits/byte; best step \(state.best?.step ?? 0)."
          + (final.isExact ? "" : " Estimated from a sample; geul evaluate scores the whole text.")
      )
      if let nats = final.networkNats {
        note(
          "The model mixes the network with n-grams of the text; the network alone has \(number(nats, 4)) nats/\(unit.shortName)."
        )
      }
      assess(
        final.loss.natsPerToken, unigram: summary.unigramNats, trigram: summary.trigramNats,
        unit: unit, state)
    }
    note(
      "Done in \(duration(summary.seconds)). Generate with: geul generate \(path)"
        + (state.text.labels == nil ? "" : " --label NAME")
        + (state.text.listSeed == nil ? " --prompt \"...\"" : " --lines 20 --new-only"))
    guard json else { return }
    try Output.json(
      Summary(
        out: path, validationNats: summary.loss?.loss.natsPerToken,
        networkNats: summary.loss?.networkNats,
        unigramNats: summary.unigramNats, trigramNats: summary.trigramNats,
        bitsPerByte: summary.loss?.bitsPerByte, charsPerSecond: charsPerSecond,
        steps: state.step, bestStep: state.best?.step, epochs: state.batcher.epochs,
        seconds: summary.seconds))
  }
}
