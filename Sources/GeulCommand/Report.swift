import ArgumentParser
import Foundation
import Geul
import GeulCharts

/// `geul report`: shows the metrics and samples of a run.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Report a run's configuration, metrics, samples and results.",
    usage: "geul report <directory> [--html <file> | --json | --csv]")

  @Argument(help: "Run directory.")
  var directory: String
  @OptionGroup var charts: ChartOptions
  @Flag(help: "Print configuration, losses and results as one JSON object.")
  var json = false
  @Flag(help: "Print the metrics as comma-separated values.")
  var csv = false
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    guard [json, csv, charts.html != nil].count(where: \.self) <= 1 else {
      throw ValidationError("Give only one of --html, --json and --csv.")
    }
  }

  func run() throws {
    try charts.check()
    let folder = RunFolder(existing(directory))
    guard FileSystem.exists(folder.metricsPath) else {
      throw missingRun(folder)
    }
    let (state, model) = (try latestState(folder), try loadModel(directory))
    let metrics = folder.metrics()
    guard !metrics.isEmpty else {
      throw CommandError(
        "\(folder.metricsPath) has no metrics yet. Wait for the first training steps.")
    }
    if csv {
      try Output.text(MetricsTable(contentsOf: folder.metricsPath).csv)
      return
    }
    let results = try results(metrics, state, model)
    guard !json else {
      let history = state.history.map {
        ReportData.Evaluation(
          step: $0.step, trainNats: $0.trainNats, validationNats: $0.validationNats)
      }
      return try Output.json(
        ReportData(
          configuration: .init(state, model), history: history, results: results))
    }
    var document = ReportDocument("Training run \(directory)")
    try showConfiguration(state, model, &document)
    try showMetrics(metrics, state, model.metadata.tokenizer.unit, &document)
    try showSamples(folder, model, state, &document)
    try showResults(results, model, &document)
    try charts.write(document.page)
  }

  /// Returns the state of the newest checkpoint and releases its parameters.
  private func latestState(_ folder: RunFolder) throws -> RunState {
    let loaded = try folder.loadLatest()
    if let notice = loaded.notice { Output.note(notice) }
    return loaded.value.run
  }

  /// Returns the error for a path that is not a run directory.
  private func missingRun(_ folder: RunFolder) -> CommandError {
    guard FileSystem.exists(folder.path) else {
      return CommandError("\(folder.path): no such directory. Give a run directory of geul train.")
    }
    let above = FileSystem.folder(of: folder.path)
    let parent = above.isEmpty ? "." : above
    if !FileSystem.isFolder(folder.path), FileSystem.exists(RunFolder(parent).metricsPath) {
      return CommandError("\(folder.path) is a file. Give the run directory, \(parent).")
    }
    return CommandError(
      "\(folder.path) is not a run directory: it has no metrics.jsonl. Give a run directory of geul train."
    )
  }

  private func showConfiguration(
    _ state: RunState, _ model: Model, _ document: inout ReportDocument
  ) throws {
    let configuration = state.configuration
    let architecture = configuration.architecture
    try document.heading("Configuration")
    try document.table([
      ["text", state.text.sources.map(relative).joined(separator: ", ")],
      [
        "tokens",
        "\(state.batcher.tokenCount) for training, \(model.metadata.tokenizer.unit.rawValue),"
          + " vocabulary \(model.metadata.vocabulary.count)",
      ],
      [
        "model",
        "\(architecture.layers) x \(architecture.hidden) \(architecture.cell.rawValue),"
          + " \(model.network.layout.parameterCount) parameters, dropout \(configuration.dropout)",
      ],
      [
        "batch",
        "\(configuration.batch) sequences of \(configuration.length) tokens, \(configuration.precision.rawValue)",
      ],
      [
        "optimizer",
        "\(configuration.optimizerKind.rawValue), peak learning rate \(rate(configuration.schedule.peak)),"
          + " seed \(configuration.seed)",
      ],
      ["steps", "\(state.step)" + (state.totalSteps.map { " of \($0)" } ?? "")],
    ])
    if state.learningRateScale < 1 {
      let times = Int(-log2(state.learningRateScale).rounded())
      try document.paragraph(
        "The loss diverged \(times == 1 ? "once" : "\(times) times"). Each time the run was rolled back to a checkpoint and"
          + " the learning rate halved; its peak is now \(rate(configuration.schedule.peak * state.learningRateScale))."
          + " The discarded steps are not shown."
      )
    }
  }

  private func rate(_ value: Float) -> String { String(format: "%.4g", value) }

  /// A path relative to the current directory, if it is below it.
  private func relative(_ path: String) -> String {
    guard let directory = try? FileSystem.absolute(""), path.hasPrefix(directory) else {
      return PathString.displayed(path)
    }
    return PathString.displayed(String(path.dropFirst(directory.count)))
  }

  private func showMetrics(
    _ metrics: [TrainingLoop.Progress], _ state: RunState, _ unit: TokenUnit,
    _ document: inout ReportDocument
  ) throws {
    try document.heading("Metrics")
    let configuration = state.configuration
    let train = state.history.map { (Double($0.step), $0.trainNats) }
    let validation = state.history.compactMap { point in
      point.validationNats.map { (Double(point.step), $0) }
    }
    try document.figure(
      LineChart(
        title: "Loss", x: "step", y: "nats/\(unit.shortName)",
        series: [
          .init("training", train.count > 1 ? train : points(metrics, \.trainNats)),
          .init("validation", validation),
        ]))
    if configuration.dropout > 0 {
      try document.paragraph(
        "Validation loss can be below training loss: dropout (\(configuration.dropout)) is off and the averaged weights"
          + " are used.")
    }
    try document.figure(
      LineChart(
        title: "Learning rate", x: "step", y: "",
        series: [.init("learning rate", points(metrics, \.learningRate))]))
    try document.figure(
      LineChart(
        title: "Gradient norm", x: "step", y: "norm before clipping", logarithmicY: true,
        series: [.init("norm", points(metrics, \.gradientNorm))]))
    try document.figure(
      LineChart(
        title: "Speed", x: "step", y: "\(unit.pluralShortName)/s",
        series: [.init("speed", points(metrics, \.charsPerSecond))]))
  }

  private func points(
    _ metrics: [TrainingLoop.Progress], _ value: KeyPath<TrainingLoop.Progress, Double>
  ) -> [(x: Double, y: Double)] {
    metrics.map { (Double($0.step), $0[keyPath: value]) }
  }

  private func showSamples(
    _ folder: RunFolder, _ model: Model, _ state: RunState, _ document: inout ReportDocument
  ) throws {
    try document.heading("Samples")
    for sample in folder.samples() where sample.step <= state.step {
      try document.paragraph("After \(epochs(sample.epoch)) epochs (step \(sample.step)):")
      try document.quotation(sample.text)
    }
    let generator = Generator(model, context: try machine.context)
    try document.paragraph("Best model (step \(model.metadata.training?.step ?? 0)):")
    for sample in try generator.texts(Generator.Request(prompt: [], length: 300, seed: 1)) {
      try document.quotation(sample.text)
    }
  }

  private func results(
    _ metrics: [TrainingLoop.Progress], _ state: RunState, _ model: Model
  ) throws -> ReportData.Results {
    let training = model.metadata.training
    let baselines = try baselines(state, model)
    return ReportData.Results(
      steps: state.step, epochs: state.batcher.epochs, bestStep: state.best?.step,
      validationNats: training?.validationNats ?? state.best?.validationNats,
      bitsPerByte: training?.validationBitsPerByte, unigramNats: baselines?.unigram,
      trigramNats: baselines?.trigram,
      charsPerSecond: metrics.map(\.charsPerSecond).sorted().median,
      learningRateScale: state.learningRateScale)
  }

  private func showResults(
    _ results: ReportData.Results, _ model: Model, _ document: inout ReportDocument
  ) throws {
    try document.heading("Results")
    let (unit, speedUnit) = (
      model.metadata.tokenizer.unit.shortName,
      model.metadata.tokenizer.unit.pluralShortName + "/s"
    )
    var rows: [[String]] = []
    if let nats = results.validationNats {
      let isEstimate = model.metadata.training?.validationNats == nil
      rows.append([
        "validation loss",
        "\(number(nats, 4)) nats/\(unit) (\(number(nats / Evaluator.natsPerBit, 4)) bits/\(unit))"
          + (isEstimate ? ", estimated" : ""),
      ])
    }
    if let bits = results.bitsPerByte { rows.append(["", "\(number(bits, 4)) bits/byte"]) }
    if let unigram = results.unigramNats, let trigram = results.trigramNats {
      rows.append([
        "baselines",
        "unigram \(number(unigram, 4)), trigram \(number(trigram, 4)) nats/\(unit)",
      ])
    }
    rows.append(["best step", "\(results.bestStep ?? 0)"])
    rows.append(["epochs", number(results.epochs, 2)])
    rows.append(["speed", "\(compact(results.charsPerSecond)) \(speedUnit) (median)"])
    try document.table(rows)
  }

  /// Scores the n-gram baselines on the part held out; nil if the text is no longer available.
  private func baselines(
    _ state: RunState, _ model: Model
  ) throws -> (unigram: Double, trigram: Double)? {
    let choice = state.text
    guard state.configuration.validationFraction > 0, !choice.sources.contains("-"),
      let corpus = try? readCorpus(
        choice.sources,
        model.metadata.corpusOptions(encoding: choice.encoding, invalid: choice.invalid)),
      corpus.hash == model.metadata.training?.corpusHash
    else { return nil }
    let count = TrainingLoop.trainingTokenCount(of: corpus, state.configuration)
    let scores = [1, 3].compactMap { order in
      FinishedRun.ngramBaseline(
        order: order, corpus, trainingTokens: count, validation: corpus,
        in: count..<corpus.count)
    }
    guard scores.count == 2 else { return nil }
    return (scores[0], scores[1])
  }
}
