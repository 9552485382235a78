import ArgumentParser
import Geul
import GeulCommandSupport

/// The model that a run starts from.
struct InitialModel {
  /// The path as it was given.
  let path: String
  /// The model, with the units and layers that were added.
  let model: Model
  /// The architecture in the file.
  let original: Architecture
  /// The seed of the run, which the new units also depend on.
  let seed: UInt64

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
    let name = option.dropFirst(2)
    let growth = ["hidden", "layers"].contains(name) ? ", or use --grow-\(name)" : ""
    throw ValidationError(
      "\(option) \(asked): the model that --init-from names has \(own). Leave out \(option)\(growth)."
    )
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
    let size =
      architecture == original
      ? "" : ", enlarged to \(architecture.layers) x \(architecture.hidden)"
    return
      "Fine-tuning \(path): \(original.layers) x \(original.hidden) \(original.cell.rawValue)\(size). \(growth)"
  }

  private func visible(_ token: String) -> String { token == "\n" ? "line feed" : token }
}
