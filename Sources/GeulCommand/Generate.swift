import ArgumentParser
import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

/// `geul generate`: generates text from a prompt.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate text from a prompt.",
    usage: "geul generate <model> [--prompt <text> | -] [<options>]",
    discussion: """
      geul generate checkpoints/korean.safetensors --prompt "옛날"
      geul generate checkpoints/my -n 2000 --temperature 0.7 --seed 5
      echo "Dear Nell," | geul generate checkpoints/english.safetensors -
      geul generate --help-hidden        all samplers, rules for the text
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var textOptions: GeneratedTextOptions
  @OptionGroup var lineOptions: LineOptions
  @OptionGroup var labelOptions: LabelOptions
  @OptionGroup var samplerOptions: SamplerOptions
  @OptionGroup var advancedSamplerOptions: AdvancedSamplerOptions
  @OptionGroup var controlOptions: ControlOptions
  @OptionGroup var measureOptions: MeasureOptions
  @OptionGroup var bytes: EncodingOptions
  @Option(help: .advanced("Arithmetic of matrix products; int8 is the fastest."))
  var precision = Precision.float32
  @Flag(
    help: .advanced(
      "Refuse a prompt with characters outside the model's vocabulary; by default they are replaced or skipped, with a note."
    ))
  var strict = false
  @Flag(help: .advanced("Do not print the prompt."))
  var noDisplayPrompt = false
  @Flag(help: "Print several texts in columns.")
  var sideBySide = false
  @Flag(name: .shortAndLong, help: "Print only the text and errors.")
  var quiet = false
  @Option(
    help: .advanced(
      "Output: text, one JSON object, or a JSON object a line for each text (default: text; jsonl with --prompts)."
    ))
  var format: Format?
  @Flag(help: .advanced("Print the result as one JSON object, like --format json."))
  var json = false
  @OptionGroup var ngramOptions: NGramOptions
  @OptionGroup var machine: MachineOptions

  /// The form of the output.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, jsonl
  }

  private var outputFormat: Format {
    format ?? (json ? .json : textOptions.prompts != nil && !sideBySide ? .jsonl : .text)
  }

  /// Indicates whether the one text is written as it is generated.
  private var streams: Bool {
    lineOptions.lines == nil && outputFormat == .text && textOptions.prompts == nil
      && textOptions.numSamples == 1
      && textOptions.bestOf ?? 1 == 1 && samplerOptions.temperatures.count == 1
  }

  func validate() throws {
    guard
      textOptions.length >= 0 || !textOptions.stop.isEmpty || streams || lineOptions.lines != nil
    else {
      throw ValidationError(
        "--length -1 needs --stop unless one text is printed: several are printed at their end.")
    }
    guard !sideBySide || lineOptions.lines == nil else {
      throw ValidationError("--side-by-side prints whole texts. Leave out --lines.")
    }
    guard !sideBySide || outputFormat == .text else {
      throw ValidationError("--side-by-side prints text. Leave out --json and --format.")
    }
    guard !sideBySide || textOptions.numSamples > 1 || samplerOptions.temperatures.count > 1 else {
      throw ValidationError(
        "--side-by-side needs several texts. Give --num-samples 2, or --temperature 0.5,1.")
    }
    guard !json || format == nil || format == .json else {
      throw ValidationError("Give only one of --json and --format.")
    }
    guard
      outputFormat != .json
        || (textOptions.prompts == nil && samplerOptions.temperatures.count == 1)
    else {
      throw ValidationError(
        "--json prints the texts of one prompt at one temperature. Use --format jsonl.")
    }
    try lineOptions.checkCombination(with: textOptions, samplerOptions)
    try measureOptions.checkCombination(with: lineOptions, controlOptions)
    guard lineOptions.lines == nil || !controlOptions.formsLines else {
      throw ValidationError(
        "--acrostic and --line-end form the lines of one text. Leave out --lines, or use --pattern."
      )
    }
    guard lineOptions.lines == nil || outputFormat != .json else {
      throw ValidationError("--lines writes lines. Use --format jsonl for a JSON object a line.")
    }
    for temperature in samplerOptions.temperatures {
      var options = sampling
      options.temperature = temperature
      try options.checkArguments()
    }
  }

  private var sampling: SamplingOptions { SamplingOptions(samplerOptions, advancedSamplerOptions) }

  private struct Result: Encodable {
    let seed: UInt64
    let prompt: String
    let samples: [Sample]
    let report: GenerationMeasures.Object?

    struct Sample: Encodable {
      let text: String
      let stopReason: Generator.Ending
    }
  }

  /// A line of `--format jsonl`.
  private struct Line: Encodable {
    let prompt: String
    let text: String
    let stopReason: Generator.Ending
    let temperature: Double
    let seed: UInt64
    let sample: Int
    let meanLogProbability: Double
  }

  /// The last line of `--format jsonl` with `--report`.
  private struct ReportLine: Encodable { let report: GenerationMeasures.Object }

  func run() throws {
    let model = ngramOptions.apply(to: try model.load())
    try check(precision, for: model)
    let label = try labelOptions.id(in: model, path: self.model.model)
    let prompts = try textOptions.allPrompts(bytes)
    let ids = try prompts.map { try encode($0, model) }
    let chosenSeed = textOptions.seed.flatMap { UInt64(exactly: $0) }
    let seed = chosenSeed ?? randomSeed()
    // A signal ends generation, and what was generated is printed. A process that reads the next line may send one.
    StopSignal.watch()
    if chosenSeed == nil { note("seed \(seed)") }
    if let temperature = samplerOptions.temperatures.first(where: { $0 > 2 }) {
      // In llama.cpp, -t is the number of threads.
      note(
        "Note: -t is the temperature; \(formatted(temperature, "%g")) is far above 1 and gives noise."
          + " The number of threads is --threads.")
    }
    let stops = textOptions.stop.map(PathString.text)
    let context = try machine.makeContext(note: note)
    let generator = Generator(model, precision: precision, context: context)
    var sampling = sampling
    try controlOptions.set(&sampling, for: model)
    let constraint = try controlOptions.constraint(
      for: model, at: modelPath(self.model.model), sampling: sampling, bytes,
      endsLines: lineOptions.lines != nil)
    var report = try measureOptions.makeReport(of: model, label: label, bytes) { options in
      controlOptions.corpusPaths(ofModel: modelPath(self.model.model), &options)
    }
    for stop in stops { model.metadata.note(ofStop: stop, name: "--stop").map(note) }
    let length = textOptions.length < 0 ? Int.max : textOptions.length

    if label == nil, let labels = model.metadata.vocabulary.labels {
      note(
        "Generating without a label. --label chooses one: \(labels.names.prefix(20).joined(separator: ", "))."
      )
    }
    if let count = lineOptions.lines {
      var request = Generator.LineRequest(
        prompt: ids[0], count: textOptions.bestOf ?? count, length: length, sampling: sampling,
        seed: seed)
      (request.constraint, request.label) = (constraint, label)
      request.isNewOnly = lineOptions.newOnly
      request.scores = outputFormat == .jsonl || request.count > count
      let lines = LineGeneration(request: request, count: count, isJSON: outputFormat == .jsonl)
      try lines.check(model, path: self.model.model)
      try lines.run(by: generator).map(note)
    } else if streams {
      var request = Generator.Request(
        prompt: ids[0], length: length, sampling: sampling, seed: seed, stops: stops)
      (request.constraint, request.label) = (constraint, label)
      let prompt = model.metadata.text(ofPrompt: ids[0], isWhole: constraint != nil)
      let text = try stream(request, by: generator, after: noDisplayPrompt ? "" : prompt)
      report?.add(text, after: prompt, temperature: sampling.temperature)
    } else {
      let sets = ids.flatMap { ids in
        samplerOptions.temperatures.map { temperature in
          TextSet(
            prompt: model.metadata.text(ofPrompt: ids, isWhole: constraint != nil), ids: ids,
            temperature: temperature)
        }
      }
      let batch = BatchGeneration(
        sets: sets, label: label, sampling: sampling, length: length, seed: seed, stops: stops,
        constraint: constraint,
        count: textOptions.numSamples, candidates: textOptions.bestOf ?? textOptions.numSamples,
        needsLikelihood: outputFormat == .jsonl)
      if sideBySide {
        try writeColumns(of: batch, by: generator) { report?.add($1, of: $0) }
      } else {
        var isFirst = true
        try batch.run(by: generator) { set, texts in
          defer { isFirst = false }
          report?.add(texts, of: set)
          guard outputFormat != .json else {
            let measures = try report?.measures(precision: precision, context: context)
            try writeObject(set, texts, seed: seed, measures)
            return true
          }
          return try write(set, texts, seed: seed, isFirst: isFirst)
        }
      }
    }
    if let report, !report.isEmpty, outputFormat != .json {
      try write(try report.measures(precision: precision, context: context))
    }
    if StopSignal.isReceived { throw StopSignal.error }
  }

  /// Writes a set of texts; returns false if the reader has closed the pipe.
  private func write(
    _ set: TextSet, _ texts: [Generator.Text], seed: UInt64, isFirst: Bool
  ) throws -> Bool {
    noteBlocked(texts)
    if outputFormat == .jsonl {
      for (number, text) in texts.enumerated() {
        try Output.json(
          Line(
            prompt: set.prompt, text: text.text, stopReason: text.ending,
            temperature: set.temperature, seed: seed, sample: number,
            meanLogProbability: text.meanLogProbability ?? 0))
      }
    } else {
      let name =
        samplerOptions.temperatures.count > 1
        ? " temperature \(formatted(set.temperature, "%g"))" : ""
      for (number, text) in texts.enumerated() {
        let separator = name.isEmpty && isFirst && number == 0 ? "" : "---\(name)\n"
        let shown = noDisplayPrompt ? "" : set.prompt
        guard try Output.text(separator + shown + text.text + "\n") else { return false }
      }
    }
    return true
  }

  /// Writes the texts of a prompt, and their measures, as one JSON object.
  private func writeObject(
    _ set: TextSet, _ texts: [Generator.Text], seed: UInt64, _ measures: GenerationMeasures?
  ) throws {
    noteBlocked(texts)
    let samples = texts.map { Result.Sample(text: $0.text, stopReason: $0.ending) }
    try Output.json(
      Result(seed: seed, prompt: set.prompt, samples: samples, report: measures?.object))
  }

  /// Writes the measures of all texts: a table on standard error, or the last JSON line.
  private func write(_ measures: GenerationMeasures) throws {
    guard outputFormat == .text else {
      return try Output.json(ReportLine(report: measures.object))
    }
    if Output.isTerminal { Output.note("") }
    for line in measures.lines(width: Output.width) { Output.note(line) }
  }

  private func noteBlocked(_ texts: [Generator.Text]) {
    if texts.contains(where: { $0.ending == .noCandidates }) { note(ControlOptions.blockedNote) }
  }

  /// Writes one text as it is generated, until it ends, a signal is received or the reader closes the pipe.
  ///
  /// - Returns: The text without `shown`; empty unless it is measured.
  private func stream(
    _ request: Generator.Request, by generator: Generator, after shown: String
  ) throws -> String {
    var (text, visible) = ("", VisibleText())
    /// Writes a piece; a terminal gets the visible form of control characters.
    func write(_ piece: String) throws -> Bool {
      try Output.styledText(Output.isTerminalOutput ? visible.append(piece) : piece)
    }
    guard try write(shown) else { return text }
    var failure: (any Error)?
    let endings = try generator.write(request, shouldStop: { StopSignal.isReceived }) { _, piece in
      if measureOptions.report { text += piece }
      do { return try write(piece) } catch { failure = error }
      return false
    }
    if let failure { throw failure }
    if endings == [.noCandidates] { note(ControlOptions.blockedNote) }
    try Output.styledText(visible.finish() + "\n")
    return text
  }

  /// Returns the prompt's token ids and reports characters outside the vocabulary.
  private func encode(_ text: String, _ model: Model) throws -> [Int] {
    let encoding = model.metadata.tokenizer.encodePrompt(
      text, vocabulary: model.metadata.vocabulary)
    let unit = model.metadata.tokenizer.unit
    if strict, let first = encoding.substitutions.first {
      throw CommandError(
        "prompt: \(first.location(in: unit)) is not in the model's vocabulary. Remove it, or leave out --strict."
      )
    }
    encoding.notes(on: "prompt", unit: unit).forEach(note)
    if encoding.ids.isEmpty, !text.isEmpty {
      note("prompt: no \(unit.noun) is in the model's vocabulary; generating without a prompt.")
    }
    return encoding.ids
  }

  /// Prints a line to standard error, unless `--quiet`.
  private func note(_ sentence: String) {
    if !quiet { Output.note(sentence) }
  }
}
