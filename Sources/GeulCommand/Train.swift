import ArgumentParser
import Foundation
import Geul

/// `geul train`: trains a model on text.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on text files, directories, or standard input (-).",
    discussion: """
      geul train my.txt
      geul train poems/ letters.txt --out checkpoints/mine --minutes 10
      cat *.txt | geul train - --out checkpoints/all --layers 3 --hidden 512
      """)

  @Argument(help: "Text files or directories; - for standard input.")
  var corpus: [String]
  @Option(help: "Run directory (default: checkpoints/NAME, after the first file).")
  var out: String?
  @OptionGroup(title: "Text") var text: TextOptions

  @OptionGroup(title: "Model") var shape: NetworkOptions
  @OptionGroup var window: WindowOptions
  @OptionGroup(title: "Training time (default: 5 minutes, at most 100 epochs)")
  var budget: BudgetOptions
  @Option(help: "Peak learning rate (default: 0.012 for 32 sequences per batch, less for fewer).")
  var learningRate: Float?
  @Option(
    help: "Dropout rate of layer outputs, 0 to 0.9 (default: higher for more epochs of a text).")
  var dropout: Float?
  @Option(help: "Optimizer for weight matrices; AdamW updates the other parameters.")
  var optimizer = TrainingConfiguration.Optimizer.muon
  @Option(help: "Decoupled weight decay of weight matrices.")
  var weightDecay = TrainingConfiguration().weightDecay
  @Option(help: "Maximum global gradient norm.")
  var gradClip: Float = 1
  @Option(
    help: "Early stopping: evaluations without improvement before training stops; 0 disables.")
  var patience = TrainingConfiguration().patience
  @Option(help: "Fraction of the text, at its end, held out for validation, 0 to 0.9.")
  var validation = 0.1
  @Option(help: "Separate validation text; nothing is held out of the training text.")
  var validationFile: String?
  @Option(
    help:
      "Arithmetic of matrix products: float32 (the same bits on every machine), bfloat16, or auto (the faster one)."
  )
  var precision = PrecisionChoice.auto
  @Option(help: "Random seed; the same seed gives the same model.")
  var seed = 1
  @Flag(help: "Print the plan (tokens, model, memory, measured speed, duration, advice) and exit.")
  var dryRun = false
  @OptionGroup(title: "Checkpoints and output") var reporting: RunOptions
  @OptionGroup var machine: MachineOptions

  enum PrecisionChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, float32, bfloat16

    /// Returns the precision; `auto` is bfloat16 if the processor multiplies bfloat16 pairs in
    /// hardware, and float32 elsewhere.
    ///
    /// At equal steps both reach the same validation loss: 1.4466 and 1.4461, 1.4406 and 1.4397
    /// nats/char on corpora/english.txt (600 steps, seeds 1 and 2), 1.5794 and 1.5828 on Tiny
    /// Shakespeare (500 steps).
    func precision(on instructionSet: InstructionSet) -> Precision {
      switch self {
      case .auto: instructionSet.multipliesBfloat16 ? .bfloat16 : .float32
      case .float32: .float32
      case .bfloat16: .bfloat16
      }
    }
  }

  func validate() throws {
    try check("--learning-rate", learningRate, in: 1e-8...10)
    try check("--dropout", dropout, in: 0...0.9)
    try check("--weight-decay", weightDecay, in: 0...10)
    try check("--grad-clip", gradClip, in: 1e-6...1e6)
    try check("--patience", patience, in: 0...1000)
    try check("--validation", validation, in: 0...0.9)
    try check("--seed", seed, in: 0...Int.max)
  }

  func run() throws {
    let clock = Stopwatch()
    let kernels = try machine.kernels
    let folder = RunFolder(out ?? "checkpoints/\(defaultName)")
    if !dryRun { try refuseExisting(folder) }
    let corpus = try readCorpus(self.corpus, text.corpusOptions)
    let validationCorpus = try readValidation(corpus)
    var configuration = trainingConfiguration
    configuration.precision = precision.precision(on: kernels.instructionSet)
    try fit(&configuration, to: corpus)
    advise(&configuration, corpus, kernels)
    let plan = RunPlan(
      configuration: configuration, corpus: corpus, budget: budget.budget ?? .default,
      kernels: kernels, pool: machine.pool)
    try plan.checkMemory()
    if dryRun {
      let measured = plan.measured()
      guard !reporting.json else { return try Output.json(measured) }
      try Output.text(measured.lines.joined(separator: "\n") + "\n")
      return
    }
    let choice = RunState.TextChoice(
      sources: self.corpus.map(absolute), validationSource: validationFile.map(absolute),
      encoding: text.bytes.encoding, invalid: text.bytes.invalid, minimumCount: text.minCount)
    let checkpoint = Checkpoint.fresh(configuration, text: choice, corpus: corpus, kernels: kernels)
    do {
      try FileManager.default.createDirectory(
        atPath: folder.path, withIntermediateDirectories: true)
    } catch {
      throw CommandError(
        "\(folder.path): the directory cannot be created. Choose another with --out.")
    }
    // Removes the directory if nothing could be saved in it.
    defer { _ = unsafe rmdir(folder.path) }
    let architecture = configuration.architecture
    StopSignal.watch()  // Who reads the next line may assume that the run has started.
    reporting.note(
      "\(quantity(corpus.count, "token")), vocabulary \(corpus.vocabulary.count);"
        + " \(architecture.layers) x \(architecture.hidden) \(architecture.cell.rawValue),"
        + " \(checkpoint.model.network.layout.parameterCount) parameters;"
        + " \(configuration.precision.rawValue) on \(kernels.instructionSet.rawValue),"
        + " \(quantity(machine.pool.count, "thread")), seed \(configuration.seed);"
        + " \(bytes(plan.memory.total)) of memory. Run: \(folder.path)")
    if let advice = plan.vocabularyAdvice { reporting.note(advice) }
    try reporting.run(
      consume checkpoint, corpus: corpus, validation: validationCorpus, folder: folder,
      budget: plan.budget, machine: machine, clock: clock)
  }

  /// Throws if the run directory exists: nothing is ever overwritten.
  private func refuseExisting(_ folder: RunFolder) throws {
    let files = FileManager.default
    guard files.fileExists(atPath: folder.path) else { return }
    let isRun = [folder.latest.path, folder.latest.previousPath].contains {
      files.fileExists(atPath: $0)
    }
    let remedy = isRun ? "Continue it with geul resume \(folder.path), or choose" : "Choose"
    throw CommandError("\(folder.path) already exists. \(remedy) another --out.")
  }

  /// The configuration that the options give, before it is fitted to the text.
  private var trainingConfiguration: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.architecture = shape.architecture
    configuration.gradientClip = gradClip
    configuration.optimizer = optimizer
    configuration.weightDecay = weightDecay
    configuration.patience = patience
    configuration.validationFraction = validationFile == nil ? validation : 0
    configuration.seed = UInt64(seed)
    return configuration
  }

  /// The default name of the run, after the first text.
  private var defaultName: String {
    guard let first = corpus.first, first != "-" else { return "standard-input" }
    let name = URL(filePath: absolute(first)).deletingPathExtension().lastPathComponent
    return ["", "/"].contains(name) ? "text" : name
  }

  private func readValidation(_ corpus: Corpus) throws -> Corpus? {
    guard let validationFile else { return nil }
    var options = text.corpusOptions
    options.vocabulary = corpus.vocabulary
    let text = try readCorpus([validationFile], options)
    try checkScorable(text, validationFile)
    return text
  }

  /// Chooses batch size, sequence length and learning rate, and reports sizes reduced for a small text.
  private func fit(_ configuration: inout TrainingConfiguration, to corpus: Corpus) throws {
    let isTiny = corpus.count < 10 && configuration.validationFraction > 0
    if isTiny { configuration.validationFraction = 0 }
    let tokens = TrainingRun.trainingUnits(of: corpus, configuration)
    guard tokens >= 3 else {
      throw CommandError(
        "\(self.corpus.joined(separator: ", ")): only \(quantity(tokens, "token")) for training; at least 3 are needed."
      )
    }
    if isTiny { Output.note("The text is too small to hold out a part for validation.") }
    let (batch, length) = SequenceBatcher.fit(
      units: tokens, batch: window.batch, length: window.length)
    if (batch, length) != window.sizes {
      Output.note(
        "The text is small: using a batch of \(quantity(batch, "sequence")) of \(quantity(length, "token"))."
      )
    }
    (configuration.batch, configuration.length) = (batch, length)
    configuration.schedule.peak = learningRate ?? LearningRateSchedule.peak(batch: batch)
  }

  /// Chooses hidden units by the training time, and dropout by the number of epochs.
  private func advise(
    _ configuration: inout TrainingConfiguration, _ corpus: Corpus, _ kernels: Kernels
  ) {
    if let dropout, shape.hidden != nil {
      configuration.dropout = dropout
      return  // Nothing to choose, so the machine need not be measured.
    }
    let tokens = TrainingRun.trainingUnits(of: corpus, configuration)
    let budget = budget.budget ?? .default
    var rate = 0.0
    if budget.seconds != nil {
      let peak = peakRate(configuration.precision, kernels, machine.pool, quantile: 0.2)
      // The fraction of the peak rate that training reaches.
      rate = peak * (configuration.precision == .float32 ? 0.65 : 0.5)
    }
    let advisor = ConfigurationAdvisor(
      vocabulary: corpus.vocabulary.count, units: tokens, seconds: budget.seconds ?? 0, rate: rate)
    if budget.seconds != nil, shape.hidden == nil {
      configuration.architecture.hidden = advisor.hidden(configuration.architecture)
    }
    let perEpoch = max(1, tokens / (configuration.batch * configuration.length))
    let limit = budget.limit(per: perEpoch).map { Double($0) / Double(perEpoch) } ?? .infinity
    let epochs = budget.seconds.map { _ in advisor.epochs(configuration.architecture) } ?? limit
    configuration.dropout =
      dropout ?? advisor.dropout(configuration.architecture, epochs: min(limit, epochs))
  }
}

/// Throws unless two consecutive tokens of a validation text are in the vocabulary.
func checkScorable(_ text: Corpus, _ name: String) throws {
  let isScorable = (0..<max(0, text.count - 1)).contains { index in
    text.ids(index..<index + 2).allSatisfy { $0 >= 0 }
  }
  guard isScorable else {
    throw CommandError(
      "\(name): no two consecutive tokens are in the model's vocabulary. Choose another --validation-file."
    )
  }
}

/// Returns the absolute form of a path; `-` stays as it is.
func absolute(_ path: String) -> String {
  path == "-" ? path : URL(filePath: path).standardizedFileURL.path
}
