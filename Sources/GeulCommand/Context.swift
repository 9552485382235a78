import ArgumentParser
import Geul
import GeulCharts
import GeulCommandSupport

/// `geul context`: measures how much context models use.
struct Context: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context",
    abstract:
      "Measure how much context models use.",
    usage: """
      geul context <model> ... --corpus <text> [--html <file>]
      geul context --compare-cells <text> [--minutes <minutes>] [--html <file>]
      """,
    discussion: """
      The gradients of a vanilla RNN vanish over long distances; LSTM and GRU preserve them. --compare-cells trains one model \
      of each kind, with equal parameter counts and equal training times or steps, and compares them.
      """)

  @Argument(
    help: "Model files, run directories (their best models), or names of installed models.",
    completion: .model)
  var models: [String] = []
  @Option(help: ArgumentHelp("Text to measure on.", valueName: "text"), completion: .file())
  var corpus: String?
  @Option(
    help: ArgumentHelp(
      "Train a vanilla RNN, a GRU and an LSTM on this text first.", valueName: "text"),
    completion: .file())
  var compareCells: String?
  @Option(help: "Activation of the vanilla RNN; relu states are unbounded and may diverge.")
  var activation = Activation.tanh
  @Option(help: ArgumentHelp("Total training time of the three models in minutes.", valueName: "n"))
  var minutes = 3.0
  @Option(
    help: ArgumentHelp(
      "Train each of the three models for this number of steps, instead of for equal training times.",
      valueName: "n"))
  var trainSteps: Int?
  @Option(
    help: ArgumentHelp(
      "Hidden units of the LSTM; the other two get equal parameter counts.", valueName: "n"))
  var hidden = 128
  @Option(
    help: ArgumentHelp(
      "Directory of the three runs (default: checkpoints/cells-NAME; NAME is the name of the text without its extension).",
      valueName: "path"), completion: .directory)
  var out: String?
  @Option(help: ArgumentHelp("Number of steps to backpropagate.", valueName: "n"))
  var steps = 200
  @OptionGroup var bytes: EncodingOptions
  @OptionGroup var charts: ChartOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--minutes", minutes, in: 0.05...1e5)
    try check("--hidden", hidden, in: 1...3200)
    try check("--train-steps", trainSteps, in: 1...1_000_000_000)
    try check("--steps", steps, in: 2...5000)
    if compareCells == nil {
      guard !models.isEmpty else {
        throw ValidationError("Give models and --corpus, or --compare-cells with a text.")
      }
      guard corpus != nil else {
        throw ValidationError("Give a text to measure on with --corpus.")
      }
      guard trainSteps == nil else {
        throw ValidationError("--train-steps belongs to --compare-cells, which trains models.")
      }
    } else if !models.isEmpty {
      throw ValidationError("--compare-cells trains its own models: leave out the others.")
    }
  }

  func run() throws {
    try charts.check()
    var paths = models
    guard let text = corpus ?? compareCells else { return }
    let source = try rereadable(text)
    if compareCells != nil { paths = try comparison(on: text).train(on: source) }
    var document = ReportDocument(
      charts.language("Context sensitivity", "문맥 민감도"), in: charts.language)
    let measurements = try paths.map { try measure($0, source) }
    try document.show(measurements, on: source.name)
    if compareCells != nil { try document.showTraining(measurements, activation) }
    try charts.write(document.page)
  }

  private func comparison(on text: String) -> CellComparison {
    let name = text == "-" ? "standard-input" : FileSystem.stem(of: text)
    return CellComparison(
      text: text, directory: creatable(out ?? "checkpoints/cells-\(name)"), hidden: hidden,
      activation: activation, minutes: minutes, trainSteps: trainSteps, bytes: bytes,
      threads: machine.threads,
      language: charts.language)
  }

  private func measure(_ path: String, _ text: TextSource) throws -> ContextMeasurement {
    let model = try loadModel(path)
    let unit = model.metadata.tokenizer.unit
    let corpus = try readCorpus(
      [text], model.metadata.corpusOptions(encoding: bytes.encoding, invalid: bytes.invalid))
    // On the training text, only the part held out, if any, is measured.
    let trained = model.metadata.trainingTokenCount(of: corpus) ?? 0
    let range = (trained < corpus.count ? trained : 0)..<corpus.count
    var ids: [Int32] = []
    corpus.forEachKnownID(in: range) { ids.append($0) }
    guard ids.count * 2 > range.count else {
      throw CommandError(
        "The vocabulary of \(path) covers less than half of \(text.name). Use a text in the model's language."
      )
    }
    guard ids.count > Self.minimumLength else {
      throw CommandError(
        "\(text.name): fewer than \(quantity(Self.minimumLength, unit)) to measure on. Use a longer text."
      )
    }
    Output.note(charts.language("Measuring \(path)", "측정: \(path)"))
    let sensitivity = ContextSensitivity(
      model, ids, maximumDistance: steps, context: try machine.context)
    return ContextMeasurement(
      path: path, architecture: model.metadata.architecture,
      parameterCount: model.network.layout.parameterCount, unit: unit,
      sensitivity: sensitivity, unknown: range.count - ids.count)
  }

  /// The minimum number of tokens to measure on.
  static let minimumLength = 64
}
