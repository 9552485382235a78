import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// Options that set the length of a training run.
struct BudgetOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Number of passes through the text.", valueName: "n"))
  var epochs: Double?
  @Option(help: ArgumentHelp("Number of training steps.", valueName: "n"))
  var steps: Int?
  @Option(help: ArgumentHelp("Training time (default: 5; at most 100 epochs).", valueName: "n"))
  var minutes: Double?
  @Option(help: .advanced("Training time in seconds.", valueName: "n"))
  var seconds: Double?

  func validate() throws {
    let given = [epochs != nil, steps != nil, minutes != nil, seconds != nil].filter(\.self)
    if given.count > 1 {
      throw ValidationError("Give only one of --epochs, --steps, --minutes and --seconds.")
    }
    try check("--epochs", epochs, in: 0.001...1e6)
    try check("--steps", steps, in: 1...1_000_000_000)
    try check("--minutes", minutes, in: 0.01...1e6)
    try check("--seconds", seconds, in: 0.5...6e7)
  }

  /// The budget that the options give; nil without any.
  var budget: Budget? {
    if let epochs { return .epochs(epochs) }
    if let steps { return .steps(steps) }
    if let minutes { return .seconds(minutes * 60) }
    return seconds.map { .seconds($0) }
  }
}

extension Budget {
  /// The number of epochs in parentheses, as in ` (1 epoch)`; empty for other budgets.
  var epochsDescription: String {
    guard case .epochs(let count) = self else { return "" }
    return " (\(formatted(count, "%g")) \(count == 1 ? "epoch" : "epochs"))"
  }
}
