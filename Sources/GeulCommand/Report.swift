import ArgumentParser
import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

/// `geul report`: shows the metrics and samples of a run.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report a run: metrics, samples, results.",
    usage: "geul report <directory> [--html <file> | --json | --csv]")

  @Argument(help: "Run directory.", completion: .directory)
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
    try checkHasMetrics(folder)
    let (state, model) = (try latestState(folder), try loadModel(directory))
    let metrics = folder.metrics()
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
    var document = ReportDocument(
      charts.language("Training run \(directory)", "훈련 보고서: \(directory)"), in: charts.language)
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

  /// Scores the n-gram baselines on the part held out; nil if the text is no longer available.
  private func baselines(
    _ state: RunState, _ model: Model
  ) throws -> (unigram: Double, trigram: Double)? {
    let choice = state.text
    var options = model.metadata.corpusOptions(encoding: choice.encoding, invalid: choice.invalid)
    (options.listSeed, options.labels) = (choice.listSeed, choice.labels)
    options.hasEncodingOption = false
    guard state.configuration.validationFraction > 0, !choice.sources.contains("-"),
      let corpus = try? readCorpus(choice.sources, options),
      corpus.hash == model.metadata.training?.corpusHash
    else { return nil }
    let (training, heldOut) = corpus.split(
      withoutLast: state.configuration.validationFraction)
    let scores = [1, 3].compactMap { order in
      FinishedRun.ngramBaseline(
        order: order, corpus, trainingTokens: training.count, validation: corpus, in: heldOut)
    }
    guard scores.count == 2 else { return nil }
    return (scores[0], scores[1])
  }
}
