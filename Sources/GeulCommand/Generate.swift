import ArgumentParser
import Foundation
import Geul
import GeulCharts
import GeulCommandSupport

/// `geul generate`: generates text from a prompt.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate text from a prompt.",
    usage: "geul generate <model> [--prompt <text> | -] [<options>]",
    discussion: """
      geul generate checkpoints/korean.safetensors --prompt "옛날"
      geul generate checkpoints/my -n 2000 --temperature 0.7 --seed 5
      echo "Dear Nell," | geul generate checkpoints/english.safetensors -
      """)

  @OptionGroup var model: ModelArgument
  @Option(name: .shortAndLong, help: ArgumentHelp("Prompt.", valueName: "text"))
  var prompt: String?
  @Option(
    name: [.customShort("f"), .long],
    help: ArgumentHelp("File with the prompt; - for standard input.", valueName: "file"),
    completion: .file())
  var promptFile: String?
  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp(
      "Number of tokens to generate; -1 continues until --stop or Ctrl-C.", valueName: "n"))
  var length = 500
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Sampling temperature; 0 always takes the most likely token.", valueName: "t"))
  var temperature = 0.8
  @Flag(help: "Always take the most likely token, like --temperature 0.")
  var greedy = false
  @Option(help: ArgumentHelp("Sample from the k most likely tokens; 0 disables.", valueName: "k"))
  var topK = 0
  @Option(
    help: ArgumentHelp(
      "Nucleus sampling: from the most likely tokens of this total probability; 1 disables.",
      valueName: "p"))
  var topP = 1.0
  @Option(
    help: ArgumentHelp(
      "Minimum probability, relative to the most likely token; 0 disables.", valueName: "p"))
  var minP = 0.0
  @Option(
    help: ArgumentHelp("Repetition penalty of recent tokens; 1 disables.", valueName: "penalty"))
  var repeatPenalty = 1.0
  @Option(
    help: ArgumentHelp("Number of recent tokens that the penalties apply to.", valueName: "n"))
  var repeatLastN = 64
  @Option(
    help: ArgumentHelp(
      "Number to subtract from the logits of recent tokens, -2 to 2; 0 disables.",
      valueName: "penalty"))
  var presencePenalty = 0.0
  @Option(
    help: ArgumentHelp(
      "Number to subtract from the logits of recent tokens for each occurrence, -2 to 2; 0 disables.",
      valueName: "penalty"))
  var frequencyPenalty = 0.0
  @Option(help: ArgumentHelp("Stop before this string; may be repeated.", valueName: "text"))
  var stop: [String] = []
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Random seed; -1 for a random one, which is printed (default: -1).", valueName: "n"))
  var seed: Int?
  @Option(help: ArgumentHelp("Number of texts to generate.", valueName: "n"))
  var numSamples = 1
  @Option(help: "Arithmetic of matrix products; int8 is the fastest.")
  var precision = Precision.float32
  @Flag(
    help:
      "Refuse a prompt with characters outside the model's vocabulary; by default they are replaced or skipped, with a note."
  )
  var strict = false
  @Flag(help: "Do not print the prompt.")
  var noDisplayPrompt = false
  @Flag(name: .shortAndLong, help: "Print only the text and errors.")
  var quiet = false
  @Flag(help: "Print the result as one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--length", length, in: -1...1_000_000_000)
    guard length >= 0 || !stop.isEmpty || (numSamples == 1 && !json) else {
      throw ValidationError(
        "--length -1 with --json or --num-samples needs --stop: the output is printed at the end.")
    }
    try check("--num-samples", numSamples, in: 1...100_000)
    try check("--seed", seed, in: -1...Int.max)
    do throws(SamplingError) { try sampling.validate() } catch {
      throw ValidationError(error.description)
    }
    if prompt != nil && promptFile != nil {
      throw ValidationError("Give only one of --prompt, --prompt-file and -.")
    }
  }

  private var sampling: SamplingOptions {
    SamplingOptions(
      temperature: greedy ? 0 : temperature, topK: topK, topP: topP, minP: minP,
      repeatPenalty: repeatPenalty, repeatLastN: repeatLastN, presencePenalty: presencePenalty,
      frequencyPenalty: frequencyPenalty)
  }

  private struct Result: Encodable {
    let seed: UInt64
    let prompt: String
    let samples: [Sample]

    struct Sample: Encodable {
      let text: String
      let stopReason: Generator.Ending
    }
  }

  func run() throws {
    let model = try model.load()
    try check(precision, for: model)
    let text = try promptText()
    let ids = try encode(text, model)
    let chosenSeed = seed.flatMap { UInt64(exactly: $0) }
    let seed = chosenSeed ?? randomSeed()
    // A signal ends generation, and what was generated is printed. A process that reads the next line may send one.
    StopSignal.watch()
    if chosenSeed == nil { note("seed \(seed)") }
    if sampling.temperature > 2 {
      // In llama.cpp, -t is the number of threads.
      note(
        "Note: -t is the temperature; \(String(format: "%g", temperature)) is far above 1 and gives noise."
          + " The number of threads is --threads.")
    }
    let request = Generator.Request(
      prompt: ids, length: length < 0 ? Int.max : length, sampling: sampling, seed: seed,
      samples: numSamples, stops: stop.map(PathString.text))
    let generator = Generator(
      model, precision: precision, context: try machine.makeContext(note: note))
    for stop in request.stops { model.metadata.note(ofStop: stop, name: "--stop").map(note) }
    let shown = noDisplayPrompt ? "" : model.metadata.text(ofPrompt: ids)

    if numSamples == 1 && !json {
      try stream(request, by: generator, after: shown)
    } else {
      let texts = try generator.texts(request, shouldStop: { StopSignal.isReceived })
      if json {
        let samples = texts.map { Result.Sample(text: $0.text, stopReason: $0.ending) }
        try Output.json(
          Result(seed: seed, prompt: model.metadata.text(ofPrompt: ids), samples: samples))
      } else {
        for (number, (text, _)) in texts.enumerated() {
          let separator = number > 0 ? "---\n" : ""
          guard try Output.text(separator + shown + text + "\n") else { break }
        }
      }
    }
    if StopSignal.isReceived { throw StopSignal.error }
  }

  /// Writes one text as it is generated, until it ends, a signal is received or the reader closes the pipe.
  private func stream(
    _ request: Generator.Request, by generator: Generator, after shown: String
  ) throws {
    var visible = VisibleText()
    /// Writes a piece; a terminal gets the visible form of control characters.
    func write(_ piece: String) throws -> Bool {
      try Output.styledText(Output.isTerminalOutput ? visible.append(piece) : piece)
    }
    guard try write(shown) else { return }
    var failure: (any Error)?
    try generator.write(request, shouldStop: { StopSignal.isReceived }) { _, piece in
      do { return try write(piece) } catch { failure = error }
      return false
    }
    if let failure { throw failure }
    try Output.styledText(visible.finish() + "\n")
  }

  private func promptText() throws -> String {
    if let prompt { return PathString.text(prompt) }
    return try promptFile.map(readText) ?? ""
  }

  /// Returns the prompt's token ids and reports characters outside the vocabulary.
  private func encode(_ text: String, _ model: Model) throws -> [Int] {
    let encoding = model.metadata.tokenizer.encodePrompt(
      text, vocabulary: model.metadata.vocabulary)
    let unit = model.metadata.tokenizer.unit
    if strict, let first = encoding.substitutions.first {
      throw CommandError(
        "prompt: \(first.location(in: unit)) is not in the model's vocabulary. Remove it, or leave out --strict."
      )
    }
    encoding.notes(on: "prompt", unit: unit).forEach(note)
    if encoding.ids.isEmpty, !text.isEmpty {
      note("prompt: no \(unit.noun) is in the model's vocabulary; generating without a prompt.")
    }
    return encoding.ids
  }

  /// Prints a line to standard error, unless `--quiet`.
  private func note(_ sentence: String) {
    if !quiet { Output.note(sentence) }
  }
}
