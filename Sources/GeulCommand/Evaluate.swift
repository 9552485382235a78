import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul evaluate`: scores a text with a model.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score a text with a model: loss, bits per byte.",
    usage: "geul evaluate <model> <corpus> ... [<options>]")

  @OptionGroup var model: ModelArgument
  @Argument(help: "Text files or directories; - for standard input.", completion: .file())
  var corpus: [String]
  @Option(
    help: ArgumentHelp(
      "Score only this fraction of the text, at its end; train holds out 0.1.",
      valueName: "fraction"))
  var fraction = 1.0
  @Flag(
    help: .advanced(
      "Score each line on its own; the default for a model that was trained with --lines."
    ))
  var lines = false
  @Option(help: "Arithmetic of matrix products, as in generate.")
  var precision = Precision.float32
  @Flag(help: "Dynamic evaluation: adapt the model to the text already scored (float32).")
  var dynamic = false
  @OptionGroup var adaptation: AdaptationOptions
  @Flag(
    help:
      "Also score a baseline: a Kneser-Ney n-gram model of the text before the scored fraction; needs --fraction below 1."
  )
  var baseline = false
  @OptionGroup var labelOptions: LabelOptions
  @OptionGroup var bytes: EncodingOptions
  @Flag(help: "Print the result as one JSON object.")
  var json = false
  @OptionGroup var ngramOptions: NGramOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    try check("--fraction", fraction, in: 1e-9...1)
    guard !baseline || fraction < 1 else {
      throw ValidationError(
        "--baseline trains an n-gram model on the text before the scored fraction, and --fraction 1 scores all of it. Use a fraction below 1, such as --fraction 0.1."
      )
    }
    guard !dynamic || precision == .float32 else {
      throw ValidationError("--dynamic computes in float32: leave out --precision.")
    }
  }

  private struct Result: Encodable {
    let nats: Double
    let bits: Double
    let bitsPerByte: Double
    let perplexity: Double
    let tokens: Int
    let items: Int?
    let unknownTokens: Int
    let dynamic: Bool
    let baseline: Baseline?

    enum CodingKeys: String, CodingKey {
      case nats, bits, bitsPerByte, perplexity, items, dynamic, baseline
      case tokens = "units"
      case unknownTokens = "unknownUnits"
    }

    struct Baseline: Encodable {
      let nats: Double
      let order: Int
    }
  }

  func run() throws {
    let context = try machine.context
    let model = ngramOptions.apply(to: try model.load())
    try check(precision, for: model)
    var options = model.metadata.corpusOptions(encoding: bytes.encoding, invalid: bytes.invalid)
    options.listSeed = model.metadata.list?.seed ?? (lines ? 1 : nil)
    options.labels = model.metadata.labels
    if let label = labelOptions.label {
      _ = try labelOptions.id(in: model, path: self.model.model)
      options.labels = LabelRule(.fixed(label))
    }
    if options.labels == nil, let labels = model.metadata.vocabulary.labels {
      Output.note(
        "Note: the text is scored without a label. --label states one: \(labels.names.prefix(20).joined(separator: ", "))."
      )
    }
    guard !dynamic || options.listSeed == nil && options.labels == nil else {
      throw CommandError(
        "--dynamic supports neither labels nor lists, whose lines are scored independently. Leave out --dynamic."
      )
    }
    let corpus = try readCorpus(self.corpus, options)
    let range = corpus.split(withoutLast: fraction).heldOut
    noteTrainingText(model, corpus, range)
    let score = self.score(model, corpus, range, context)
    guard score.tokens > 0 else {
      throw CommandError(
        "\(self.corpus.joined(separator: ", ")): fewer than two tokens are in the model's vocabulary."
      )
    }
    let bytes = corpus.byteCount(ofTokensIn: range.dropFirst())
    let unknown = score.unknown
    let result = Result(
      nats: score.natsPerToken, bits: score.bitsPerToken,
      bitsPerByte: score.nats / Evaluator.natsPerBit / Double(max(1, bytes)),
      perplexity: min(exp(score.natsPerToken), .greatestFiniteMagnitude), tokens: score.tokens,
      items: corpus.list == nil ? nil : score.items, unknownTokens: unknown, dynamic: dynamic,
      baseline: baseline ? try scoreBaseline(corpus, range) : nil)
    if unknown > 0 {
      Output.note(
        "Note: \(quantity(unknown, "token")) \(unknown == 1 ? "is" : "are") not in the model's vocabulary"
          + " and not scored.")
    }
    guard !json else { return try Output.json(result) }
    let unit = model.metadata.tokenizer.unit.shortName
    var rows = [
      "cross-entropy  \(number(result.nats, 4)) nats/\(unit) (\(number(result.bits, 4)) bits/\(unit))",
      "               \(number(result.bitsPerByte, 4)) bits/byte",
      "perplexity     \(number(result.perplexity, 3))",
      "tokens scored  \(result.tokens)",
    ]
    if let items = result.items {
      rows.append(
        "items scored   \(items), \(number(result.nats * Double(result.tokens) / Double(items), 3)) nats/item"
      )
    }
    if let baseline = result.baseline {
      let gain = baseline.nats - result.nats
      rows.append(
        "baseline       \(number(baseline.nats, 4)) nats/\(unit), Kneser-Ney \(baseline.order)-gram;"
          + " the model is \(number(abs(gain), 4)) nats/\(unit) \(gain < 0 ? "worse" : "better")")
    }
    try Output.text(rows.joined(separator: "\n") + "\n")
  }

  /// Prints a note if the model was trained on a part of the text that is scored.
  private func noteTrainingText(_ model: Model, _ corpus: Corpus, _ range: Range<Int>) {
    // The line feed between the parts of a list belongs to both.
    let first = range.lowerBound + (corpus.list == nil ? 0 : 1)
    guard let trained = model.metadata.trainingTokenCount(of: corpus), first < trained
    else { return }
    let heldOut = model.metadata.training?.validationFraction ?? 0
    Output.note(
      heldOut > 0
        ? "Note: this is the training text; only its last \(formatted(heldOut * 100, "%g")) % was held out."
          + " To score that part, use --fraction \(heldOut)."
        : "Note: this is the training text, and no part of it was held out. Other text has a higher loss."
    )
  }

  private func score(
    _ model: Model, _ corpus: Corpus, _ range: Range<Int>, _ context: ComputeContext
  ) -> Evaluator.Loss {
    guard dynamic else {
      return Evaluator(model, precision: precision, context: context).loss(corpus, range)
    }
    let evaluator = DynamicEvaluator(
      model.network, parameters: model.parameters, ngrams: model.ngrams,
      adaptation: adaptation.configuration(ngramOptions), context: context)
    return Evaluator.loss(corpus, range, with: evaluator)
  }

  /// Scores the Kneser-Ney model of the text before `range`.
  private func scoreBaseline(
    _ corpus: Corpus, _ range: Range<Int>
  ) throws -> Result.Baseline {
    let rest = 0..<range.lowerBound
    guard rest.count >= 2 else {
      throw CommandError(
        "\(self.corpus.joined(separator: ", ")): --fraction \(fraction) leaves no text for --baseline. Use a smaller fraction."
      )
    }
    let model = KneserNey.best(corpus, rest)
    return Result.Baseline(nats: model.loss(corpus, range).natsPerToken, order: model.order)
  }
}
