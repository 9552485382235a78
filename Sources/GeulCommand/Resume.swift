import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul resume`: continues a training run exactly where it stopped.
struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Continue a run exactly where it stopped.",
    usage: "geul resume <directory> [<corpus> ...] [<options>]",
    discussion: """
      Without a budget the run continues to its planned end. --epochs and --steps set its total length; --minutes and \
      --seconds add training time.
      """)

  @Argument(help: "Run directory.", completion: .directory)
  var directory: String
  @Argument(
    help: "Training text; needed only if it was moved or came from standard input.",
    completion: .file())
  var corpus: [String] = []
  @Option(
    help: ArgumentHelp(
      "Separate validation text; needed only if it was moved or came from standard input.",
      valueName: "file"), completion: .file())
  var validationFile: String?
  @OptionGroup(title: "Training budget") var budget: BudgetOptions
  @OptionGroup(title: "Checkpoints and output") var reporting: RunOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let ranks = try Ranks()
    try ranks.run(machine) { try resume(ranks) }
  }

  private func resume(_ ranks: Ranks) throws {
    let clock = Stopwatch()
    let folder = RunFolder(existing(directory))
    guard FileSystem.exists(folder.path) else {
      throw CommandError(
        "\(folder.path): no such directory.\(didYouMean(folder.path, among: FileSystem.isFolder)) Give a run directory of geul train."
      )
    }
    guard folder.hasCheckpoint else { throw TrainingError.notARun(path: folder.path) }
    try reporting.checkTensorBoard(resuming: true)
    let loaded = try folder.loadLatest()
    if let notice = loaded.notice { Output.note(notice) }
    let text = loaded.value.run.text
    let sources = corpus.isEmpty ? text.sources : corpus.map(existing)
    if sources.contains("-"), corpus.isEmpty {
      throw TrainingError.textNotKept(path: folder.path)
    }
    var options = CorpusOptions(
      tokenizer: loaded.value.model.metadata.tokenizer, encoding: text.encoding,
      invalid: text.invalid, minimumCount: text.minimumCount,
      vocabulary: text.extendsVocabulary == true ? loaded.value.model.metadata.vocabulary : nil)
    (options.listSeed, options.labels) = (text.listSeed, text.labels)
    options.hasEncodingOption = false
    if text.listSeed != nil || text.labels != nil { try ranks.checkList() }
    let corpus = try read(sources, options, ranks, remedy: "\(folder.path) FILE")
    options.vocabulary = corpus.vocabulary
    options.labels = text.labels.map { LabelRule($0.origin) }
    let validation = try validationText(of: text, folder, options, ranks)
    let budget = budget(for: loaded.value.run)
    let introduction = learningRates(of: loaded.value.run, budget)
    // The loop drops the metrics after the checkpoint.
    let step = loaded.value.run.step
    let history =
      reporting.tensorboard == nil ? [] : folder.metricsLog().filter { $0.step <= step }
    let session = try TrainingSession(
      resuming: consume loaded, in: folder, corpus: corpus, sources: sources,
      validation: validation, validationSource: validationFile.map(existing), budget: budget,
      context: machine.context, ranks: ranks.group.count)
    try reporting.run(
      session, introduction: introduction, clock: clock, ranks: ranks, history: history)
  }

  /// Reads the separate validation text of the run, if it has one.
  private func validationText(
    of text: RunState.TextSelection, _ folder: RunFolder, _ options: CorpusOptions, _ ranks: Ranks
  ) throws -> Corpus? {
    guard let source = text.validationSource else {
      guard let validationFile else { return nil }
      throw CommandError(
        "--validation-file \(validationFile): the run in \(folder.path) has no separate validation text."
          + " Leave out the option.")
    }
    let remedy = "\(folder.path) --validation-file FILE"
    guard validationFile != nil || source != "-" else {
      throw CommandError(
        "\(folder.path): the validation text came from standard input or a pipe. Give it again: geul resume \(remedy)."
      )
    }
    return try read([validationFile ?? source], options, ranks, remedy: remedy)
  }

  /// Reads a text of the run; if a file is missing, the error says how to give it anew.
  private func read(
    _ paths: [String], _ options: CorpusOptions, _ ranks: Ranks, remedy: String
  ) throws -> Corpus {
    do { return try ranks.readCorpus(paths, options) } catch let error as TextError {
      guard error.reason == .missing else { throw error }
      throw CommandError(
        "\(error)\(didYouMean(error.source)) If the text was moved, give its path: geul resume \(remedy)."
      )
    }
  }

  /// Returns the new budget; nil to continue to the planned end.
  private func budget(for state: RunState) -> Budget? {
    guard let budget = budget.budget else {
      // The run stopped before its speed was measured and its number of steps was planned.
      guard let total = state.totalSteps else { return .default }
      if state.step >= total {
        reporting.note(
          "The run is complete: \(quantity(total, "step")). To train longer, give a budget, such as --minutes 5."
        )
      }
      return nil
    }
    if let steps = budget.steps(perEpoch: state.batcher.count), state.step >= steps {
      reporting.note(
        "The run already has \(quantity(state.step, "step")), \(state.step > steps ? "more than" : "as many as")"
          + " the \(steps)\(budget.epochsDescription) requested: nothing to train."
      )
    }
    return budget
  }

  /// Returns a sentence on the learning rates of the remaining steps; nil if no step remains.
  private func learningRates(of state: RunState, _ budget: Budget?) -> String? {
    func rate(_ step: Int, of total: Int?) -> String {
      let rate = state.configuration.schedule.rate(step: step, of: total)
      return formatted(Double(rate * state.learningRateScale), "%.3g")
    }
    let (step, planned) = (state.step, state.totalSteps)
    guard let total = budget.map({ $0.steps(perEpoch: state.batcher.count) }) ?? planned else {
      return
        "Continuing after step \(step): the learning rate stays at \(rate(step, of: nil)) while the speed is measured, then"
        + " follows a cosine schedule over the new number of steps, down to \(rate(step, of: step))."
    }
    guard total > step else { return nil }
    let range = "from \(rate(step, of: total)) to \(rate(total - 1, of: total))"
    let beginning = "Continuing after step \(step) of \(total): the learning rate"
    guard total != planned else { return "\(beginning) continues its schedule, \(range)." }
    let last = planned.map { " (it was \(rate(step - 1, of: $0)) in the last step)" } ?? ""
    return
      "\(beginning) follows a cosine schedule over the new number of steps, \(range)\(step > 0 ? last : "")."
  }
}
