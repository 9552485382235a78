import ArgumentParser
import Foundation
import Geul

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
  @Option(name: .shortAndLong, help: "Prompt.")
  var prompt: String?
  @Option(
    name: [.customShort("f"), .long],
    help: "File with the prompt; - for standard input.")
  var promptFile: String?
  @Option(name: [.customShort("n"), .long], help: "Number of tokens to generate.")
  var length = 500
  @Option(
    name: .shortAndLong,
    help: "Sampling temperature; 0 always takes the most likely token.")
  var temperature = 0.8
  @Option(help: "Sample from the k most likely tokens; 0 disables.")
  var topK = 0
  @Option(
    help: "Nucleus sampling: from the most likely tokens of this total probability; 1 disables.")
  var topP = 1.0
  @Option(help: "Minimum probability, relative to the most likely token; 0 disables.")
  var minP = 0.0
  @Option(help: "Penalty of recent tokens; 1 disables.")
  var repeatPenalty = 1.0
  @Option(help: "Number of recent tokens that --repeat-penalty applies to.")
  var repeatLastN = 64
  @Option(help: "Stop before this string; may be repeated.")
  var stop: [String] = []
  @Option(name: .shortAndLong, help: "Random seed (default: random, printed).")
  var seed: Int?
  @Option(help: "Number of texts to generate.")
  var numSamples = 1
  @Option(help: "Arithmetic of matrix products; int8 is the fastest.")
  var precision = Precision.float32
  @Flag(help: "Refuse a prompt with characters outside the model's vocabulary.")
  var strict = false
  @Flag(help: "Do not print the prompt.")
  var noDisplayPrompt = false
  @Flag(name: .shortAndLong, help: "Print only the text and errors.")
  var quiet = false
  @Flag(help: "Print the result as one JSON object.")
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
      throw ValidationError("Give only one of --prompt, --prompt-file and -.")
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
      model, precision: precision, context: try machine.context)
    let shown = noDisplayPrompt ? "" : decoded(ids, model)

    if numSamples == 1 && !json { return try stream(request, by: generator, after: shown) }
    let texts = try generator.texts(request)
    guard !json else {
      let samples = texts.map { Result.Sample(text: $0.text, stopReason: $0.ending) }
      return try Output.json(Result(seed: seed, prompt: decoded(ids, model), samples: samples))
    }
    for (number, (text, _)) in texts.enumerated() {
      let separator = number > 0 ? "---\n" : ""
      guard try Output.text(separator + shown + text + "\n") else { return }
    }
  }

  /// Writes one text as it is generated, until it ends or the pipe is closed.
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

  /// Returns the prompt's token ids and reports characters outside the vocabulary.
  private func encode(_ text: String, _ model: Model) throws -> [Int] {
    let encoding = model.metadata.tokenizer.encodePrompt(
      text, vocabulary: model.metadata.vocabulary)
    if strict, let first = encoding.substitutions.first {
      throw CommandError(
        "prompt: \(first.location) is not in the model's vocabulary. Remove it, or leave out --strict."
      )
    }
    if !quiet {
      encoding.notes(on: "prompt").forEach(Output.note)
      if encoding.ids.isEmpty, !text.isEmpty {
        Output.note(
          "prompt: no character is in the model's vocabulary; generating without a prompt.")
      }
    }
    return encoding.ids
  }

  /// Returns the prompt as the model reads it, without an incomplete syllable at its end: the
  /// generator completes and returns that.
  private func decoded(_ ids: [Int], _ model: Model) -> String {
    var decoder = StreamDecoder(
      tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary)
    return ids.map { decoder.append($0) }.joined()
  }
}
