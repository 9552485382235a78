import ArgumentParser
import Foundation
import Geul

/// `geul train`: learn a text.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learn a text: files, folders, or - for standard input.",
    discussion: """
      geul train my.txt
      geul train poems/ letters.txt --out checkpoints/mine --minutes 10
      cat *.txt | geul train - --out checkpoints/all --layers 3 --hidden 512
      """)

  @Argument(help: "Files, folders, or - for standard input.")
  var corpus: [String]
  @Option(help: "Folder of the run (default: checkpoints/ and the corpus' name).")
  var out: String?
  @OptionGroup(title: "Text") var text: TextOptions

  @OptionGroup(title: "Network") var shape: NetworkOptions
  @OptionGroup var window: WindowOptions
  @OptionGroup(title: "How long (default: 5 minutes, at most 100 times through the text)")
  var budget: BudgetOptions
  @Option(
    help:
      "Learning rate at its highest (default: 0.012 for 32 streams, less for fewer)."
  )
  var learningRate: Float?
  @Option(
    help:
      "Share of a layer's outputs to drop, 0 to 0.9 (default: more, the more often the text will be read)."
  )
  var dropout: Float?
  @Option(help: "How matrices are moved: muon or adamw.")
  var optimizer = TrainingConfiguration.Optimizer.muon
  @Option(help: "Share of their rate by which matrices shrink in a step.")
  var weightDecay = TrainingConfiguration().weightDecay
  @Option(help: "Largest norm of a gradient.")
  var gradClip: Float = 1
  @Option(
    help: "Stop early when so many scores in a row are no better than the best; 0 for never.")
  var patience = TrainingConfiguration().patience
  @Option(help: "Part of the text at its end to hold out, 0 to 0.9.")
  var validation = 0.1
  @Option(help: "A text of its own to validate with; then nothing is held out.")
  var validationFile: String?
  @Option(
    help:
      "Factors of products: auto (what is fast here), float32 (the same bits everywhere) or bfloat16."
  )
  var precision = PrecisionChoice.auto
  @Option(help: "What chance comes from; the same seed gives the same model.")
  var seed = 1
  @Flag(
    help: "Only tell the plan: units, parameters, memory, speed in a trial of 2 s, time, advice.")
  var dryRun = false
  @OptionGroup(title: "Saving and reporting") var reporting: RunOptions
  @OptionGroup var machine: MachineOptions

  enum PrecisionChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, float32, bfloat16

    /// Unless told otherwise, bfloat16 where the processor multiplies such pairs itself, and float32 elsewhere.
    ///
    /// After equal steps the two came to the same loss: 1.4466 and 1.4461, 1.4406 and 1.4397 nats on the part held out
    /// of corpora/english.txt (600 steps, seeds 1 and 2), 1.5794 and 1.5828 on Tiny Shakespeare (500 steps).
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
    var settings = self.settings
    settings.precision = precision.precision(on: kernels.instructionSet)
    try fit(&settings, to: corpus)
    advise(&settings, corpus, kernels)
    let plan = RunPlan(
      settings: settings, corpus: corpus, budget: budget.budget ?? .default, kernels: kernels,
      pool: machine.pool)
    try plan.checkMemory()
    if dryRun {
      let tried = plan.tried()
      guard !reporting.json else { return try Output.json(tried) }
      try Output.text(tried.lines.joined(separator: "\n") + "\n")
      return
    }
    let choice = RunState.TextChoice(
      sources: self.corpus.map(absolute), validationSource: validationFile.map(absolute),
      encoding: text.bytes.encoding, invalid: text.bytes.invalid, minimumCount: text.minCount)
    let checkpoint = Checkpoint.fresh(settings, text: choice, corpus: corpus, kernels: kernels)
    do {
      try FileManager.default.createDirectory(
        atPath: folder.path, withIntermediateDirectories: true)
    } catch {
      throw CommandError("\(folder.path): cannot make this folder. Choose another with --out.")
    }
    // A folder in which nothing could be saved would only be in the way.
    defer { _ = unsafe rmdir(folder.path) }
    let shape = settings.architecture
    StopSignal.watch()  // whoever reads what follows may take the run for begun
    reporting.tell(
      "\(corpus.count) units, \(corpus.vocabulary.count) different;"
        + " \(shape.layers) x \(shape.hidden) \(shape.cell.rawValue),"
        + " \(checkpoint.model.network.layout.parameterCount) parameters;"
        + " \(settings.precision.rawValue) on \(kernels.instructionSet.rawValue),"
        + " \(counted(machine.pool.count, "thread")), seed \(seed);"
        + " \(bytes(plan.memory.total)) of memory. Run: \(folder.path)")
    if let advice = plan.vocabularyAdvice { reporting.tell(advice) }
    try reporting.proceed(
      consume checkpoint, corpus: corpus, validation: validationCorpus, folder: folder,
      budget: plan.budget, machine: machine, clock: clock)
  }

  /// Nothing that is there is written over.
  private func refuseExisting(_ folder: RunFolder) throws {
    let files = FileManager.default
    guard files.fileExists(atPath: folder.path) else { return }
    let isRun = [folder.latest.path, folder.latest.previousPath].contains {
      files.fileExists(atPath: $0)
    }
    let remedy = isRun ? "Go on with geul resume \(folder.path), or choose" : "Choose"
    throw CommandError("\(folder.path) is there already. \(remedy) another --out.")
  }

  private var settings: TrainingConfiguration {
    var settings = TrainingConfiguration()
    settings.architecture = shape.architecture
    settings.gradientClip = gradClip
    (settings.optimizer, settings.weightDecay, settings.patience) = (
      optimizer, weightDecay, patience
    )
    settings.validationFraction = validationFile == nil ? validation : 0
    settings.seed = UInt64(seed)
    return settings
  }

  /// A run is called as its first corpus is.
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

  /// Chooses batch and window, and says so where a small text wants them smaller.
  private func fit(_ settings: inout TrainingConfiguration, to corpus: Corpus) throws {
    let isTiny = corpus.count < 10 && settings.validationFraction > 0
    if isTiny { settings.validationFraction = 0 }
    let units = TrainingRun.trainingUnits(of: corpus, settings)
    guard units >= 3 else {
      throw CommandError(
        "\(self.corpus.joined(separator: ", ")): \(counted(units, "unit")) to learn from"
          + " \(units == 1 ? "is" : "are") too few; at least 3 are needed, beside what is held out."
      )
    }
    if isTiny { Output.note("This text is too small to hold out a part of it.") }
    let (batch, length) = SequenceBatcher.fit(
      units: units, batch: window.batch, length: window.length)
    if (batch, length) != window.sizes {
      Output.note(
        "This text is small: \(counted(batch, "stream")) and windows of \(counted(length, "step")) suit it."
      )
    }
    (settings.batch, settings.length) = (batch, length)
    settings.schedule.peak = learningRate ?? LearningRateSchedule.peak(batch: batch)
  }

  /// Chooses the network's size by the time there is, and dropout by how often the text will be read.
  private func advise(_ settings: inout TrainingConfiguration, _ corpus: Corpus, _ kernels: Kernels)
  {
    if let dropout, shape.hidden != nil {
      settings.dropout = dropout
      return  // nothing is left to advise on, and the machine need not be measured
    }
    let units = TrainingRun.trainingUnits(of: corpus, settings)
    let budget = budget.budget ?? .default
    var rate = 0.0
    if budget.seconds != nil {
      let limit = measuredLimit(settings.precision, kernels, machine.pool, share: 0.2)
      rate = limit * (settings.precision == .float32 ? 0.65 : 0.5)  // what training reaches of it
    }
    let advice = ConfigurationAdvisor(
      vocabulary: corpus.vocabulary.count, units: units, seconds: budget.seconds ?? 0, rate: rate)
    if budget.seconds != nil, shape.hidden == nil {
      settings.architecture.hidden = advice.hidden(settings.architecture)
    }
    let perEpoch = max(1, units / (settings.batch * settings.length))
    let most = budget.limit(per: perEpoch).map { Double($0) / Double(perEpoch) } ?? .infinity
    let epochs = budget.seconds.map { _ in advice.epochs(settings.architecture) } ?? most
    settings.dropout =
      dropout ?? advice.dropout(settings.architecture, epochs: min(most, epochs))
  }
}

/// Makes sure that the vocabulary holds enough of a validation text to score it.
func checkScorable(_ text: Corpus, _ name: String) throws {
  var known = false
  for place in 0..<max(0, text.count - 1) where !known {
    known = text.ids(place..<place + 2).allSatisfy { $0 >= 0 }
  }
  guard known else {
    throw CommandError(
      "\(name): no two units in a row are known to the model, so it cannot be validated with."
        + " Give another --validation-file.")
  }
}

/// A number with its noun: `1 step`, `2 steps`.
func counted(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}

/// A path that means the same from any folder.
func absolute(_ path: String) -> String {
  path == "-" ? path : URL(filePath: path).standardizedFileURL.path
}
