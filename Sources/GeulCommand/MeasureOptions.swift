import ArgumentParser
import Geul
import GeulCommandSupport

/// The options of `geul generate` that measure the generated texts.
struct MeasureOptions: ParsableArguments {
  @Flag(
    help: .advanced(
      "Measure the texts: print new words, repetitions, copies and surprisal on standard error, or in the JSON."
    ))
  var report = false
  @Option(
    help: .advanced(
      "File with a list of words that --report does not count as new.", valueName: "file"),
    completion: .file())
  var lexicon: String?
  @Option(
    help: .advanced(
      "Measure only the first n characters of each text (default: all).", valueName: "n"))
  var reportLength: Int?

  func validate() throws {
    try check("--report-length", reportLength, in: 1...1_000_000_000)
    for (option, isGiven) in [
      ("--lexicon", lexicon != nil), ("--report-length", reportLength != nil),
    ] where isGiven && !report {
      throw ValidationError("\(option) needs --report.")
    }
  }

  /// Throws if other options of `generate` contradict `--report`.
  func checkCombination(with lines: LineOptions, _ control: ControlOptions) throws {
    guard !report || lines.lines == nil else {
      throw ValidationError(
        "--report measures texts, and --lines writes lines. Leave out one of them.")
    }
    guard report || control.maxCopy != nil || control.copyCorpus.isEmpty else {
      throw ValidationError("--copy-corpus needs --max-copy or --report.")
    }
    guard !report || control.maxCopy == nil || !control.copyCorpus.contains("-") else {
      throw ValidationError(
        "--max-copy and --report both read the text of --copy-corpus, and standard input can be read once. Give a file."
      )
    }
  }

  /// Reads the training text and the lexicon.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - label: The id of the token of the texts' label; nil for none.
  ///   - bytes: The encoding of the files.
  ///   - corpus: Returns the paths of the training text, and sets how it is decoded; nil if it is not known.
  /// - Returns: A report without texts; nil without `--report`.
  /// - Throws: `TextError` if a file is missing or is not text.
  func makeReport(
    of model: Model, label: Int?, _ bytes: EncodingOptions,
    corpus: (inout CorpusOptions) -> [String]?
  ) throws -> GenerationReport? {
    guard report else { return nil }
    let lexicon = try lexicon.map { try readWholeText($0, bytes) } ?? ""
    var comparison: TrainingComparison?
    var options = model.metadata.corpusOptions(encoding: bytes.encoding, invalid: bytes.invalid)
    (options.listSeed, options.labels) = (model.metadata.list?.seed, model.metadata.labels)
    if let paths = corpus(&options) {
      comparison = TrainingComparison(
        try Corpus.read(paths.map { TextSource(argument: existing($0)) }, options: options),
        model.metadata, lexicon: lexicon)
    }
    return GenerationReport(
      model: model, label: label, comparison: comparison, maximumLength: reportLength ?? .max)
  }
}

/// The training text of a model, with which generated texts are compared.
struct TrainingComparison {
  /// The text without the part that was held out; all of it if it is not the training text of the model.
  let reference: TextMeasures.Reference
  /// The part that was held out; empty if there is none.
  let heldOut: [Unicode.Scalar]
  /// The number of tokens that a character of the held-out text has on average; nil if there is none.
  let tokensPerCharacter: Double?
  /// Indicates whether this is the text that the model was trained on.
  let isTrainingText: Bool

  /// Divides a text that was read with the model's tokenizer as training does.
  init(_ corpus: Corpus, _ metadata: Model.Metadata, lexicon: String) {
    isTrainingText = metadata.trainingTokenCount(of: corpus) != nil
    let fraction = isTrainingText ? metadata.training?.validationFraction ?? 0 : 0
    let ranges = corpus.split(withoutLast: fraction)
    reference = TextMeasures.Reference(
      Self.text(corpus, fraction > 0 ? ranges.training : 0..<corpus.count, metadata),
      lexicon: lexicon)
    heldOut =
      fraction > 0
      ? TextMeasures.characters(of: Self.text(corpus, ranges.heldOut, metadata)) : []
    tokensPerCharacter =
      heldOut.isEmpty ? nil : Double(ranges.heldOut.count) / Double(heldOut.count)
  }

  /// Returns the text of a range of tokens, with U+FFFD for each that is not in the vocabulary.
  private static func text(
    _ corpus: Corpus, _ range: Range<Int>, _ metadata: Model.Metadata
  ) -> String {
    var decoder = StreamDecoder(tokenizer: metadata.tokenizer, vocabulary: metadata.vocabulary)
    var text = ""
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 65536) {
      for id in corpus.ids(start..<min(start + 65536, range.upperBound)) {
        text += id < 0 ? decoder.finish() + "\u{FFFD}" : decoder.append(Int(id))
      }
    }
    return text + decoder.finish()
  }

  /// Returns parts of the held-out text, one after the other, that are as long as the given texts, as far as it goes.
  func heldOutTexts(ofLengths lengths: [Int]) -> [String] {
    var rest = heldOut[...]
    var texts: [String] = []
    for length in lengths where !rest.isEmpty && length > 0 {
      texts.append(String(String.UnicodeScalarView(rest.prefix(length))))
      rest = rest.dropFirst(length)
    }
    return texts
  }
}
