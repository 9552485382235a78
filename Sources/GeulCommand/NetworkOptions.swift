import ArgumentParser
import Geul

/// Options of the network architecture.
struct NetworkOptions: ParsableArguments {
  @Option(help: "Recurrent cell.")
  var cell = CellKind.lstm
  @Option(help: "Activation of --cell rnn; relu states are unbounded and may diverge.")
  var activation = Activation.tanh
  @Option(help: "Number of layers.")
  var layers = 2
  @Option(
    help:
      "Hidden units per layer (default: chosen for the text and the training time; 256 without a time)."
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

/// Options of the batch shape.
struct WindowOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help:
      "Sequences per batch (default: \(TrainingConfiguration().batch), fewer for a small text)."
  )
  var batch: Int?
  @Option(
    help:
      "Tokens per sequence, over which gradients are backpropagated (default: \(TrainingConfiguration().length), fewer for a small text)."
  )
  var length: Int?

  /// The batch size and the sequence length, with the defaults for a text of any size.
  var sizes: (batch: Int, length: Int) {
    (batch ?? TrainingConfiguration().batch, length ?? TrainingConfiguration().length)
  }

  func validate() throws {
    try check("--batch", batch, in: 1...4096)
    try check("--length", length, in: 1...4096)
  }
}
