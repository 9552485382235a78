import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul train`: trains a model on text.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on text.",
    discussion: """
      geul train my.txt
      geul train poems/ letters.txt --out checkpoints/mine --minutes 10
      cat *.txt | geul train - --out checkpoints/all --layers 3 --hidden 512
      geul train --help-hidden                            all options
      """)

  @Argument(help: "Text files or directories; - for standard input.", completion: .file())
  var corpus: [String]
  @Option(
    help: ArgumentHelp(
      "Run directory (default: checkpoints/NAME).", valueName: "path"), completion: .directory)
  var out: String?
  @Option(
    help: ArgumentHelp(
      "JSON file of options, like a run's config.json.",
      valueName: "file"), completion: .file())
  var config: String?
  @OptionGroup var fineTuning: FineTuningOptions
  @OptionGroup var distillation: TeacherOptions
  @OptionGroup var budget: BudgetOptions
  @OptionGroup var text: TextOptions
  @Flag(help: "Learn a list of lines, such as names.")
  var lines = false
  @Option(
    help: .advanced(
      "Label each line with the name of its file, or with its text before a tab."))
  var contextLabel: ContextLabel?
  @OptionGroup var shape: NetworkOptions
  @OptionGroup var batching: BatchOptions
  @Option(
    help: ArgumentHelp(
      "Peak learning rate; Muon's is \(Int(TrainingConfiguration().muonLearningRateScale)) times it (default: by batch size, 0.012 at 32; half with --init-from).",
      valueName: "rate"))
  var learningRate: Float?
  @Option(
    help: ArgumentHelp(
      "Dropout rate of layer outputs, 0 to 0.9 (default: chosen, 0 to 0.3).", valueName: "rate"))
  var dropout: Float?
  @Option(
    help: .advanced("Optimizer for weight matrices; AdamW updates the other parameters."))
  var optimizer = Optimizer.Kind.muon
  @Option(
    help: .advanced(
      "Decay rate of the moving average of the parameters, at most n / (n + 9) in step n (default: 0.99, with dropout of 0.2 or more 0.998).",
      valueName: "rate"))
  var emaDecay: Float?
  @Option(help: .advanced("Decoupled weight decay of weight matrices.", valueName: "rate"))
  var weightDecay = TrainingConfiguration().weightDecay
  @Option(help: .advanced("Maximum global gradient norm.", valueName: "norm"))
  var gradClip: Float = 1
  @Option(
    help: .advanced(
      "Early stopping: evaluations without improvement before training stops; 0 disables.",
      valueName: "n"))
  var patience = TrainingConfiguration().patience
  @Option(
    help: .advanced(
      "Fraction of the text, at its end, held out for validation, 0 to 0.9.", valueName: "fraction")
  )
  var validation = 0.1
  @Option(
    help: ArgumentHelp(
      "Validation text (default: the last tenth of the text is held out).", valueName: "file"),
    completion: .file())
  var validationFile: String?
  @Option(
    help: .advanced(
      "Arithmetic of matrix products: float32 (the same bits on every machine), bfloat16, or auto (the faster one)."
    ))
  var precision = PrecisionChoice.auto
  @Option(
    help: .advanced(
      "N-grams of the text beside the network: on, off, or auto (if they lower the loss of held-out parts of the training text)."
    ))
  var ngrams = TrainingConfiguration.NGramChoice.auto
  @Option(help: .advanced("Maximum size of the n-grams in the model file.", valueName: "size"))
  var ngramBytes = ByteSize(bytes: TrainingConfiguration().ngramBytes)
  @Option(
    help: ArgumentHelp("Random seed; -1 for a random one.", valueName: "n"))
  var seed = 1
  @Flag(help: "Print the plan and the measured speed, and exit.")
  var dryRun = false
  @OptionGroup var reporting: RunOptions
  @OptionGroup var machine: MachineOptions

  enum PrecisionChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, float32, bfloat16

    /// The precision; nil for the faster one.
    var precision: Precision? { Precision(rawValue: rawValue) }
  }

  func validate() throws {
    try check("--learning-rate", learningRate, in: 1e-8...10)
    try check("--dropout", dropout, in: 0...0.9)
    try check("--ema-decay", emaDecay, in: 0...0.9999)
    try check("--weight-decay", weightDecay, in: 0...10)
    try check("--grad-clip", gradClip, in: 1e-6...1e6)
    try check("--patience", patience, in: 0...1000)
    try check("--validation", validation, in: 0...0.9)
    try check("--ngram-bytes", ngramBytes.bytes, in: 1 << 10...1 << 34)
    try check("--seed", seed, in: -1...Int.max)
    guard contextLabel == nil || fineTuning.model == nil else {
      throw ValidationError(
        "--context-label adds tokens of labels to a new model and cannot be combined with --init-from. Leave out one of them."
      )
    }
  }

  func run() throws {
    let clock = Stopwatch()
    let ranks = try Ranks()
    try ranks.run(machine) {
      let context = try machine.context
      if !dryRun {
        try checkIsNew()
        try OutputDirectory(folder.path, option: "--out").check()
        try reporting.checkTensorBoard()
      }
      let initial = try fineTuning.load(seed: UInt64(exactly: seed) ?? randomSeed())
      try initial?.check(shape)
      let teachers = try distillation.load(ranks)
      var options = try initial?.corpusOptions(text) ?? text.corpusOptions
      if lines {
        try ranks.checkList()
        options.listSeed = UInt64(exactly: seed) ?? randomSeed()
      }
      if let contextLabel {
        try ranks.checkList()
        options.labels = LabelRule(
          contextLabel.origin, heldOut: validationFile == nil && !lines ? validation : 0)
      }
      try run(
        on: ranks.readCorpus(corpus, options), from: initial, teachers: teachers, context, clock,
        ranks)
    }
  }

  /// Checks that the run directory is new; if it belongs to a run on another text, the error says so.
  private func checkIsNew() throws {
    do throws(TrainingError) { try TrainingSession.checkIsNew(folder) } catch {
      guard case .folderExists(_, isRun: true) = error,
        let model = try? folder.loadBest()?.value.metadata,
        let other = try? Corpus.read(
          corpus.map { TextSource(argument: existing($0)) }, options: optionsOfRun(on: model)),
        other.hash != model.training?.corpusHash
      else { throw error }
      throw CommandError(
        "\(folder.path) already exists and is a run on another text. Choose another --out.")
    }
  }

  /// Returns the options for reading the text as a run has read its own.
  private func optionsOfRun(on model: Model.Metadata) -> CorpusOptions {
    var options = CorpusOptions(
      tokenizer: model.tokenizer, encoding: text.bytes.encoding, invalid: text.bytes.invalid,
      minimumCount: text.minCount)
    (options.listSeed, options.labels) = (model.list?.seed, model.labels)
    return options
  }

  /// Trains on a corpus that was read with the options of this command.
  func run(
    on corpus: Corpus, from initial: InitialModel? = nil, teachers: [Model] = [],
    _ context: ComputeContext, _ clock: Stopwatch, _ ranks: Ranks
  ) throws {
    let validationCorpus = try readValidation(corpus, ranks)
    let plan = try makePlan(corpus, initial, teachers, context, ranks)
    for note in plan.notes { Output.note(note) }
    try plan.checkMemory()
    guard !dryRun else { return try PlanReport(plan).print(json: reporting.json, ranks.group) }
    let session = try makeSession(plan, validationCorpus, initial)
    // Before the next line is printed: a process that reads it may send a signal.
    StopSignal.watch()
    reporting.note(PlanReport(plan).summary + " Run directory: \(folder.path)")
    if let initial { reporting.note(initial.description(for: corpus)) }
    if let sentence = distillation.description(
      of: plan.teachers, weight: plan.configuration.teacherWeight)
    {
      reporting.note(sentence)
    }
    if let advice = PlanReport(plan).vocabularyAdvice { reporting.note(advice) }
    try reporting.run(
      session, clock: clock, ranks: ranks, configuration: configurationFile(plan))
  }

  private func recorded(_ path: String) -> String {
    RunState.TextSelection.recorded(existing(path))
  }

  /// Returns the path of a model, which may be given by its name.
  private func recordedModel(_ argument: String) -> String {
    RunState.TextSelection.recorded(modelPath(argument))
  }

  private func makePlan(
    _ corpus: Corpus, _ initial: InitialModel?, _ teachers: [Model], _ context: ComputeContext,
    _ ranks: Ranks
  ) throws -> TrainingPlan {
    var options = options
    options.teachers = teachers
    if let initial {
      options.configuration.architecture = initial.model.metadata.architecture
      options.hidden = options.configuration.architecture.hidden
      options.configuration.seed = initial.seed
      options.startsFromModel = true
    }
    do throws(TrainingError) {
      return try TrainingPlan(
        options, corpus: corpus, context: context, ranks: ranks.group.count)
    } catch {
      switch error {
      case .tooFewTokens:
        throw CommandError("\(self.corpus.joined(separator: ", ")): \(error)")
      case .teacherVocabulary(let index):
        throw CommandError("--teacher \(distillation.teacher[index]): \(error)")
      default: throw error
      }
    }
  }

  private func makeSession(
    _ plan: TrainingPlan, _ validation: Corpus?, _ initial: InitialModel?
  ) throws -> TrainingSession {
    var selection = RunState.TextSelection(
      sources: corpus.map(recorded), validationSource: validationFile.map(recorded),
      encoding: text.bytes.encoding, invalid: text.bytes.invalid, minimumCount: text.minCount)
    if initial != nil { selection.extendsVocabulary = true }
    do throws(TrainingError) {
      return try TrainingSession(
        plan, text: selection, validation: validation, folder: folder,
        initialModel: initial?.model)
    } catch {
      guard case .file = error else { throw error }
      throw CommandError("\(error) Choose another directory with --out.")
    }
  }

  /// The options of this run as a file for `--config`, with what was chosen automatically.
  private func configurationFile(_ plan: TrainingPlan) -> ConfigurationFile {
    let configuration = plan.configuration
    let architecture = configuration.architecture
    let values: [String: ConfigurationFile.Value?] = [
      "corpus": .list(corpus.map(recorded)), "unit": .text(text.unit.rawValue),
      "normalize": .text(text.normalize.rawValue),
      "encoding": text.bytes.encoding.map { .text($0) },
      "invalid": .text(text.bytes.invalid.rawValue), "min_count": .integer(text.minCount),
      "lines": lines ? .flag(true) : nil,
      "context_label": contextLabel.map { .text($0.rawValue) },
      "cell": .text(architecture.cell.rawValue),
      "activation": .text(architecture.activation.rawValue),
      "layers": .integer(architecture.layers), "hidden": .integer(architecture.hidden),
      "batch": .integer(configuration.batch), "length": .integer(configuration.length),
      "epochs": budget.epochs.map { .number($0) }, "steps": budget.steps.map { .integer($0) },
      "minutes": budget.minutes.map { .number($0) }, "seconds": budget.seconds.map { .number($0) },
      "learning_rate": .float(configuration.schedule.peak),
      "dropout": .float(configuration.dropout),
      "optimizer": .text(configuration.optimizerKind.rawValue),
      "ema_decay": .float(configuration.emaDecay),
      "weight_decay": .float(configuration.weightDecay),
      "grad_clip": .float(configuration.gradientClip),
      "patience": .integer(configuration.patience),
      "validation": validationFile == nil ? .number(validation) : nil,
      "validation_file": validationFile.map { .text(recorded($0)) },
      "precision": .text(configuration.precision.rawValue),
      "ngrams": .text(configuration.ngrams.rawValue),
      "ngram_bytes": .text(ngramBytes.defaultValueDescription),
      "seed": Int(exactly: configuration.seed).map { .integer($0) },
      "sample_every": reporting.sampleEvery.map { .integer($0) },
      "save_every": reporting.saveEvery.map { .integer($0) },
    ]
    return ConfigurationFile(values.merging(modelOptions(configuration)) { $1 })
  }

  /// The options of this run that name other models.
  private func modelOptions(
    _ configuration: TrainingConfiguration
  ) -> [String: ConfigurationFile.Value?] {
    // The copies in the run directory do not change.
    let teachers = distillation.teacher.indices.map { recorded(folder.teacher($0 + 1).path) }
    return [
      "init_from": fineTuning.model.map { .text(recordedModel($0)) },
      "freeze_layers": fineTuning.freezeLayers > 0 ? .integer(fineTuning.freezeLayers) : nil,
      "grow_hidden": fineTuning.growHidden.map { .integer($0) },
      "grow_layers": fineTuning.growLayers.map { .integer($0) },
      "teacher": teachers.isEmpty ? nil : .list(teachers),
      "teacher_weight": teachers.isEmpty ? nil : .float(configuration.teacherWeight),
    ]
  }

  /// The run directory.
  private var folder: RunFolder { RunFolder(creatable(out ?? "checkpoints/\(defaultName)")) }

  /// The options as the library's configuration.
  private var options: TrainingOptions {
    var options = TrainingOptions()
    options.configuration.architecture = shape.architecture
    options.configuration.gradientClip = gradClip
    options.configuration.optimizerKind = optimizer
    options.configuration.weightDecay = weightDecay
    options.configuration.patience = patience
    options.configuration.frozenLayers = fineTuning.freezeLayers
    options.configuration.validationFraction = validationFile == nil ? validation : 0
    options.configuration.seed = UInt64(exactly: seed) ?? randomSeed()
    (options.hidden, options.batch, options.length) = (
      shape.hidden, batching.batch, batching.length
    )
    (options.learningRate, options.dropout, options.emaDecay) = (
      learningRate, dropout, emaDecay
    )
    options.precision = precision.precision
    options.ngrams = ngrams
    options.teacherWeight = distillation.teacherWeight ?? options.teacherWeight
    options.configuration.ngramBytes = ngramBytes.bytes
    options.budget = budget.budget ?? .default
    return options
  }

  /// The default name of the run directory, after the first text.
  private var defaultName: String {
    guard let first = corpus.first, recorded(first) != "-" else { return "standard-input" }
    var name = FileSystem.stem(of: first)
    if name == ".", let current = try? FileSystem.absolute("") {
      name = FileSystem.stem(of: current)
    }
    return ["", ".", ".."].contains(name) ? "text" : name
  }

  private func readValidation(_ corpus: Corpus, _ ranks: Ranks) throws -> Corpus? {
    guard let validationFile else { return nil }
    var options = text.corpusOptions
    options.tokenizer = corpus.tokenizer
    options.vocabulary = corpus.vocabulary
    options.listSeed = corpus.list?.seed
    options.labels = corpus.labels.map { LabelRule($0.origin) }
    let text = try ranks.readCorpus([validationFile], options)
    try TrainingSession.check(validation: text, name: validationFile)
    return text
  }
}
