import ArgumentParser
import Foundation
import Geul

/// Options of checkpoints and output, shared by `train` and `resume`.
struct RunOptions: ParsableArguments {
  @Option(help: "Print a sample every N steps; 0 for none (default: four in a run).")
  var sampleEvery: Int?
  @Option(help: "Save a checkpoint every N steps (default: every 30 seconds).")
  var saveEvery: Int?
  @Flag(name: .shortAndLong, help: "Print only warnings and errors.")
  var quiet = false
  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    try check("--sample-every", sampleEvery, in: 0...1_000_000_000)
    try check("--save-every", saveEvery, in: 1...1_000_000_000)
  }

  /// The JSON object of `--json`; missing values are null.
  private struct Summary: Encodable {
    let out: String
    let validationNats: Double?
    let unigramNats: Double?
    let trigramNats: Double?
    let bitsPerByte: Double?
    let charsPerSecond: Double
    let steps: Int
    let bestStep: Int?
    let epochs: Double
    let seconds: Double

    enum CodingKeys: CodingKey {
      case out, validationNats, unigramNats, trigramNats, bitsPerByte, charsPerSecond, steps,
        bestStep, epochs, seconds
    }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: CodingKeys.self)
      try object.encode(out, forKey: .out)
      try object.encode(validationNats, forKey: .validationNats)
      try object.encode(unigramNats, forKey: .unigramNats)
      try object.encode(trigramNats, forKey: .trigramNats)
      try object.encode(bitsPerByte, forKey: .bitsPerByte)
      try object.encode(charsPerSecond, forKey: .charsPerSecond)
      try object.encode(steps, forKey: .steps)
      try object.encode(bestStep, forKey: .bestStep)
      try object.encode(epochs, forKey: .epochs)
      try object.encode(seconds, forKey: .seconds)
    }
  }

  /// Prints a line to standard error, unless `--quiet`.
  func note(_ sentence: String) {
    if !quiet { Output.note(sentence) }
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

  /// Trains to the end or to a signal, evaluates the best model and prints the results.
  ///
  /// - Parameter latestIsIntact: false if the newest checkpoint is damaged and must not become the
  ///   previous one.
  func run(
    _ checkpoint: consuming Checkpoint, corpus: Corpus, validation: Corpus?, folder: RunFolder,
    budget: Budget?, machine: MachineOptions, clock: Stopwatch, latestIsIntact: Bool = true
  ) throws {
    let (kernels, pool) = (try machine.kernels, machine.pool)
    var run = TrainingRun(
      checkpoint, corpus: corpus, validation: validation, folder: folder, budget: budget,
      saveEvery: saveEvery, sampleEvery: quiet ? 0 : sampleEvery, kernels: kernels, pool: pool,
      clock: clock)
    run.keepsPrevious = latestIsIntact
    var report = RunReport(folder, quiet: quiet, kernels: kernels, pool: pool)
    StopSignal.watch()
    let path = folder.path
    let ending = try run.proceed(
      shouldStop: { StopSignal.isReceived }, report: { report.show($0) })
    switch ending {
    case .finished: break
    case .diverged:
      throw CommandError(
        "\(path): the loss diverges after step \(run.record.step) even at the smallest learning rate."
          + " Train a new model with a smaller --learning-rate.")
    case .stopped:
      Output.note(
        "Stopped after step \(run.record.step); checkpoint saved. Continue with: geul resume \(path)"
      )
      throw StopSignal.error
    }
    let finished = (consume run).finished
    let final: FinishedRun.FinalScore?
    do throws(RunError) { final = try finished.score(unless: { StopSignal.isReceived }) } catch {
      guard case .stopped = error else { throw error }
      Output.note(
        "Training is complete and saved; the final evaluation is missing. Run it with: geul resume \(path)"
      )
      throw StopSignal.error
    }
    let seconds = clock.seconds
    let unit = corpus.tokenizer.unit
    if let final {
      note(
        "Validation: \(number(final.score.natsPerUnit, 4)) nats/\(unit.shortName)"
          + " (\(number(final.score.bitsPerUnit, 4)) bits/\(unit.shortName)),"
          + " \(number(final.bitsPerByte, 4)) bits/byte; best step \(finished.record.best?.step ?? 0)."
          + (final.isExact ? "" : " Estimated from a sample; geul evaluate scores the whole text.")
      )
    }
    guard !quiet || json else { return }
    let (unigram, trigram) = (finished.counted(order: 1), finished.counted(order: 3))
    if let final {
      assess(
        final.score.natsPerUnit, unigram: unigram, trigram: trigram, unit: unit, finished.record)
    }
    note("Done in \(duration(seconds)). Generate with: geul generate \(path) --prompt \"...\"")
    guard json else { return }
    try Output.json(
      Summary(
        out: path, validationNats: final?.score.natsPerUnit, unigramNats: unigram,
        trigramNats: trigram, bitsPerByte: final?.bitsPerByte,
        charsPerSecond: report.last?.charsPerSecond ?? 0, steps: finished.record.step,
        bestStep: finished.record.best?.step, epochs: finished.record.windows.epochs,
        seconds: seconds))
  }
}
