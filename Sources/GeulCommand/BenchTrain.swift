import ArgumentParser
import Foundation
import Geul

/// `geul bench train`: whole steps on random tokens.
struct BenchTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Time whole training steps: forward, loss, backward, clipping, AdamW, packing.",
    usage: "geul bench train [<options>]")

  @Option(help: "The recurrent cell: lstm, gru or rnn.")
  var cell = Cell.lstm
  @Option(help: "How many layers.")
  var layers = 2
  @Option(help: "Units in a layer.")
  var hidden = 256
  @Option(help: "Streams side by side.")
  var batch = 64
  @Option(help: "Steps that gradients go back.")
  var length = 64
  @Option(help: "Units of the vocabulary.")
  var vocabulary = 65
  @Option(help: "float32 or bfloat16.")
  var precision = Precision.float32
  @Option(help: "How long to measure.")
  var seconds = 6.0
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--layers", layers, in: 1...64)
    try check("--hidden", hidden, in: 1...8192)
    try check("--batch", batch, in: 1...4096)
    try check("--length", length, in: 1...4096)
    try check("--vocabulary", vocabulary, in: 2...50_000)
    try check("--seconds", seconds, in: 0.01...3600)
  }

  func run() throws {
    let (kernels, lanes) = (try machine.kernels, machine.lanes)
    var settings = Settings()
    settings.architecture = Architecture(cell: cell, layers: layers, hidden: hidden)
    (settings.batch, settings.length, settings.precision) = (batch, length, precision)
    let corpus = try randomCorpus(units: max(vocabulary, 4 * batch * length) + 2, vocabulary)
    var trainer = Trainer(
      settings, vocabulary: vocabulary, units: corpus.count, kernels: kernels, lanes: lanes)
    for _ in 0..<3 { _ = trainer.step(corpus, of: nil) }
    let sorted = times(for: seconds) { _ = trainer.step(corpus, of: nil) }
    let characters = Double(batch * length)
    let limit = measuredLimit(precision, kernels, lanes)
    let share = multiplyAdds * characters / sorted.median / limit
    guard !json else {
      return try Output.json(
        BenchResult(
          charsPerSecond: characters / sorted.median, best: characters / sorted[0],
          repetitions: sorted.count, shareOfLimit: share,
          instructionSet: kernels.instructionSet.rawValue))
    }
    try Output.text(
      "\(Int(characters / sorted.median)) characters a second (best \(Int(characters / sorted[0]))),"
        + " \(number(100 * share, 1)) % of the limit of \(lanes.count) threads\n")
  }

  /// What one character costs: forward, back, and the weights' gradients, of every matrix that is multiplied.
  ///
  /// The first layer's input is looked up.
  private var multiplyAdds: Double {
    let matrix = Double(cell.gates * hidden * hidden)
    let matrices = Double(2 * layers - 1) * matrix + Double(hidden * vocabulary)
    return 3 * matrices
  }
}

/// A text of random characters, each of `vocabulary` at least once.
func randomCorpus(units: Int, _ vocabulary: Int) throws -> Corpus {
  var random = RandomSource(seed: 7)
  var text = String.UnicodeScalarView()
  for place in 0..<units {
    let id = place < vocabulary ? place : Int(random.next() % UInt64(vocabulary))
    if let scalar = Unicode.Scalar(UInt32(0x10000 + id)) { text.append(scalar) }
  }
  return try Corpus.read(
    [.text(String(text))],
    options: CorpusOptions(tokenizer: Tokenizer(unit: .codepoint, normalization: .none)))
}
