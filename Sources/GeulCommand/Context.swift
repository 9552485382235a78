import ArgumentParser
import Foundation
import Geul
import GeulCharts

/// `geul memory`: how far back models remember.
struct Memory: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Show how far back models remember: gradients through time, and what is lost without the past.",
    usage: """
      geul memory <model> ... --corpus <text> [--html <file>]
      geul memory --train-three <text> [--minutes <minutes>] [--html <file>]
      """,
    discussion: """
      What happened long ago is lost on the way through a vanilla network: its gradients vanish. LSTM and GRU carry it on. \
      --train-three trains one of each, of as many parameters, for an equal time, and compares them.
      """)

  @Argument(help: "Models' files, or folders of runs.")
  var models: [String] = []
  @Option(help: "The text to measure on.")
  var corpus: String?
  @Option(help: "Train a vanilla network, a GRU and an LSTM on this text first.")
  var trainThree: String?
  @Option(help: "What the vanilla one does with its sums: tanh, or relu, which may explode.")
  var activation = Activation.tanh
  @Option(help: "How long to train, all three together.")
  var minutes = 3.0
  @Option(help: "Units of the LSTM; the others get as many as make equal numbers of parameters.")
  var hidden = 128
  @Option(help: "Folder of the three (default: checkpoints/three-, and the text's name).")
  var out: String?
  @Option(help: "How far back to follow gradients.")
  var steps = 200
  @OptionGroup var pictures: PictureOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--minutes", minutes, in: 0.05...1e5)
    try check("--hidden", hidden, in: 1...3200)
    try check("--steps", steps, in: 2...5000)
    if trainThree == nil {
      guard !models.isEmpty else {
        throw ValidationError("Give models and --corpus, or --train-three and a text.")
      }
      guard corpus != nil else {
        throw ValidationError("Give the text to measure on with --corpus.")
      }
    } else if !models.isEmpty {
      throw ValidationError("--train-three makes its own models: leave others out.")
    }
  }

  func run() throws {
    try pictures.check()
    var paths = models
    if let trainThree { paths = try three(trainThree).train() }
    guard let text = corpus ?? trainThree else { return }
    var story = ReportDocument(
      "How far back \(paths.count == 1 ? "a model remembers" : "models remember")")
    let remembered = try paths.map { try measure($0, text) }
    try story.show(remembered, on: text)
    if trainThree != nil { try story.showTraining(paths, activation) }
    try pictures.write(story.page)
  }

  private func three(_ text: String) -> CellComparison {
    let name = URL(filePath: absolute(text)).deletingPathExtension().lastPathComponent
    return CellComparison(
      text: text, folder: out ?? "checkpoints/three-\(name)", hidden: hidden,
      activation: activation, minutes: minutes, threads: machine.threads)
  }

  private func measure(_ path: String, _ text: String) throws -> Remembered {
    let model = try loadModel(path)
    let corpus = try readCorpus(
      [text],
      CorpusOptions(tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary))
    // What was held out of the same text is what the model has not seen.
    let fraction = model.metadata.training?.validationFraction ?? 0
    let isSame = model.metadata.training?.corpusHash == corpus.hash && fraction > 0
    let range = (isSame ? Int(Double(corpus.count) * (1 - fraction)) : 0)..<corpus.count
    var ids: [Int32] = []
    corpus.forEachKnownID(in: range) { ids.append($0) }
    guard ids.count * 2 > range.count else {
      throw CommandError(
        "\(path) knows fewer than half of the characters of \(text). Give a text and models of one language."
      )
    }
    guard ids.count > Self.shortest else {
      throw CommandError(
        "\(text): fewer than \(Self.shortest) characters to measure on. Give a longer text.")
    }
    Output.note("Measuring \(path)")
    let reach = ContextSensitivity(
      model, ids, maximumDistance: steps, kernels: try machine.kernels, pool: machine.pool)
    return Remembered(
      path: path, shape: model.metadata.model, reach: reach,
      unknown: range.count - ids.count)
  }

  /// What there must be to measure on.
  static let shortest = 64
}
