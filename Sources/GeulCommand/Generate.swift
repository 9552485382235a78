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
      geul generate --help-hidden                              all samplers
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var textFlags: GeneratedTextFlags
  @OptionGroup var samplingFlags: SamplingFlags
  @OptionGroup var advancedFlags: AdvancedSamplingFlags
  @Option(help: .advanced("Arithmetic of matrix products; int8 is the fastest."))
  var precision = Precision.float32
  @Flag(
    help: .advanced(
      "Refuse a prompt with characters outside the model's vocabulary; by default they are replaced or skipped, with a note."
    ))
  var strict = false
  @Flag(help: .advanced("Do not print the prompt."))
  var noDisplayPrompt = false
  @Flag(name: .shortAndLong, help: "Print only the text and errors.")
  var quiet = false
  @Flag(help: .advanced("Print the result as one JSON object."))
  var json = false
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    guard
      textFlags.length >= 0 || !textFlags.stop.isEmpty || (textFlags.numSamples == 1 && !json)
    else {
      throw ValidationError(
        "--length -1 with --json or --num-samples needs --stop: the output is printed at the end.")
    }
    do throws(SamplingError) { try sampling.validate() } catch {
      throw ValidationError(error.description)
    }
  }

  private var sampling: SamplingOptions {
    var options = SamplingOptions()
    samplingFlags.set(&options)
    advancedFlags.set(&options)
    return options
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
    let text = try textFlags.promptText()
    let ids = try encode(text, model)
    let chosenSeed = textFlags.seed.flatMap { UInt64(exactly: $0) }
    let seed = chosenSeed ?? randomSeed()
    // A signal ends generation, and what was generated is printed. A process that reads the next line may send one.
    StopSignal.watch()
    if chosenSeed == nil { note("seed \(seed)") }
    if sampling.temperature > 2 {
      // In llama.cpp, -t is the number of threads.
      note(
        "Note: -t is the temperature; \(String(format: "%g", sampling.temperature)) is far above 1 and gives noise."
          + " The number of threads is --threads.")
    }
    let request = Generator.Request(
      prompt: ids, length: textFlags.length < 0 ? Int.max : textFlags.length, sampling: sampling,
      seed: seed,
      samples: textFlags.numSamples, stops: textFlags.stop.map(PathString.text))
    let generator = Generator(
      model, precision: precision, context: try machine.makeContext(note: note))
    for stop in request.stops { model.metadata.note(ofStop: stop, name: "--stop").map(note) }
    let shown = noDisplayPrompt ? "" : model.metadata.text(ofPrompt: ids)

    if textFlags.numSamples == 1 && !json {
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
