import ArgumentParser
import Geul
import GeulCommandSupport

/// Options of fine-tuning, which starts from the parameters of a trained model.
struct FineTuningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fine-tuning: start from this model or run; new characters are added.", valueName: "model"),
    completion: .file())
  var initFrom: String?
  @Option(
    help: .advanced(
      "Fine-tuning: do not train the first n layers, except the embedding table.", valueName: "n"))
  var freezeLayers = 0

  func validate() throws {
    try check("--freeze-layers", freezeLayers, in: 0...64)
    guard initFrom == nil || initFrom == "scratch", freezeLayers > 0 else { return }
    throw ValidationError("--freeze-layers needs --init-from MODEL: new layers must be trained.")
  }

  /// Loads the model to start from; nil for new parameters, as also with nanoGPT's `--init-from scratch`.
  func load() throws -> InitialModel? {
    guard let initFrom, initFrom != "scratch" else { return nil }
    if initFrom == "resume", !FileSystem.exists(initFrom) {
      throw ValidationError(
        "--init-from resume is not supported: geul train starts a new run. To continue a run, use geul resume DIRECTORY."
      )
    }
    let model = try loadModel(initFrom)
    let layers = model.metadata.architecture.layers
    guard freezeLayers <= layers else {
      throw ValidationError(
        "--freeze-layers \(freezeLayers): \(initFrom) has \(quantity(layers, "layer")).")
    }
    return InitialModel(path: initFrom, model: model)
  }
}

/// The model that a run starts from.
struct InitialModel {
  /// The path as it was given.
  let path: String
  let model: Model

  private var architecture: Architecture { model.metadata.architecture }

  /// Returns the options for reading the text: the model's tokenizer, and its vocabulary with new tokens.
  ///
  /// - Throws: `ValidationError` if an option asks for another tokenizer.
  func corpusOptions(_ text: TextOptions) throws -> CorpusOptions {
    let (asked, own) = (text.corpusOptions.tokenizer, model.metadata.tokenizer)
    try check("--unit", asked.unit.rawValue, own.unit.rawValue, Tokenizer().unit.rawValue)
    try check(
      "--normalize", asked.normalization.rawValue, own.normalization.rawValue,
      Tokenizer().normalization.rawValue)
    var options = text.corpusOptions
    options.tokenizer = own
    options.vocabulary = model.metadata.vocabulary
    options.extendsVocabulary = true
    return options
  }

  /// Checks that the options do not ask for another network.
  ///
  /// - Throws: `ValidationError` with the option.
  func check(_ shape: NetworkOptions) throws {
    let defaults = Architecture()
    try check(
      "--cell", shape.layers.cell.rawValue, architecture.cell.rawValue, defaults.cell.rawValue)
    try check(
      "--activation", shape.layers.activation.rawValue, architecture.activation.rawValue,
      defaults.activation.rawValue)
    try check(
      "--layers", "\(shape.layers.layers)", "\(architecture.layers)", "\(defaults.layers)")
    if let hidden = shape.hidden {
      try check("--hidden", "\(hidden)", "\(architecture.hidden)", nil)
    }
  }

  private func check(
    _ option: String, _ asked: String, _ own: String, _ defaultValue: String?
  ) throws {
    guard asked != own, asked != defaultValue else { return }
    throw ValidationError(
      "\(option) \(asked): the model that --init-from names has \(own). Leave out \(option).")
  }

  /// Returns a sentence on what changes for a text.
  func description(for corpus: Corpus) -> String {
    let known = model.metadata.vocabulary
    let new = corpus.vocabulary.tokens[known.count...].filter { !$0.isEmpty }
    let examples = new.prefix(5).map { "\"\(visible($0))\"" }.joined(separator: ", ")
    let growth =
      corpus.vocabulary.count == known.count
      ? "The vocabulary of \(quantity(known.count, "token")) stays."
      : "The vocabulary grows from \(known.count) to \(quantity(corpus.vocabulary.count, "token"))"
        + (new.isEmpty ? "." : ", most frequent \(examples).")
    return
      "Fine-tuning \(path): \(architecture.layers) x \(architecture.hidden) \(architecture.cell.rawValue). \(growth)"
  }

  private func visible(_ token: String) -> String { token == "\n" ? "line feed" : token }
}
