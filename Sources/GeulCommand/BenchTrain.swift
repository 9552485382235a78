import ArgumentParser
import Foundation
import Geul

/// `geul bench train`: whole steps on random tokens.
struct BenchTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Time whole training steps: forward, loss, backward, clipping, AdamW, packing.",
    usage: "geul bench train [<options>]")

  @OptionGroup var shape: NetworkOptions
  @OptionGroup var window: WindowOptions
  @OptionGroup var bench: BenchOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let (kernels, lanes) = (try machine.kernels, machine.lanes)
    var settings = Settings()
    settings.architecture = shape.architecture
    (settings.batch, settings.length) = (window.batch, window.length)
    settings.precision = bench.precision
    let characters = window.batch * window.length
    let corpus = try randomCorpus(
      units: max(bench.vocabulary, 4 * characters) + 2, bench.vocabulary)
    var trainer = Trainer(
      settings, vocabulary: bench.vocabulary, units: corpus.count, kernels: kernels, lanes: lanes)
    for _ in 0..<3 { _ = trainer.step(corpus, of: nil) }
    let sorted = times(for: bench.seconds) { _ = trainer.step(corpus, of: nil) }
    let reached = multiplyAdds * Double(characters) / sorted.median
    try bench.report(
      characters: characters, sorted, on: kernels,
      share: reached / measuredLimit(bench.precision, kernels, lanes))
  }

  /// What one character costs: forward, back, and the weights' gradients, of every matrix that is multiplied.
  ///
  /// The first layer's input is looked up.
  private var multiplyAdds: Double {
    let matrix = Double(shape.cell.gates * shape.hidden * shape.hidden)
    let projection = Double(shape.hidden * bench.vocabulary)
    let matrices = Double(2 * shape.layers - 1) * matrix + projection
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
