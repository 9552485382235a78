import ArgumentParser
import Foundation
import Geul
import GeulCharts

/// `geul explain`: what a model thought of a text.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how a model reads a text: its surprise, what it expected, its gates and cells.",
    usage: "geul explain <model> --text <text> [--html <file>] [<options>]",
    discussion: """
      geul explain checkpoints/english.safetensors --text "Dear Nell, the light is lit."
      geul explain checkpoints/my --file chapter.txt --layer 1 --html chapter.html
      geul explain checkpoints/my --cells --corpus my.txt
      """)

  @OptionGroup var model: ModelArgument
  @Option(name: .shortAndLong, help: "The text to read.")
  var text: String?
  @Option(name: .shortAndLong, help: "A file with the text; - for standard input.")
  var file: String?
  @Option(help: "The layer to show, counted from 1 (default: the last).")
  var layer: Int?
  @Option(help: "How many of its cells to show.")
  var rows = 12
  @Option(help: "Which: lively, whose state changes most, or lasting, whose gates keep most.")
  var show = Choice.lively
  @Option(
    name: .customLong("cell"), parsing: .singleValue,
    help: "A cell to show instead, as they are numbered; may be repeated.")
  var chosen: [Int] = []
  @Flag(
    help: "Find cells that follow something: quotation marks, the line, capitals; needs --corpus.")
  var cells = false
  @Option(help: "The text to find them in.")
  var corpus: String?
  @OptionGroup var pictures: PictureOptions
  @OptionGroup var machine: MachineOptions

  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case lively, lasting
  }

  /// More would not be looked at, and a page of it would be slow.
  private static let longest = 1000
  /// How much of a corpus cells are compared on.
  private static let compared = 40_000
  /// Of fewer characters, and below such a correlation, chance would be told as a finding.
  private static let (fewest, weakest) = (1000, 0.3)

  func validate() throws {
    try check("--rows", rows, in: 1...64)
    for cell in chosen { try check("--cell", cell, in: 0...100_000) }
    try check("--layer", layer, in: 1...64)
    guard text != nil || file != nil || cells else {
      throw ValidationError("Give a text with --text or --file, or --cells with --corpus.")
    }
    guard text == nil || file == nil else {
      throw ValidationError("Give --text or --file, not both.")
    }
    guard cells == (corpus != nil) else {
      throw ValidationError("--cells needs --corpus, and --corpus is for --cells.")
    }
  }

  func run() throws {
    try pictures.check()
    let model = try model.load()
    let shape = model.metadata.model
    if let layer, layer > shape.layers {
      throw CommandError(
        "\(self.model.model): it has \(counted(shape.layers, "layer")), not \(layer).")
    }
    if let cell = chosen.first(where: { $0 >= shape.hidden }) {
      throw CommandError(
        "\(self.model.model): its cells are numbered 0 to \(shape.hidden - 1), not \(cell).")
    }
    if show == .lasting, shape.cell == .rnn {
      throw CommandError(
        "\(self.model.model): a vanilla network has no gates that keep. Leave --show out.")
    }
    var story = ReportDocument("How \(self.model.model) reads")
    let search = try corpus.map { try self.search($0, model) }
    if let text = try file.map(readText) ?? text { try explain(text, model, &story) }
    if let corpus, let search { try showCells(search, in: corpus, &story) }
    try pictures.write(story.page)
  }

  private func explain(_ text: String, _ model: Model, _ story: inout ReportDocument) throws {
    let encoding = model.metadata.tokenizer.encodePrompt(
      text, vocabulary: model.metadata.vocabulary)
    for note in encoding.notes(on: "text") { Output.note(note) }
    let ids = encoding.ids.prefix(Self.longest)
    guard !ids.isEmpty else {
      throw CommandError("The text has no character that the model knows. Give another.")
    }
    let explanation = Explanation(Array(ids), by: model)
    guard explanation.isFinite else {
      throw CommandError(
        "\(self.model.model): its states outgrow all numbers on this text, as those of relu may. Give a shorter text, or another model."
      )
    }
    try story.heading("Surprise")
    let mean = explanation.meanSurprisal.map { " On average here: \(number($0, 2)) bits." } ?? ""
    try story.paragraph(
      "How many bits each character costs the model: a character that it was sure of costs nothing, one at even odds"
        + " costs 1, one in a thousand 10.\(mean) The first has nothing before it, and no mark.")
    if ids.count < encoding.ids.count {
      try story.paragraph("Shown are the first \(ids.count) of \(encoding.ids.count) characters.")
    }
    if !encoding.substitutions.isEmpty {
      try story.paragraph(
        "\(counted(encoding.substitutions.count, "character")) of the text the model does not know: it read another, or passed over it."
      )
    }
    try story.picture(surprise(explanation))
    try story.heading("What it expected")
    try story.table(
      explanation.positions.map { place in
        [
          name(place.token), place.surprisal.map { number($0, 1) } ?? "",
          list(place.predictions, " · "),
        ]
      } + [["(next)", "", list(explanation.nextPredictions, " · ")]],
      under: ["", "bits", "the five likeliest here"])
    try showGates(explanation, model, &story)
  }

  private func surprise(_ explanation: Explanation) -> HighlightedText {
    HighlightedText(
      explanation.positions.map { place in
        .init(
          place.token, intensity: place.surprisal.map { $0 / 10 },
          digit: Int((place.surprisal ?? 0).rounded()),
          tooltip: place.surprisal.map { bits in
            "\(name(place.token)): \(number(bits, 1)) bits; expected \(list(place.predictions, ", "))"
          } ?? "")
      },
      legend:
        "The stronger the colour (without colours: the larger the digit), the more bits; from 10 bits on all are alike."
    )
  }

  private func showGates(
    _ explanation: Explanation, _ model: Model, _ story: inout ReportDocument
  ) throws {
    let layer = (layer ?? model.metadata.model.layers) - 1
    let (cells, which) = shown(explanation, layer)
    try story.heading("Inside layer \(layer + 1)")
    try story.paragraph(
      "\(counted(cells.count, "cell")) of \(model.metadata.model.hidden)\(which). A column is a character, a row a cell:"
        + " what it was when that character had just been read.")
    for band in explanation.activationMaps(layer: layer, neurons: cells) {
      try story.picture(
        HeatMap(
          title: band.name, caption: band.meaning, range: band.range, rows: band.rows,
          rowLabels: cells.map { "cell \($0)" }, columnLabels: explanation.positions.map(\.token)))
    }
  }

  /// The cells to show, and in words which they are.
  private func shown(_ explanation: Explanation, _ layer: Int) -> (cells: [Int], which: String) {
    guard chosen.isEmpty else { return (chosen, "") }
    return switch show {
    case .lively:
      (
        explanation.mostActive(layer: layer, count: rows),
        ", those whose state changes most on this text"
      )
    case .lasting:
      (
        explanation.mostPersistent(layer: layer, count: rows),
        ", those whose gates keep most on this text"
      )
    }
  }

  private func search(_ path: String, _ model: Model) throws -> NeuronProbe {
    let corpus = try readCorpus(
      [path],
      CorpusOptions(tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary))
    let search = NeuronProbe(
      model, corpus, maximumTokenCount: Self.compared, kernels: try machine.kernels,
      pool: machine.pool)
    guard search.tokenCount >= Self.fewest else {
      throw CommandError(
        "\(path): \(counted(search.tokenCount, "character")) that the model knows; below \(Self.fewest) chance would look like a finding. Give a longer text."
      )
    }
    return search
  }

  private func showCells(
    _ search: NeuronProbe, in path: String, _ story: inout ReportDocument
  ) throws {
    try story.heading("Cells that follow something")
    try story.paragraph(
      "Of all cells those that go with something a person can name, on \(counted(search.tokenCount, "character")) of \(path)."
        + " r is Pearson's correlation: at 1 the cell is high just where the thing is, at -1 it is low just there, at 0 one"
        + " tells nothing of the other.")
    let (found, rest) = (
      search.findings.filter { abs($0.correlation) >= Self.weakest },
      search.findings.filter { abs($0.correlation) < Self.weakest }
    )
    for finding in found {
      let excerpt = search.excerpt(finding)
      try story.paragraph(
        "\(finding.feature.rawValue): layer \(finding.layer + 1), cell \(finding.neuron), r = \(number(finding.correlation, 2))"
      )
      try story.picture(
        HighlightedText(
          excerpt.map { unit, value in
            .init(
              unit, intensity: Double(value), digit: Int(value * 9.99),
              tooltip: "\(name(unit)): \(number(Double(value), 2))")
          }, legend: "From 0, where the cell is at its least here, to 1, where it is at its most."))
    }
    if !rest.isEmpty {
      try story.paragraph(
        "No cell follows these (the best r is below \(Self.weakest)): "
          + rest.map { "\($0.feature.rawValue) (\(number($0.correlation, 2)))" }.joined(
            separator: ", ")
          + ".")
    }
  }

  private func list(_ likely: [Explanation.Prediction], _ separator: String) -> String {
    // A unit and its share stay together where lines are broken.
    likely.map { "\(name($0.token))\u{A0}\(percent($0.probability))" }.joined(separator: separator)
  }

  private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded()))%" }

  /// A unit as it can be named in a line.
  private func name(_ unit: String) -> String {
    switch unit {
    case " ": "␣"
    case "\t": "⇥"
    case "": "(unknown)"
    default: displayText(of: unit)
    }
  }
}
