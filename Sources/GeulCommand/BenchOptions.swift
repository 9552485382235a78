import ArgumentParser
import Geul

/// What to measure a network with, and how long.
struct BenchOptions: ParsableArguments {
  @Option(help: "Units of the vocabulary.")
  var vocabulary = 65
  @Option(help: "How wide weights are: float32, bfloat16 or, but for training, int8.")
  var precision = Precision.float32
  @Option(help: "How long to measure.")
  var seconds = 6.0
  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    try check("--vocabulary", vocabulary, in: 2...50_000)
    try check("--seconds", seconds, in: 0.01...3600)
  }

  /// Prints what was measured.
  func report(_ result: BenchResult) throws {
    guard !json else { return try Output.json(result) }
    try Output.text(result.description)
  }
}
