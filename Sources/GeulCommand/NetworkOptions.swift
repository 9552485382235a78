import ArgumentParser
import Geul

/// The shape of a network.
struct NetworkOptions: ParsableArguments {
  @Option(help: "The recurrent cell: lstm, gru or rnn.")
  var cell = CellKind.lstm
  @Option(
    help: "What a vanilla cell (--cell rnn) does with its sum: tanh, or relu, which may explode.")
  var activation = Activation.tanh
  @Option(help: "How many layers.")
  var layers = 2
  @Option(
    help:
      "Units in a layer (default: what suits the text and the time; 256 where time does not count)."
  )
  var hidden: Int?

  func validate() throws {
    try check("--layers", layers, in: 1...64)
    try check("--hidden", hidden, in: 1...8192)
    guard cell == .rnn || activation == .tanh else {
      throw ValidationError(
        "--activation relu is for --cell rnn; \(cell.rawValue) has gates of its own.")
    }
  }

  /// The same as the library has it.
  var architecture: Architecture {
    Architecture(
      cell: cell, layers: layers, hidden: hidden ?? Architecture().hidden, activation: activation)
  }
}

/// How much text a step reads.
struct WindowOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help:
      "Streams of text side by side (default: \(TrainingConfiguration().batch), in train fewer for a small text)."
  )
  var batch: Int?
  @Option(
    help:
      "Steps that gradients go back (default: \(TrainingConfiguration().length), in train fewer for a small text)."
  )
  var length: Int?

  /// What was asked for, or the defaults, whatever the text.
  var sizes: (batch: Int, length: Int) {
    (batch ?? TrainingConfiguration().batch, length ?? TrainingConfiguration().length)
  }

  func validate() throws {
    try check("--batch", batch, in: 1...4096)
    try check("--length", length, in: 1...4096)
  }
}
