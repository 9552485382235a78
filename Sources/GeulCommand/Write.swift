import ArgumentParser
import Geul
import GeulCommandSupport
import GeulWriting
import PortableFoundation

/// `geul write`: a person and a model write a text together.
struct Write: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Write a text together with a model, in the terminal.",
    usage: "geul write <model> [--output <file>] [<options>]",
    discussion: """
      geul write korean --output story.txt
      printf '/temperature 0.6\\nOnce upon a\\n' | geul write english

      Tab generates a continuation, Tab again another one. Right accepts a word, End
      all of it; Ctrl-Z undoes; Ctrl-D ends and prints the text. A line such as
      /help is a command; Ctrl-X begins one within a line. Over a pipe, each line is
      appended to the text, an empty one as a line break, and answered by a
      continuation of one line.
      """)

  @OptionGroup var model: ModelArgument
  @Option(name: .shortAndLong, help: ArgumentHelp("Text to begin with.", valueName: "text"))
  var prompt: String?
  @Option(
    name: [.customShort("f"), .long],
    help: ArgumentHelp("File with the text to begin with.", valueName: "file"),
    completion: .file())
  var promptFile: String?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "File to save the text in; one that exists is continued.", valueName: "file"),
    completion: .file())
  var output: String?
  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("Number of tokens of a continuation.", valueName: "n"))
  var length = 100
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Random seed (default: a random one).", valueName: "n"))
  var seed: Int?
  @OptionGroup var labelOptions: LabelOptions
  @OptionGroup var samplerOptions: SamplerOptions
  @OptionGroup var advancedSamplerOptions: AdvancedSamplerOptions
  @OptionGroup var bytes: EncodingOptions
  @Option(help: .advanced("Arithmetic of matrix products; int8 is the fastest."))
  var precision = Precision.float32
  @Flag(name: .shortAndLong, help: "Print only the text and errors.")
  var quiet = false
  @OptionGroup var ngramOptions: NGramOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--length", length, in: WritingSettings.lengths)
    try check("--seed", seed, in: 0...Int.max)
    guard prompt == nil || promptFile == nil else {
      throw ValidationError("Give only one of --prompt and --prompt-file.")
    }
    guard promptFile != "-" else {
      throw ValidationError(
        "--prompt-file -: standard input is used for keys or lines. Give a file.")
    }
    guard output != "" else { throw ValidationError("--output is empty. Give a file.") }
    guard samplerOptions.temperatures.count == 1 else {
      throw ValidationError("--temperature must be one number. /temperature changes it later.")
    }
    try sampling.checkArguments()
  }

  private var sampling: SamplingOptions { SamplingOptions(samplerOptions, advancedSamplerOptions) }

  func run() throws {
    let loaded = ngramOptions.apply(to: try model.load())
    try check(precision, for: loaded)
    let label = try labelOptions.id(in: loaded, path: model.model)
    var files = WritingFiles(output: output.map { OutputFile($0, option: "--output") })
    try files.output?.check(overwriting: true)
    let text = try initialText(files.output)
    if let file = files.output, file.exists { files.savedText = text }
    let engine = WritingEngine(
      loaded, label: label, precision: precision, context: try machine.makeContext(note: note))
    if label == nil, let labels = loaded.metadata.vocabulary.labels {
      note(
        "Note: the text is written without a label. --label chooses one: \(labels.names.prefix(20).joined(separator: ", "))."
      )
    }
    let settings = WritingSettings(
      sampling: sampling, length: length, seed: seed.map { UInt64($0) } ?? randomSeed())
    let session = WritingSession(text, settings: settings)
    StopSignal.watch()
    if isatty(STDIN_FILENO) == 1, Output.understandsSequences(STDIN_FILENO) {
      var writing = TerminalWriting(
        session, engine, modelName: modelName(of: model.model), files: files)
      try writing.run()
    } else {
      var writing = PipeWriting(
        session, engine, files: files, note: note)
      try writing.run()
    }
    if StopSignal.isReceived { throw StopSignal.error }
  }

  /// Returns the text of `--prompt` or `--prompt-file`, or that of the file of `--output` if it exists.
  private func initialText(_ file: OutputFile?) throws -> String {
    let given = try prompt.map(PathString.text) ?? promptFile.map { try readText($0, bytes) }
    guard let file, file.exists else { return given ?? "" }
    guard given == nil else {
      throw CommandError(
        "\(file.path) already exists, and its text would be continued. Leave out the prompt, or choose another --output."
      )
    }
    return try readWholeText(file.path, bytes)
  }

  /// Prints a line to standard error, unless `--quiet`.
  private func note(_ sentence: String) {
    if !quiet { Output.note(sentence) }
  }
}
