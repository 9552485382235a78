import ArgumentParser
import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

/// `geul explain`: shows a model's predictions and activations on a text.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show surprisal, gates and neurons on a text.",
    usage: "geul explain <model> --text <text> [--html <file>] [--json] [<options>]",
    discussion: """
      geul explain checkpoints/english.safetensors --text "Dear Nell, the light is lit."
      geul explain checkpoints/my --file chapter.txt --layer 1 --html chapter.html
      geul explain checkpoints/my --probe --corpus my.txt
      geul explain checkpoints/my --text "Dear Nell" --json    (keys: docs/explain.md)
      """)

  @OptionGroup var model: ModelArgument
  @Option(name: .shortAndLong, help: "Text to explain.")
  var text: String?
  @Option(
    name: .shortAndLong, help: "File with the text; - for standard input.", completion: .file())
  var file: String?
  @Option(help: ArgumentHelp("Layer to show, counted from 1 (default: the last).", valueName: "n"))
  var layer: Int?
  @Option(help: ArgumentHelp("Number of neurons to show (default: 12).", valueName: "n"))
  var rows: Int?
  @Option(
    help:
      "Neurons to show: active (largest variance of the state; the default) or persistent (forget gates, or update gates of a GRU, closest to 1)."
  )
  var select: NeuronCriterion?
  @Option(
    name: .customLong("neuron"), parsing: .singleValue,
    help: ArgumentHelp(
      "Show this neuron, counted from 0, instead; may be repeated.", valueName: "n"))
  var neurons: [Int] = []
  @Flag(
    help:
      "Find neurons that correlate with quotation marks, line position, capitals, Korean particles, endings and finals; needs --corpus."
  )
  var probe = false
  @Option(help: ArgumentHelp("Text for --probe.", valueName: "text"), completion: .file())
  var corpus: String?
  @Flag(help: "Print one JSON object instead of the report; --html writes the report, too.")
  var json = false
  @OptionGroup var bytes: EncodingOptions
  @OptionGroup var charts: ChartOptions
  @OptionGroup var machine: MachineOptions

  /// The maximum number of tokens that the probe reads.
  static let probeLength = 40_000
  /// The minimum number of tokens of the text and the minimum |r| that is reported; below these,
  /// correlations arise by chance.
  static let (minimumProbeLength, minimumCorrelation) = (1000, 0.3)

  func validate() throws {
    try check("--rows", rows, in: 1...64)
    for neuron in neurons { try check("--neuron", neuron, in: 0...100_000) }
    try check("--layer", layer, in: 1...64)
    guard text != nil || file != nil || probe else {
      throw ValidationError("Give a text with --text or --file, or --probe with --corpus.")
    }
    guard text == nil || file == nil else {
      throw ValidationError("Give --text or --file, not both.")
    }
    guard probe == (corpus != nil) else {
      throw ValidationError("--probe needs --corpus, and --corpus is only for --probe.")
    }
  }

  func run() throws {
    try charts.check()
    let model = try model.load()
    try checkSelection(against: model.metadata.architecture)
    let language = charts.language
    var document = ReportDocument(
      language(
        "Predictions and activations of \(self.model.model)", "\(self.model.model)의 예측과 활성값"),
      in: language, isShown: !json)
    var data = ExplanationData(unit: model.metadata.tokenizer.unit)
    let probe = try corpus.map { try self.probe($0, model) }
    if let text = try file.map({ try readText($0, bytes) }) ?? text.map(PathString.text) {
      let explanation = try explanation(of: text, model, &document)
      data.add(explanation)
      let (layer, neurons) = selection(explanation, model)
      if isSelectionGiven { data.add(explanation, layer: layer, neurons) }
    }
    if let corpus, let probe {
      try showProbe(probe, of: model.metadata.tokenizer.unit, in: corpus, &document)
      data.add(probe.findings)
    }
    if json { try Output.json(data) }
    try charts.write(document.page)
  }

  /// Throws if the options ask for a layer, a neuron or a gate that the network does not have.
  private func checkSelection(against shape: Architecture) throws {
    if let layer, layer > shape.layers {
      throw CommandError(
        "\(self.model.model): the model has \(quantity(shape.layers, "layer")); there is no layer \(layer)."
      )
    }
    if let neuron = neurons.first(where: { $0 >= shape.hidden }) {
      throw CommandError(
        "\(self.model.model): neurons are numbered 0 to \(shape.hidden - 1); there is no neuron \(neuron)."
      )
    }
    if select == .persistent, shape.cell == .rnn {
      throw CommandError(
        "\(self.model.model): --select persistent needs gates, and a vanilla RNN has none.")
    }
  }

  /// Indicates whether options select neurons, whose activations `--json` then includes.
  private var isSelectionGiven: Bool {
    layer != nil || rows != nil || select != nil || !neurons.isEmpty
  }
}
