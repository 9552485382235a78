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
  @Flag(help: "Go on learning from what has been scored (dynamic evaluation; float32).")
  var dynamic = false
  @OptionGroup var learning: AdaptationOptions
  @Flag(help: "Score a Kneser-Ney model of the rest of the text beside it; needs --fraction.")
  var baseline = false
  @OptionGroup var bytes: EncodingOptions
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--fraction", fraction, in: 1e-9...1)
    guard !baseline || fraction < 1 else {
      throw ValidationError(
        "--baseline learns from what --fraction leaves of the text: give a fraction below 1, such as 0.1."
      )
    }
    guard !dynamic || precision == .float32 else {
      throw ValidationError("--dynamic computes in float32: leave --precision out.")
    }
  }

  private struct Result: Encodable {
    let nats: Double
    let bits: Double
    let bitsPerByte: Double
    let perplexity: Double
    let units: Int
    let unknownUnits: Int
    let dynamic: Bool
    let baseline: Baseline?

    struct Baseline: Encodable {
      let nats: Double
      let order: Int
    }
  }

  func run() throws {
    let model = try model.load()
    try check(precision, for: model)
    let corpus = try readCorpus(
      self.corpus,
      CorpusOptions(
        tokenizer: model.metadata.tokenizer, encoding: bytes.encoding, invalid: bytes.invalid,
        vocabulary: model.metadata.vocabulary))
    let range = Int(Double(corpus.count) * (1 - fraction))..<corpus.count
    let score = try self.score(model, corpus, range)
    guard score.units > 0 else {
      throw CommandError(
        "\(self.corpus.joined(separator: ", ")): fewer than two units of this part are known to the model."
      )
    }
    let bytes = corpus.byteCount(ofTokensIn: range.dropFirst())
    let unknown = score.unknown
    let result = Result(
      nats: score.natsPerUnit, bits: score.bitsPerUnit,
      bitsPerByte: score.nats / Evaluator.natsPerBit / Double(max(1, bytes)),
      perplexity: min(exp(score.natsPerUnit), .greatestFiniteMagnitude), units: score.units,
      unknownUnits: unknown, dynamic: dynamic,
      baseline: baseline ? try foretoldByCounting(corpus, range) : nil)
    if unknown > 0 {
      Output.note(
        "\(counted(unknown, "unit")) of this part \(unknown == 1 ? "is" : "are") unknown to the model"
          + " and left out of the mean.")
    }
    guard !json else { return try Output.json(result) }
    let unit = model.metadata.tokenizer.unit.rawValue
    try Output.text(
      """
      \(number(result.nats, 4)) nats (\(number(result.bits, 4)) bits) a \(unit)
      \(number(result.bitsPerByte, 4)) bits a byte
      \(number(result.perplexity, 3)) perplexity
      \(result.units) units scored

      """)
    guard let baseline = result.baseline else { return }
    let gain = baseline.nats - result.nats
    try Output.text(
      """
      \(number(baseline.nats, 4)) nats a \(unit) by Kneser-Ney of the rest of the text: this model is \(number(abs(gain), 4)) \
      nats \(gain < 0 ? "worse" : "better") than \(baseline.order)-grams

      """)
  }

  private func score(_ model: Model, _ corpus: Corpus, _ range: Range<Int>) throws
    -> Evaluator.Score
  {
    let (kernels, pool) = (try machine.kernels, machine.pool)
    guard dynamic else {
      return Evaluator(
        model.network, parameters: model.parameters, precision: precision, kernels: kernels,
        pool: pool
      ).score(corpus, range)
    }
    let online = DynamicEvaluator(
      model.network, parameters: model.parameters, learning: learning.learning, kernels: kernels,
      pool: pool)
    return Evaluator.score(corpus, range, with: online)
  }

  private func foretoldByCounting(
    _ corpus: Corpus, _ range: Range<Int>
  ) throws -> Result.Baseline {
    let rest = 0..<range.lowerBound
    guard rest.count >= 2 else {
      throw CommandError(
        "\(self.corpus.joined(separator: ", ")): --fraction \(fraction) leaves nothing to count for --baseline. Give a smaller one."
      )
    }
    let counted = KneserNey.best(corpus, rest)
    return Result.Baseline(nats: counted.score(corpus, range).natsPerUnit, order: counted.order)
  }
}
