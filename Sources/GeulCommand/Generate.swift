import ArgumentParser
import Foundation
import Geul

/// `geul generate`: write on from a prompt.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write on from a prompt.",
    usage: "geul generate <model> [--prompt <text> | -] [<options>]",
    discussion: """
      geul generate checkpoints/korean.safetensors --prompt "옛날"
      geul generate checkpoints/my -n 2000 --temperature 0.7 --seed 5
      echo "Dear Nell," | geul generate checkpoints/english.safetensors -
      """)

  @OptionGroup var model: ModelArgument
  @Option(name: .shortAndLong, help: "The text to write on from.")
  var prompt: String?
  @Option(
    name: [.customShort("f"), .long],
    help: "A file with the text to write on from; - for standard input.")
  var promptFile: String?
  @Option(name: [.customShort("n"), .long], help: "How many units to write.")
  var length = 500
  @Option(
    name: .shortAndLong,
    help: "0 always takes the likeliest; 1 draws as the model thinks; more is wilder.")
  var temperature = 0.8
  @Option(help: "Draw from the likeliest so many; 0 for all.")
  var topK = 0
  @Option(help: "Draw from the likeliest that have this share together; 1 for all.")
  var topP = 1.0
  @Option(help: "Draw from those with this share of the likeliest one's probability; 0 for all.")
  var minP = 0.0
  @Option(help: "Make what came lately less likely; 1 for not.")
  var repeatPenalty = 1.0
  @Option(help: "How many units count as lately.")
  var repeatLastN = 64
  @Option(help: "End before this text; may be given several times.")
  var stop: [String] = []
  @Option(
    name: .shortAndLong, help: "What chance comes from (default: different each time, and said).")
  var seed: Int?
  @Option(help: "How many texts to write.")
  var numSamples = 1
  @Option(help: "How wide weights are: float32, bfloat16, or int8, the fastest.")
  var precision = Precision.float32
  @Flag(help: "Refuse a prompt with characters that the model does not know.")
  var strict = false
  @Flag(help: "Do not repeat the prompt.")
  var noDisplayPrompt = false
  @Flag(name: .shortAndLong, help: "Say nothing but the text.")
  var quiet = false
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--length", length, in: 0...1_000_000_000)
    try check("--num-samples", numSamples, in: 1...100_000)
    try check("--seed", seed, in: 0...Int.max)
    do throws(SamplingError) { try sampling.validate() } catch {
      throw ValidationError(error.description)
    }
    if prompt != nil && promptFile != nil {
      throw ValidationError("Give one of --prompt, --prompt-file and -.")
    }
  }

  private var sampling: SamplingOptions {
    SamplingOptions(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repeatPenalty: repeatPenalty,
      repeatLastN: repeatLastN)
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
    let seed = UInt64(seed ?? Int.random(in: 0..<1 << 32))
    if !quiet && self.seed == nil { Output.note("seed \(seed)") }
    let request = Generator.Request(
      prompt: ids, length: length, sampling: sampling, seed: seed, samples: numSamples, stops: stop)
    let generator = Generator(
      model, precision: precision, kernels: try machine.kernels, pool: machine.pool)
    let shown = noDisplayPrompt ? "" : decoded(ids, model)

    if numSamples == 1 && !json { return try stream(request, by: generator, after: shown) }
    let texts = try generator.texts(request)
    guard !json else {
      let samples = texts.map { Result.Sample(text: $0.text, stopReason: $0.ending) }
      return try Output.json(Result(seed: seed, prompt: decoded(ids, model), samples: samples))
    }
    for (number, (text, _)) in texts.enumerated() {
      let rule = number > 0 ? "---\n" : ""
      guard try Output.text(rule + shown + text + "\n") else { return }
    }
  }

  /// Writes one text as it comes, until it ends or nobody reads it any more.
  private func stream(
    _ request: Generator.Request, by generator: Generator, after shown: String
  ) throws {
    guard try Output.text(shown) else { return }
    var failure: (any Error)?
    try generator.write(request) { _, piece in
      do { return try Output.text(piece) } catch { failure = error }
      return false
    }
    if let failure { throw failure }
    try Output.text("\n")
  }

  private func promptText() throws -> String {
    if let prompt { return prompt }
    return try promptFile.map(readText) ?? ""
  }

  /// The prompt's ids; unknown characters are named.
  private func encode(_ text: String, _ model: Model) throws -> [Int] {
    let encoding = model.metadata.tokenizer.encodePrompt(
      text, vocabulary: model.metadata.vocabulary)
    if strict, let first = encoding.substitutions.first {
      throw CommandError(
        "prompt: \(first.place) is unknown to the model. Leave it out, or do without --strict.")
    }
    if !quiet {
      encoding.notes(on: "prompt").forEach(Output.note)
      if encoding.ids.isEmpty, !text.isEmpty {
        Output.note("prompt: the model knows nothing of it, and begins a text of its own.")
      }
    }
    return encoding.ids
  }

  /// The prompt as the model reads it, but for an open syllable at its end: the generator closes it.
  private func decoded(_ ids: [Int], _ model: Model) -> String {
    var decoder = StreamDecoder(
      tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary)
    return ids.map { decoder.append($0) }.joined()
  }
}
