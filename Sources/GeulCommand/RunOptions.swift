import ArgumentParser
import Foundation
import Geul

/// How a run saves and reports; what `train` and `resume` share.
struct RunOptions: ParsableArguments {
  @Option(help: "Show a sample every so many steps; 0 for none (default: four in a run).")
  var sampleEvery: Int?
  @Option(
    help:
      "Save a checkpoint every so many steps (default: every 30 seconds).")
  var saveEvery: Int?
  @Flag(name: .shortAndLong, help: "Report nothing but what needs attention.")
  var quiet = false
  @Flag(help: "Print one JSON object at the end.")
  var json = false

  func validate() throws {
    try check("--sample-every", sampleEvery, in: 0...1_000_000_000)
    try check("--save-every", saveEvery, in: 1...1_000_000_000)
  }

  /// What `--json` prints at the end; what there is none of is null.
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

  /// Says how the run stands, unless that was not asked for.
  func tell(_ sentence: String) {
    if !quiet { Output.note(sentence) }
  }

  /// Says how the model stands to counting, and what would help where it is not well.
  private func assess(
    _ nats: Double, unigram: Double?, trigram: Double?, _ record: RunState
  ) {
    guard let unigram, let trigram else { return }
    tell(
      "By counting alone: \(number(unigram, 4)) nats from the frequency of each unit, \(number(trigram, 4)) from the"
        + " two units before it.")
    let last = record.history.last?.validationNats ?? nats
    let best = record.best?.validationNats ?? nats
    let isByHeart = last > best + 0.02
    if nats > trigram { tell("The model foretells worse than that.") }
    if isByHeart {
      tell(
        "After step \(record.best?.step ?? 0) the model learned the text by heart rather than its language:"
          + " more text, or a higher --dropout, would help; more time would not.")
    } else if nats > trigram {
      tell("Give it more time (--minutes), or, if the text is small, more text.")
    }
  }

  /// Runs to the end, or to a signal, and says how it went.
  ///
  /// `latestIsWhole` is false if the newest checkpoint is damaged and must not become the previous one.
  func proceed(
    _ checkpoint: consuming Checkpoint, corpus: Corpus, validation: Corpus?, folder: RunFolder,
    budget: Budget?, machine: MachineOptions, clock: Stopwatch, latestIsWhole: Bool = true
  ) throws {
    let (kernels, pool) = (try machine.kernels, machine.pool)
    var run = TrainingRun(
      checkpoint, corpus: corpus, validation: validation, folder: folder, budget: budget,
      saveEvery: saveEvery, sampleEvery: quiet ? 0 : sampleEvery, kernels: kernels, pool: pool,
      clock: clock)
    run.keepsPrevious = latestIsWhole
    var report = RunReport(folder, quiet: quiet, kernels: kernels, pool: pool)
    StopSignal.watch()
    let path = folder.path
    let ending = try run.proceed(shouldStop: { StopSignal.hasCome }, report: { report.show($0) })
    switch ending {
    case .finished: break
    case .diverged:
      throw CommandError(
        "\(path): the loss explodes after step \(run.record.step), however small the learning rate."
          + " Train anew with a smaller --learning-rate.")
    case .stopped:
      Output.note(
        "Stopped after step \(run.record.step); all is saved. Go on with: geul resume \(path)")
      throw StopSignal.ending
    }
    let finished = (consume run).finished
    let final: FinishedRun.FinalScore?
    do throws(RunError) { final = try finished.score(unless: { StopSignal.hasCome }) } catch {
      guard case .stopped = error else { throw error }
      Output.note("All steps are made and saved, but not scored. For that: geul resume \(path)")
      throw StopSignal.ending
    }
    let seconds = clock.seconds
    if let final {
      tell(
        "Held out: \(number(final.score.natsPerUnit, 4)) nats"
          + " (\(number(final.score.bitsPerUnit, 4)) bits) a \(corpus.tokenizer.unit.rawValue),"
          + " \(number(final.bitsPerByte, 4)) bits a byte; best at step \(finished.record.best?.step ?? 0)."
          + (final.isExact ? "" : " A sample of it: geul evaluate scores all.")
      )
    }
    guard !quiet || json else { return }
    let (unigram, trigram) = (finished.counted(order: 1), finished.counted(order: 3))
    if let final {
      assess(final.score.natsPerUnit, unigram: unigram, trigram: trigram, finished.record)
    }
    tell("Done in \(duration(seconds)). Write on with: geul generate \(path) --prompt \"...\"")
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
