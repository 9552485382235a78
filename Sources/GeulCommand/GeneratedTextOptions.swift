import ArgumentParser
import Geul
import GeulCommandSupport

/// The options of `geul generate` that choose the prompt, the length and the number of the texts.
struct GeneratedTextOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("Prompt.", valueName: "text"))
  var prompt: String?
  @Option(
    name: [.customShort("f"), .long],
    help: ArgumentHelp("File with the prompt; - for standard input.", valueName: "file"),
    completion: .file())
  var promptFile: String?
  @Option(
    help: ArgumentHelp(
      "File with a prompt a line; prints JSON lines.", valueName: "file"),
    completion: .file())
  var prompts: String?
  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp(
      "Number of tokens; -1 until --stop.", valueName: "n"))
  var length = 500
  @Option(help: ArgumentHelp("Stop before this string; may be repeated.", valueName: "text"))
  var stop: [String] = []
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Random seed (default: a random one).", valueName: "n"))
  var seed: Int?
  @Option(help: ArgumentHelp("Number of texts to generate.", valueName: "n"))
  var numSamples = 1
  @Option(
    help: .advanced(
      "Generate n texts, and print the --num-samples most likely ones.", valueName: "n"))
  var bestOf: Int?

  func validate() throws {
    try check("--length", length, in: -1...1_000_000_000)
    try check("--num-samples", numSamples, in: 1...100_000)
    try check("--seed", seed, in: -1...Int.max)
    guard [prompt, promptFile, prompts].compactMap(\.self).count <= 1 else {
      throw ValidationError("Give only one of --prompt, --prompt-file, --prompts and -.")
    }
    try check("--best-of", bestOf, in: 1...100_000)
    guard bestOf ?? numSamples >= numSamples else {
      throw ValidationError(
        "--best-of \(bestOf ?? 0) must not be less than --num-samples \(numSamples).")
    }
  }

  /// Reads the prompts: one, or those of `--prompts`.
  func allPrompts(_ bytes: EncodingOptions) throws -> [String] {
    if let prompts { return try PromptFile(contentsOf: prompts, bytes).prompts }
    if let prompt { return [PathString.text(prompt)] }
    return [try promptFile.map { try readText($0, bytes) } ?? ""]
  }
}
