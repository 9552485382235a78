import ArgumentParser
import Foundation
import Geul

/// `geul evaluate`: how well a model foretells a text.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score a text with a model: nats and bits a unit, bits a byte.",
    usage: "geul evaluate <model> <corpus> ... [<options>]")

  @OptionGroup var model: ModelArgument
  @Argument(help: "Files, folders, or - for standard input.")
  var corpus: [String]
  @Option(help: "Score only this part of the text, at its end; 0.1 is what train holds out.")
  var fraction = 1.0
  @Option(help: "How wide weights are, as for generate: float32, bfloat16 or int8.")
  var precision = Precision.float32
  @OptionGroup var bytes: EncodingOptions
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func validate() throws { try check("--fraction", fraction, in: 1e-9...1) }

  private struct Result: Encodable {
    let nats: Double
    let bits: Double
    let bitsPerByte: Double
    let perplexity: Double
    let units: Int
    let unknownUnits: Int
  }

  func run() throws {
    let model = try model.load()
    let corpus = try readCorpus(
      self.corpus,
      CorpusOptions(
        tokenizer: model.about.tokenizer, encoding: bytes.encoding, invalid: bytes.invalid,
        vocabulary: model.about.vocabulary))
    let range = Int(Double(corpus.count) * (1 - fraction))..<corpus.count
    let scorer = Scorer(
      model.network, parameters: model.parameters, precision: precision,
      kernels: try machine.kernels, lanes: machine.lanes)
    let score = scorer.score(corpus, range)
    guard score.units > 0 else {
      throw Failure(
        "\(self.corpus.joined(separator: ", ")): fewer than two units of this part are known to the model."
      )
    }
    let bytes = corpus.byteLength(ofUnitsIn: range.dropFirst())
    let unknown = score.unknown
    let result = Result(
      nats: score.natsPerUnit, bits: score.bitsPerUnit,
      bitsPerByte: score.nats / Scorer.natsPerBit / Double(max(1, bytes)),
      perplexity: min(exp(score.natsPerUnit), .greatestFiniteMagnitude), units: score.units,
      unknownUnits: unknown)
    if unknown > 0 {
      Output.note(
        "\(counted(unknown, "unit")) of this part \(unknown == 1 ? "is" : "are") unknown to the model"
          + " and left out of the mean.")
    }
    guard !json else { return try Output.json(result) }
    let unit = model.about.tokenizer.unit.rawValue
    try Output.text(
      """
      \(number(result.nats, 4)) nats (\(number(result.bits, 4)) bits) a \(unit)
      \(number(result.bitsPerByte, 4)) bits a byte
      \(number(result.perplexity, 3)) perplexity
      \(result.units) units scored

      """)
  }
}
