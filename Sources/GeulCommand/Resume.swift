import ArgumentParser
import Foundation
import Geul

/// `geul resume`: continues a training run exactly where it stopped.
struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Continue a training run exactly where it stopped.",
    usage: "geul resume <folder> [<corpus> ...] [<options>]",
    discussion: """
      Without a budget the run continues to its planned end. --epochs and --steps set its total length; --minutes and \
      --seconds add training time.
      """)

  @Argument(help: "Run directory.")
  var folder: String
  @Argument(help: "The training text, if it was moved or came from standard input.")
  var corpus: [String] = []
  @OptionGroup(title: "Training time") var budget: BudgetOptions
  @OptionGroup(title: "Checkpoints and output") var reporting: RunOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let clock = Stopwatch()
    let folder = RunFolder(self.folder)
    guard
      FileManager.default.fileExists(atPath: folder.latest.path)
        || FileManager.default.fileExists(atPath: folder.latest.previousPath)
    else {
      throw CommandError(
        "\(folder.path) is not a run directory: it has no latest.safetensors. Give a run directory of geul train."
      )
    }
    let loaded = try folder.loadLatest()
    if let notice = loaded.notice { Output.note(notice) }
    let isIntact = loaded.problem == nil
    let checkpoint = (consume loaded).value
    let choice = checkpoint.record.text
    let options = CorpusOptions(
      tokenizer: checkpoint.model.metadata.tokenizer, encoding: choice.encoding,
      invalid: choice.invalid, minimumCount: choice.minimumCount)
    let sources = corpus.isEmpty ? choice.sources : corpus
    if sources.contains("-"), corpus.isEmpty {
      throw CommandError(
        "\(folder.path): the training text came from standard input. Give it again: geul resume \(folder.path) FILE."
      )
    }
    let corpus = try readCorpus(sources, options)
    try checkIsTrainingText(corpus, checkpoint, sources)
    let validation = try choice.validationSource.map { source in
      var options = options
      options.vocabulary = corpus.vocabulary
      return try readCorpus([source], options)
    }
    let budget = budget(for: checkpoint.record)
    try RunPlan(
      configuration: checkpoint.record.settings, corpus: corpus, budget: budget ?? .default,
      kernels: machine.kernels, pool: machine.pool
    ).checkMemory()
    try reporting.run(
      consume checkpoint, corpus: corpus, validation: validation, folder: folder,
      budget: budget, machine: machine, clock: clock,
      latestIsIntact: isIntact)
  }

  /// Returns the new budget; nil to continue to the planned end.
  private func budget(for state: RunState) -> Budget? {
    guard let budget = budget.budget else {
      // The run stopped before its speed was measured and its length planned.
      guard let total = state.totalSteps else { return .default }
      if state.step >= total {
        reporting.note(
          "The run is complete: \(quantity(total, "step")). To train longer, give a budget, such as --minutes 5."
        )
      }
      return nil
    }
    if let steps = budget.steps(per: state.windows.count), state.step >= steps {
      reporting.note(
        "The run already has \(quantity(state.step, "step")), and the budget is \(steps): nothing to train."
      )
    }
    return budget
  }

  /// Throws unless the text is the one that the run was training on: its position and vocabulary
  /// apply to no other.
  private func checkIsTrainingText(
    _ corpus: Corpus, _ checkpoint: Checkpoint, _ sources: [String]
  ) throws {
    guard corpus.hash == checkpoint.model.metadata.training?.corpusHash,
      corpus.vocabulary == checkpoint.model.metadata.vocabulary,
      checkpoint.record.windows.units
        == TrainingRun.trainingUnits(of: corpus, checkpoint.record.settings)
    else {
      throw CommandError(
        "\(sources.joined(separator: ", ")): not the text that the run was training on."
          + " Restore that text, or train a new model."
      )
    }
  }
}
