import ArgumentParser
import Geul
import GeulCommandSupport

/// Options of the batch shape of `train`.
struct BatchOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Sequences per batch (default: at most \(TrainingConfiguration().batch)).",
      valueName: "n")
  )
  var batch: Int?
  @Option(
    help: .advanced(
      "Tokens per sequence, over which gradients are backpropagated (default: \(TrainingConfiguration().length), fewer for a small text).",
      valueName: "n")
  )
  var length: Int?

  func validate() throws {
    try check("--batch", batch, in: 1...4096)
    try check("--length", length, in: 1...4096)
  }
}
