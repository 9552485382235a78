import ArgumentParser
import Geul
import GeulCommandSupport

/// `geul import`: makes a model of the state dict of a PyTorch model.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a model of a PyTorch state dict in a safetensors file.",
    usage: "geul import <file> --vocabulary <file> --out <file> [<options>]",
    discussion: """
      geul import lstm.safetensors --vocabulary chars.json --out model.safetensors

      In Python: safetensors.torch.save_file(model.state_dict(), "lstm.safetensors"). The model has torch.nn.LSTM, GRU or \
      RNN, an output projection, and an embedding or one-hot input. Its parts are found by their names and shapes.
      """)

  @Argument(help: "Safetensors file with the state dict.", completion: .file())
  var file: String
  @Option(
    help: ArgumentHelp(
      "Vocabulary: JSON with an array of tokens, an object of indices by token, or of tokens by index; or a model of Geul.",
      valueName: "file"))
  var vocabulary: String
  @Option(name: .shortAndLong, help: ArgumentHelp("Output file.", valueName: "file"))
  var out: String
  @Flag(help: "Overwrite an existing file.")
  var force = false
  @Option(
    help: ArgumentHelp(
      "Module of the recurrent layers, such as lstm; repeat it for several, from the input to the output.",
      valueName: "name"))
  var prefix: [String] = []
  @Option(help: ArgumentHelp("Module of the embedding.", valueName: "name"))
  var embedding: String?
  @Option(help: ArgumentHelp("Module of the output projection.", valueName: "name"))
  var projection: String?
  @Option(
    help: ArgumentHelp(
      "Tensor that has no effect on the results; repeat it for several.", valueName: "name"))
  var ignore: [String] = []
  @Option(help: "Activation function of an RNN.")
  var activation = Activation.tanh
  @Option(help: "Token unit (default: codepoint, a character of Python).")
  var unit: TokenUnit?
  @Option(help: ArgumentHelp("Unicode normalization form (default: none).", valueName: "form"))
  var normalize: NormalForm?
  @Option(
    help: ArgumentHelp(
      "Token of the vocabulary that stands for unknown characters, such as <unk>.",
      valueName: "token"))
  var unknown: String?

  func run() throws {
    let output = OutputFile(out, option: "--out")
    guard out != "-" else {
      throw CommandError("--out - cannot be standard output. Give a file.")
    }
    try output.check(overwriting: force)
    let path = existing(file)
    guard FileSystem.exists(path) else {
      throw CommandError("\(file): no such file. Give a safetensors file with a state dict.")
    }
    let contents = try safetensors(path)
    let (tokenizer, tokens, original) = try readVocabulary()
    let stateDict = try StateDict(
      contents, name: path, vocabulary: tokens.count,
      parts: StateDict.PartNames(
        recurrent: prefix, embedding: embedding, projection: projection, ignored: ignore))
    if activation == .relu, !stateDict.isVanilla {
      throw CommandError("--activation relu is for an RNN; \(file) has other layers.")
    }
    var model = try Model(
      stateDict, activation: activation, tokenizer: tokenizer, vocabulary: tokens)
    Output.note(stateDict.summary + ".")
    keepText(&model, of: original, contents)
    try output.explained { () throws(FileError) in try model.save(to: output.path) }
    Output.note("Wrote \(output.path)")
  }

  /// Opens the file; the error for a file of another format says how to convert it.
  private func safetensors(_ path: String) throws -> SafetensorsFile {
    do throws(FormatError) { return try SafetensorsFile(contentsOf: path) } catch {
      guard let format = ForeignFormat(ofFile: path) else { throw error }
      throw CommandError("\(path) is \(format).")
    }
  }

  /// Keeps the list and the rule of the labels of the model of Geul that PyTorch has trained further, with notes.
  ///
  /// - Parameters:
  ///   - model: The imported model.
  ///   - original: The model that gave the vocabulary; nil for a vocabulary in JSON.
  ///   - contents: The file.
  private func keepText(
    _ model: inout Model, of original: Model.Metadata?, _ contents: SafetensorsFile
  ) {
    var name = vocabulary
    var known = original
    if known == nil {
      // A model of Geul has its metadata in the file.
      (name, known) = (file, (try? Model(contents, name: file))?.metadata)
      if known?.vocabulary != model.metadata.vocabulary { known = nil }
    }
    if let list = known?.list {
      model.metadata.list = list
      Output.note("Kept the list of \(name): \(quantity(list.count, "item")).")
    } else if contents.tensors.contains(where: { $0.name == Model.itemsTensor }) {
      Output.note(
        "Note: the list of the model is left out, because the file has no metadata of Geul. To keep it, give the original model as --vocabulary."
      )
    }
    guard let labels = model.metadata.vocabulary.labels else { return }
    model.metadata.labels = known?.labels
    let names = labels.names.prefix(20).joined(separator: ", ")
    Output.note(
      known?.labels == nil
        ? "Note: which text has which of the labels \(names) is unknown. To keep it, give the original model as --vocabulary."
        : "Kept the labels of \(name): \(names).")
  }

  private func readVocabulary() throws -> (Tokenizer, Vocabulary, Model.Metadata?) {
    let path = existing(vocabulary)
    guard FileSystem.exists(path) else {
      throw CommandError("\(vocabulary): no such file. Give a vocabulary in JSON, or a model.")
    }
    if FileSystem.isFolder(path) || path.hasSuffix(".safetensors") {
      for (option, isGiven) in [
        ("--unit", unit != nil), ("--normalize", normalize != nil), ("--unknown", unknown != nil),
      ] where isGiven {
        throw CommandError("\(option) is that of the model \(vocabulary). Leave out the option.")
      }
      let metadata = try loadModel(path).metadata
      return (metadata.tokenizer, metadata.vocabulary, metadata)
    }
    let tokens = try Vocabulary(
      json: FileDescriptor(reading: path).readToEnd(), name: path, unknown: unknown)
    let tokenizer = Tokenizer(unit: unit ?? .codepoint, normalization: normalize ?? .none)
    do throws(TextError) { try tokens.check(for: tokenizer) } catch {
      guard case .invalidVocabulary(let problem) = error.reason else { throw error }
      let remedy =
        unit == nil
        ? "If it stands for unknown characters, name it with --unknown; otherwise try --unit grapheme."
        : "Choose another --unit."
      throw CommandError("\(path): \(problem). \(remedy)")
    }
    return (tokenizer, tokens, nil)
  }
}
