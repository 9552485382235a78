import ArgumentParser
import Geul
import GeulCommandSupport

/// `geul page`: writes an HTML page that runs models in the browser.
struct Page: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "page",
    abstract: "Write a page that runs models in the browser.",
    usage: "geul page <model> ... --out <file> [<options>]",
    discussion: """
      geul page checkpoints/my --out my.html
      geul page checkpoints/rnn checkpoints/gru checkpoints/lstm --out compare.html

      The page continues texts, shows surprisal, gates and neurons, explains RNN and LSTM in ten steps, and compares \
      models. It is one file with the models inside. Open it in a browser, send it by mail or put it on a web server; it \
      needs no network.
      """)

  @Argument(
    help: "Model files, run directories (their best models), or names of installed models.",
    completion: .model)
  var models: [String]
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Output file; - for standard output.", valueName: "file"),
    completion: .file())
  var out: String
  @Option(
    help: ArgumentHelp(
      "Precision of the weights in the page (default: int8 above 1 MB of weights).",
      valueName: "precision"))
  var precision: ModelPage.WeightFormat?
  @Option(help: "Title of the page.")
  var title: String?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Initial text of the page.", valueName: "text"))
  var text: String?
  @Option(
    help: ArgumentHelp(
      "Language of the page (default: that of the browser).", valueName: "language"))
  var language: Language?

  func validate() throws {
    guard !models.isEmpty else { throw ValidationError("Give at least one model.") }
  }

  func run() throws {
    let file = OutputFile(out, option: "--out", orStandardOutput: true)
    try file.check(overwriting: true)
    var page = ModelPage(title: title, text: text.map(PathString.text), language: language)
    var names: [String] = []
    for argument in models {
      let model = try loadModel(argument)
      let name = modelName(of: argument)
      NGramOptions.noteUnused(in: model, name: argument, by: "the page")
      let count = names.count { $0 == name }
      names.append(name)
      page.add(model, name: count == 0 ? name : "\(name) (\(count + 1))", format: precision)
    }
    let html = Array(page.html.utf8)
    try file.write(html)
    guard !file.isStandardOutput else { return }
    Output.note(
      "\(quantity(models.count, "model")), \(number(Double(html.count) / 1e6, 1)) MB. Open it in a browser."
    )
  }
}
