import ArgumentParser
import Geul

/// Options of the network architecture.
struct NetworkOptions: ParsableArguments {
  @Option(help: "Recurrent cell.")
  var cell = CellKind.lstm
  @Option(help: "Activation of --cell rnn; relu states are unbounded and may diverge.")
  var activation = Activation.tanh
  @Option(help: ArgumentHelp("Number of layers.", valueName: "n"))
  var layers = 2
  @Option(
    help: ArgumentHelp(
      "Hidden units per layer (default: chosen for the text and the training time; 256 without a time).",
      valueName: "n")
  )
  var hidden: Int?

  func validate() throws {
    try check("--layers", layers, in: 1...64)
    try check("--hidden", hidden, in: 1...8192)
    guard cell == .rnn || activation == .tanh else {
      throw ValidationError(
        "--activation relu is only for --cell rnn, not \(cell.rawValue).")
    }
  }

  /// The options as the library's architecture.
  var architecture: Architecture {
    Architecture(
      cell: cell, layers: layers, hidden: hidden ?? Architecture().hidden, activation: activation)
  }
}
