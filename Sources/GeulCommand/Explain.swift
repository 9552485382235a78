import ArgumentParser
import Foundation
import Geul
import GeulCharts

/// `geul explain`: shows a model's predictions and activations on a text.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a model's predictions and activations on a text: surprisal, gates, neurons.",
    usage: "geul explain <model> --text <text> [--html <file>] [<options>]",
    discussion: """
      geul explain checkpoints/english.safetensors --text "Dear Nell, the light is lit."
      geul explain checkpoints/my --file chapter.txt --layer 1 --html chapter.html
      geul explain checkpoints/my --probe --corpus my.txt
      """)

  @OptionGroup var model: ModelArgument
  @Option(name: .shortAndLong, help: "Text to explain.")
  var text: String?
  @Option(name: .shortAndLong, help: "File with the text; - for standard input.")
  var file: String?
  @Option(help: ArgumentHelp("Layer to show, counted from 1 (default: the last).", valueName: "n"))
  var layer: Int?
  @Option(help: ArgumentHelp("Number of neurons to show.", valueName: "n"))
  var rows = 12
  @Option(
    help:
      "Neurons to show: active (largest variance of the state) or persistent (forget gates, or update gates of a GRU, closest to 1)."
  )
  var select = Selection.active
  @Option(
    name: .customLong("neuron"), parsing: .singleValue,
    help: ArgumentHelp(
      "Show this neuron, counted from 0, instead; may be repeated.", valueName: "n"))
  var neurons: [Int] = []
  @Flag(
    help:
      "Find neurons that correlate with quotation marks, line position, capitals; needs --corpus.")
  var probe = false
  @Option(help: ArgumentHelp("Text for --probe.", valueName: "text"))
  var corpus: String?
  @OptionGroup var charts: ChartOptions
  @OptionGroup var machine: MachineOptions

  enum Selection: String, ExpressibleByArgument, CaseIterable {
    case active, persistent
  }

  /// The maximum number of tokens shown.
  private static let maximumLength = 1000
  /// The maximum number of tokens that the probe reads.
  private static let probeLength = 40_000
  /// The minimum number of tokens of the text and the minimum |r| that is reported; below these,
  /// correlations arise by chance.
  private static let (minimumProbeLength, minimumCorrelation) = (1000, 0.3)

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
    let shape = model.metadata.architecture
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
    var document = ReportDocument("Predictions and activations of \(self.model.model)")
    let probe = try corpus.map { try self.probe($0, model) }
    if let text = try file.map(readText) ?? text.map(PathString.text) {
      try explain(text, model, &document)
    }
    if let corpus, let probe {
      try showProbe(probe, of: model.metadata.tokenizer.unit, in: corpus, &document)
    }
    try charts.write(document.page)
  }

  private func explain(_ text: String, _ model: Model, _ document: inout ReportDocument) throws {
    let unit = model.metadata.tokenizer.unit
    let encoding = model.metadata.tokenizer.encodePrompt(
      text, vocabulary: model.metadata.vocabulary)
    for note in encoding.notes(on: "text", unit: unit) { Output.note(note) }
    let ids = encoding.ids.prefix(Self.maximumLength)
    guard !ids.isEmpty else {
      throw CommandError(
        "No \(unit.noun) of the text is in the model's vocabulary. Use another text.")
    }
    let explanation = Explanation(Array(ids), by: model)
    guard explanation.isFinite else {
      throw CommandError(
        "\(self.model.model): the relu states overflow on this text. Use a shorter text or another model."
      )
    }
    try document.heading("Surprisal")
    let mean =
      explanation.meanSurprisal.map { " Mean: \(number($0, 2)) bits/\(unit.shortName)." } ?? ""
    try document.paragraph(
      "Surprisal is -log2 of the probability that the model gave to the \(unit.noun): 0 bits at probability 1, 1 bit at 1/2,"
        + " 10 bits at 1/1024.\(mean) The first \(unit.noun) has no prediction.")
    if ids.count < encoding.ids.count {
      try document.paragraph(
        "Only the first \(ids.count) of \(encoding.ids.count) tokens are shown.")
    }
    if !encoding.substitutions.isEmpty {
      try document.paragraph(
        "\(quantity(encoding.substitutions.count, unit)) of the text"
          + " \(encoding.substitutions.count == 1 ? "is" : "are") not in the vocabulary and replaced or skipped."
      )
    }
    try document.figure(surprisal(explanation))
    try document.heading("Predictions")
    try document.table(
      explanation.positions.map { position in
        [
          name(position.token), position.surprisal.map { number($0, 1) } ?? "",
          list(position.predictions, " · "),
        ]
      } + [["(next)", "", list(explanation.nextPredictions, " · ")]],
      under: ["", "bits", "five most likely tokens"])
    try showActivations(explanation, model, &document)
  }

  private func surprisal(_ explanation: Explanation) -> HighlightedText {
    HighlightedText(
      explanation.positions.map { position in
        .init(
          position.token, intensity: position.surprisal.map { $0 / 10 },
          digit: Int((position.surprisal ?? 0).rounded()),
          tooltip: position.surprisal.map { bits in
            "\(name(position.token)): \(number(bits, 1)) bits; predicted \(list(position.predictions, ", "))"
          } ?? "")
      },
      legend:
        "Color intensity, or the digit without colors: surprisal in bits (colors up to 10, digits up to 9)."
    )
  }

  private func showActivations(
    _ explanation: Explanation, _ model: Model, _ document: inout ReportDocument
  ) throws {
    let layer = (layer ?? model.metadata.architecture.layers) - 1
    let unit = model.metadata.tokenizer.unit
    let (neurons, description) = selection(
      explanation, layer, of: model.metadata.architecture.cell)
    try document.heading("Activations of layer \(layer + 1)")
    try document.paragraph(
      "\(quantity(neurons.count, "neuron")) of \(model.metadata.architecture.hidden)\(description)."
        + " Rows are neurons, columns are \(unit.pluralNoun); values are those after reading the \(unit.noun)."
    )
    for row in explanation.activationMaps(layer: layer, neurons: neurons) {
      try document.figure(
        HeatMap(
          title: row.name, caption: row.meaning, range: row.range, rows: row.rows,
          rowLabels: neurons.map { "neuron \($0)" },
          columnLabels: explanation.positions.map(\.token)))
    }
  }

  /// Returns the neurons to show and a description of the selection.
  private func selection(
    _ explanation: Explanation, _ layer: Int, of cell: CellKind
  ) -> (neurons: [Int], description: String) {
    guard neurons.isEmpty else { return (neurons, "") }
    return switch select {
    case .active:
      (
        explanation.highestVariance(layer: layer, count: rows),
        ", those with the largest variance of the state on this text"
      )
    case .persistent:
      (
        explanation.mostPersistent(layer: layer, count: rows),
        ", those with mean \(cell == .gru ? "update" : "forget") gates closest to 1 on this text"
      )
    }
  }

  private func probe(_ path: String, _ model: Model) throws -> NeuronProbe {
    let corpus = try readCorpus([path], model.metadata.corpusOptions())
    let probe = NeuronProbe(
      model, corpus, maximumTokenCount: Self.probeLength, context: try machine.context)
    guard probe.tokenCount >= Self.minimumProbeLength else {
      throw CommandError(
        "\(path): only \(quantity(probe.tokenCount, model.metadata.tokenizer.unit)) in the model's vocabulary; correlations need at least"
          + " \(Self.minimumProbeLength). Use a longer text."
      )
    }
    return probe
  }

  private func showProbe(
    _ probe: NeuronProbe, of unit: TokenUnit, in path: String, _ document: inout ReportDocument
  ) throws {
    try document.heading("Interpretable neurons")
    try document.paragraph(
      "For each feature the neuron with the strongest correlation, over \(quantity(probe.tokenCount, unit)) of \(path)."
        + " r is Pearson's correlation coefficient.")
    let (found, rest) = (
      probe.findings.filter { abs($0.correlation) >= Self.minimumCorrelation },
      probe.findings.filter { abs($0.correlation) < Self.minimumCorrelation }
    )
    for finding in found {
      let excerpt = probe.excerpt(finding)
      try document.paragraph(
        "\(finding.feature.rawValue): layer \(finding.layer + 1), neuron \(finding.neuron), r = \(number(finding.correlation, 2))"
      )
      try document.figure(
        HighlightedText(
          excerpt.map { token, value in
            .init(
              token, intensity: Double(value), digit: Int(value * 9.99),
              tooltip: "\(name(token)): \(number(Double(value), 2))")
          }, legend: "0 is the neuron's minimum in this excerpt, 1 its maximum."))
    }
    if !rest.isEmpty {
      try document.paragraph(
        "No neuron with |r| of at least \(Self.minimumCorrelation): "
          + rest.map { "\($0.feature.rawValue) (\(number($0.correlation, 2)))" }.joined(
            separator: ", ")
          + ".")
    }
  }

  private func list(_ tokens: [Explanation.Prediction], _ separator: String) -> String {
    // A no-break space keeps a token and its probability on one line.
    tokens.map { "\(name($0.token))\u{A0}\(percent($0.probability))" }.joined(separator: separator)
  }

  private func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded()))%" }

  /// A printable form of a token.
  private func name(_ token: String) -> String {
    switch token {
    case " ": "␣"
    case "\t": "⇥"
    case "": "(unknown)"
    default: displayText(of: token)
    }
  }
}
