import ArgumentParser
import Foundation
import Geul

/// How a run saves and reports; what `train` and `resume` share.
struct RunOptions: ParsableArguments {
  @Option(help: "Show a sample every so many steps; 0 for none (default: four in a run).")
  var sampleEvery: Int?
  @Option(help: "Save a checkpoint every so many steps (default: every 30 seconds).")
  var saveEvery: Int?
  @Flag(name: .shortAndLong, help: "Report nothing but what needs attention.")
  var quiet = false
  @Flag(help: "Print one JSON object at the end.")
  var json = false

  func validate() throws {
    try check("--sample-every", sampleEvery, in: 0...1_000_000_000)
    try check("--save-every", saveEvery, in: 1...1_000_000_000)
  }

  /// What `--json` prints at the end.
  private struct Summary: Encodable {
    let out: String
    let validationNats: Double?
    let bitsPerByte: Double?
    let charsPerSecond: Double
    let steps: Int
    let bestStep: Int?
    let epochs: Double
    let seconds: Double
  }

  /// Runs to the end, or to a signal, and says how it went.
  func proceed(
    _ checkpoint: Checkpoint, corpus: Corpus, validation: Corpus?, folder: RunFolder,
    budget: Budget?, machine: MachineOptions, clock: Stopwatch
  ) throws {
    let (kernels, lanes) = (try machine.kernels, machine.lanes)
    var run = Run(
      checkpoint, corpus: corpus, validation: validation, folder: folder, budget: budget,
      saveEvery: saveEvery, sampleEvery: quiet ? 0 : sampleEvery, kernels: kernels, lanes: lanes,
      clock: clock)
    var report = RunReport(quiet: quiet, kernels: kernels, lanes: lanes)
    StopSignal.watch()
    let ending = try run.proceed(shouldStop: { StopSignal.hasCome }, report: { report.show($0) })
    guard ending == .finished else {
      Output.note(
        "Stopped after step \(run.record.step); all is saved. Go on with: geul resume \(folder.path)"
      )
      throw StopSignal.ending
    }
    let result = try run.finish()
    let seconds = clock.seconds
    if let result {
      Output.note(
        "Held out: \(number(result.score.natsPerUnit, 4)) nats"
          + " (\(number(result.score.bitsPerUnit, 4)) bits) a \(corpus.tokenizer.unit.rawValue),"
          + " \(number(result.bitsPerByte, 4)) bits a byte; best at step \(run.record.best?.step ?? 0)."
      )
    }
    Output.note(
      "Done in \(duration(seconds)). Write on with: geul generate \(folder.path) --prompt \"...\"")
    guard json else { return }
    try Output.json(
      Summary(
        out: folder.path, validationNats: result?.score.natsPerUnit,
        bitsPerByte: result?.bitsPerByte, charsPerSecond: report.last?.charsPerSecond ?? 0,
        steps: run.record.step, bestStep: run.record.best?.step,
        epochs: run.record.windows.epochs, seconds: seconds))
  }
}
