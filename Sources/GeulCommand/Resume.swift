import ArgumentParser
import Foundation
import Geul

/// `geul resume`: go on exactly where a run stopped.
struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Go on with a run exactly where it stopped.",
    usage: "geul resume <folder> [<corpus> ...] [<options>]",
    discussion: """
      Without a length the run goes on to the end that was planned. With one, its length in all becomes that \
      (--epochs, --steps), or so much longer (--minutes, --seconds).
      """)

  @Argument(help: "Folder of the run.")
  var folder: String
  @Argument(help: "The text, if it has moved since or came from standard input.")
  var corpus: [String] = []
  @OptionGroup(title: "How long") var budget: BudgetOptions
  @OptionGroup(title: "Saving and reporting") var reporting: RunOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let clock = Stopwatch()
    let folder = RunFolder(self.folder)
    guard
      FileManager.default.fileExists(atPath: folder.latest.path)
        || FileManager.default.fileExists(atPath: folder.latest.previousPath)
    else {
      throw CommandError(
        "\(folder.path) holds no run: there is no latest.safetensors. Give the folder that geul train made."
      )
    }
    let loaded = try folder.loadLatest()
    if let notice = loaded.notice { Output.note(notice) }
    let isWhole = loaded.problem == nil
    let checkpoint = (consume loaded).value
    let choice = checkpoint.record.text
    let options = CorpusOptions(
      tokenizer: checkpoint.model.metadata.tokenizer, encoding: choice.encoding,
      invalid: choice.invalid, minimumCount: choice.minimumCount)
    let sources = corpus.isEmpty ? choice.sources : corpus
    if sources.contains("-"), corpus.isEmpty {
      throw CommandError(
        "\(folder.path): its text came from standard input. Give it again: geul resume \(folder.path) FILE."
      )
    }
    let corpus = try readCorpus(sources, options)
    try checkSame(corpus, checkpoint, sources)
    let validation = try choice.validationSource.map { source in
      var options = options
      options.vocabulary = corpus.vocabulary
      return try readCorpus([source], options)
    }
    let budget = budget(for: checkpoint.record)
    try RunPlan(
      settings: checkpoint.record.settings, corpus: corpus, budget: budget ?? .default,
      kernels: machine.kernels, pool: machine.pool
    ).checkMemory()
    try reporting.proceed(
      consume checkpoint, corpus: corpus, validation: validation, folder: folder,
      budget: budget, machine: machine, clock: clock,
      latestIsWhole: isWhole)
  }

  /// How long the run is to be; nil to go on to the end that was planned.
  private func budget(for record: RunState) -> Budget? {
    guard let budget = budget.budget else {
      // It was stopped before its speed, and so its length, was known.
      guard let total = record.totalSteps else { return .default }
      if record.step >= total {
        reporting.tell(
          "This run is finished: \(total) steps. To go further, say how long: --minutes 5.")
      }
      return nil
    }
    if let steps = budget.steps(per: record.windows.count), record.step >= steps {
      reporting.tell(
        "This run has \(record.step) steps already, and \(steps) were asked for: no more are made.")
    }
    return budget
  }

  /// A place in one text means nothing in another.
  private func checkSame(_ corpus: Corpus, _ checkpoint: Checkpoint, _ sources: [String]) throws {
    let names = sources.joined(separator: ", ")
    guard corpus.hash == checkpoint.model.metadata.training?.corpusHash,
      corpus.vocabulary == checkpoint.model.metadata.vocabulary,
      checkpoint.record.windows.units
        == TrainingRun.trainingUnits(of: corpus, checkpoint.record.settings)
    else {
      throw CommandError(
        "\(names): this text is not the one that the run was training on. Bring that text back, or train anew."
      )
    }
  }
}
