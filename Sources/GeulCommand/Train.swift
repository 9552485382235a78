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

  @Option(help: "The recurrent cell: lstm, gru or rnn.")
  var cell = Cell.lstm
  @Option(help: "How many layers.")
  var layers = 2
  @Option(help: "Units in a layer.")
  var hidden = 256
  @Option(name: [.short, .long], help: "Streams of text side by side.")
  var batch = 64
  @Option(help: "Steps that gradients go back.")
  var length = 64
  @OptionGroup(title: "How long (default: 5 minutes, at most 100 times through the text)")
  var budget: BudgetOptions
  @Option(help: "Learning rate at its highest.")
  var learningRate: Float = 0.004
  @Option(help: "Share of a layer's outputs to drop, 0 to 0.9.")
  var dropout: Float = 0
  @Option(help: "Largest norm of a gradient.")
  var gradClip: Float = 1
  @Option(help: "Part of the text at its end to hold out, 0 to 0.9.")
  var validation = 0.1
  @Option(help: "A text of its own to validate with; then nothing is held out.")
  var validationFile: String?
  @Option(help: "Width of the factors of products: auto, float32 or bfloat16.")
  var precision = PrecisionChoice.auto
  @Option(help: "What chance comes from; the same seed gives the same model.")
  var seed: UInt64 = 1
  @OptionGroup(title: "Saving and reporting") var reporting: RunOptions
  @OptionGroup var machine: MachineOptions

  enum PrecisionChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, float32, bfloat16

    /// Float32 unless told otherwise: the same bits everywhere.
    var precision: Precision { self == .bfloat16 ? .bfloat16 : .float32 }
  }

  func validate() throws {
    try check("--layers", layers, in: 1...64)
    try check("--hidden", hidden, in: 1...8192)
    try check("--batch", batch, in: 1...4096)
    try check("--length", length, in: 1...4096)
    try check("--learning-rate", learningRate, in: 1e-8...10)
    try check("--dropout", dropout, in: 0...0.9)
    try check("--grad-clip", gradClip, in: 1e-6...1e6)
    try check("--validation", validation, in: 0...0.9)
  }

  func run() throws {
    let clock = Stopwatch()
    let kernels = try machine.kernels
    let folder = RunFolder(out ?? "checkpoints/\(defaultName)")
    guard !FileManager.default.fileExists(atPath: folder.path) else {
      throw Failure(
        "\(folder.path) is there already. Go on with geul resume \(folder.path), or choose another --out."
      )
    }
    let corpus = try readCorpus(self.corpus, text.corpusOptions)
    let validationCorpus = try readValidation(corpus)
    var settings = self.settings
    try fit(&settings, to: corpus)
    let choice = RunRecord.TextChoice(
      sources: self.corpus.map(absolute), validationSource: validationFile.map(absolute),
      encoding: text.encoding, invalid: text.invalid, minimumCount: text.minCount)
    let checkpoint = Checkpoint.fresh(settings, text: choice, corpus: corpus, kernels: kernels)
    do {
      try FileManager.default.createDirectory(
        atPath: folder.path, withIntermediateDirectories: true)
    } catch {
      throw Failure("\(folder.path): cannot make this folder. Choose another with --out.")
    }
    let shape = settings.architecture
    Output.note(
      "\(corpus.count) units, \(corpus.vocabulary.count) different;"
        + " \(shape.layers) x \(shape.hidden) \(shape.cell.rawValue),"
        + " \(checkpoint.model.network.layout.parameterCount) parameters;"
        + " \(settings.precision.rawValue) on \(kernels.instructionSet.rawValue),"
        + " \(machine.lanes.count) threads, seed \(seed). Run: \(folder.path)")
    try reporting.proceed(
      checkpoint, corpus: corpus, validation: validationCorpus, folder: folder,
      budget: budget.budget ?? .automatic(seconds: 300, epochs: 100), machine: machine,
      clock: clock)
  }

  private var settings: Settings {
    var settings = Settings()
    settings.architecture = Architecture(cell: cell, layers: layers, hidden: hidden)
    (settings.batch, settings.length) = (batch, length)
    settings.schedule.peak = learningRate
    settings.dropout = dropout
    settings.gradientClip = gradClip
    settings.validationFraction = validationFile == nil ? validation : 0
    settings.precision = precision.precision
    settings.seed = seed
    return settings
  }

  /// A run is called as its first corpus is.
  private var defaultName: String {
    guard let first = corpus.first, first != "-" else { return "standard-input" }
    let url = URL(filePath: first)
    return url.deletingPathExtension().lastPathComponent
  }

  private func readValidation(_ corpus: Corpus) throws -> Corpus? {
    guard let validationFile else { return nil }
    var options = text.corpusOptions
    options.vocabulary = corpus.vocabulary
    return try readCorpus([validationFile], options)
  }

  /// Makes batch and window smaller for a small text, and says so.
  private func fit(_ settings: inout Settings, to corpus: Corpus) throws {
    if corpus.count < 10 { settings.validationFraction = 0 }
    let units = Run.trainingUnits(of: corpus, settings)
    guard units >= 3 else {
      throw Failure(
        "\(self.corpus.joined(separator: ", ")): \(corpus.count) units are too few to learn from;"
          + " at least 3 are needed for training.")
    }
    let (batch, length) = Windows.fit(units: units, batch: settings.batch, length: settings.length)
    if (batch, length) != (settings.batch, settings.length) {
      Output.note("This text is small: \(batch) streams and windows of \(length) steps suit it.")
    }
    (settings.batch, settings.length) = (batch, length)
  }
}

/// A path that means the same from any folder.
func absolute(_ path: String) -> String {
  path == "-" ? path : URL(filePath: path).standardizedFileURL.path
}
