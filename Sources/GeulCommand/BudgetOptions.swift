import ArgumentParser
import Geul

/// How long a run is to be.
struct BudgetOptions: ParsableArguments {
  @Option(help: "Read the text this many times.")
  var epochs: Double?
  @Option(help: "Make this many steps.")
  var steps: Int?
  @Option(help: "Take this many minutes.")
  var minutes: Double?
  @Option(help: "Take this many seconds.")
  var seconds: Double?

  func validate() throws {
    let given = [epochs != nil, steps != nil, minutes != nil, seconds != nil].filter(\.self)
    if given.count > 1 {
      throw ValidationError("Give one of --epochs, --steps, --minutes and --seconds.")
    }
    try check("--epochs", epochs, in: 0.001...1e6)
    try check("--steps", steps, in: 1...1_000_000_000)
    try check("--minutes", minutes, in: 0.01...1e6)
    try check("--seconds", seconds, in: 0.5...6e7)
  }

  /// What the user chose; nil if nothing.
  var budget: Budget? {
    if let epochs { return .epochs(epochs) }
    if let steps { return .steps(steps) }
    if let minutes { return .seconds(minutes * 60) }
    return seconds.map { .seconds($0) }
  }
}

extension Budget {
  /// What suits any text when nothing is said.
  static let `default` = automatic(seconds: 300, epochs: 100)
}
