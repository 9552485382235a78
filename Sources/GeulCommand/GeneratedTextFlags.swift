import ArgumentParser
import Geul
import GeulCommandSupport

/// The options of `geul generate` that choose the prompt, the length and the number of the texts.
struct GeneratedTextFlags: ParsableArguments {
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
  @Option(help: ArgumentHelp("Stop before this string; may be repeated.", valueName: "text"))
  var stop: [String] = []
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Random seed; -1 for a random one, which is printed (default: -1).", valueName: "n"))
  var seed: Int?
  @Option(help: ArgumentHelp("Number of texts to generate.", valueName: "n"))
  var numSamples = 1

  func validate() throws {
    try check("--length", length, in: -1...1_000_000_000)
    try check("--num-samples", numSamples, in: 1...100_000)
    try check("--seed", seed, in: -1...Int.max)
    if prompt != nil && promptFile != nil {
      throw ValidationError("Give only one of --prompt, --prompt-file and -.")
    }
  }

  /// Reads the prompt.
  func promptText() throws -> String {
    if let prompt { return PathString.text(prompt) }
    return try promptFile.map(readText) ?? ""
  }
}
