import ArgumentParser
import Geul
import GeulCommandSupport

/// Options of the recurrent layers, shared by `train` and `bench`.
struct LayerOptions: ParsableArguments {
  @Option(help: "Cell.")
  var cell = CellKind.lstm
  @Option(
    help: .advanced("Activation of --cell rnn; relu states are unbounded and may diverge."))
  var activation = Activation.tanh
  @Option(help: ArgumentHelp("Number of layers.", valueName: "n"))
  var layers = 2

  func validate() throws {
    try check("--layers", layers, in: 1...64)
    guard cell == .rnn || activation == .tanh else {
      throw ValidationError(
        "--activation relu is only for --cell rnn, not \(cell.rawValue).")
    }
  }

  /// Returns the options as the library's architecture.
  func architecture(hidden: Int) -> Architecture {
    Architecture(cell: cell, layers: layers, hidden: hidden, activation: activation)
  }
}

/// Options of the network architecture of `train`.
struct NetworkOptions: ParsableArguments {
  @OptionGroup var layers: LayerOptions
  @Option(
    help: ArgumentHelp(
      "Hidden units per layer (default: by time budget).",
      valueName: "n")
  )
  var hidden: Int?

  func validate() throws { try check("--hidden", hidden, in: 1...8192) }

  /// The options as the library's architecture.
  var architecture: Architecture { layers.architecture(hidden: hidden ?? Architecture().hidden) }
}

/// Options of the network architecture of `bench`.
struct BenchNetworkOptions: ParsableArguments {
  @OptionGroup var layers: LayerOptions
  @Option(help: ArgumentHelp("Hidden units per layer.", valueName: "n"))
  var hidden = Architecture().hidden

  func validate() throws { try check("--hidden", hidden, in: 1...8192) }

  /// The options as the library's architecture.
  var architecture: Architecture { layers.architecture(hidden: hidden) }
}
