import ArgumentParser
import Geul
import GeulCommandSupport

/// Options shared by `bench train` and `bench generate`.
struct BenchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Vocabulary size of the random tokens.", valueName: "n"))
  var vocabulary = 65
  @Option(help: "Arithmetic of matrix products; int8 is for generation only.")
  var precision = Precision.float32
  @Option(help: ArgumentHelp("Duration of the measurement in seconds.", valueName: "n"))
  var seconds = 6.0
  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    try check("--vocabulary", vocabulary, in: 2...50_000)
    try check("--seconds", seconds, in: 0.01...3600)
  }

  /// Prints the result as text or JSON.
  func report(_ result: BenchResult) throws {
    guard !json else { return try Output.json(result) }
    try Output.text(result.description)
  }
}
