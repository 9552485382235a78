import ArgumentParser
import Foundation
import Geul
import GeulCharts

/// `geul report`: the story of a run.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell the story of a run: losses, rate, gradients, speed, samples, final figures.",
    usage: "geul report <folder> [--html <file>]")

  @Argument(help: "Folder of a run.")
  var folder: String
  @OptionGroup var pictures: PictureOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    try pictures.check()
    let folder = RunFolder(self.folder)
    guard FileManager.default.fileExists(atPath: folder.metricsPath) else {
      throw CommandError(absence(of: folder))
    }
    let loaded = try folder.loadLatest()
    if let notice = loaded.notice { Output.note(notice) }
    let (record, model) = (loaded.value.record, try loadModel(self.folder))
    let metrics = folder.metrics()
    guard !metrics.isEmpty else {
      throw CommandError(
        "\(folder.metricsPath): no step has been reported yet. Wait for the first.")
    }
    var story = ReportDocument("The run \(self.folder)")
    try plan(record, model, &story)
    try curves(metrics, record, &story)
    try samples(folder, model, record, &story)
    try figures(metrics, record, model, &story)
    try pictures.write(story.page)
  }

  /// Why there is no story.
  private func absence(of folder: RunFolder) -> String {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) else {
      return "\(folder.path) holds no run: there is no such folder. Give one that geul train made."
    }
    let parent = URL(filePath: folder.path).deletingLastPathComponent().relativePath
    if !isFolder.boolValue, FileManager.default.fileExists(atPath: RunFolder(parent).metricsPath) {
      return "\(folder.path) is a file. Give the run's folder, \(parent)."
    }
    return
      "\(folder.path) holds no run: there is no metrics.jsonl. Give the folder that geul train made."
  }

  private func plan(_ record: RunState, _ model: Model, _ story: inout ReportDocument) throws {
    let settings = record.settings
    let shape = settings.architecture
    try story.heading("The plan")
    try story.table([
      ["text", record.text.sources.map(fromHere).joined(separator: ", ")],
      [
        "units",
        "\(record.windows.units) \(model.metadata.tokenizer.unit.rawValue)s to learn from, \(model.metadata.vocabulary.count) different",
      ],
      [
        "network",
        "\(shape.layers) x \(shape.hidden) \(shape.cell.rawValue), \(model.network.layout.parameterCount) parameters",
      ],
      [
        "a step",
        "\(settings.batch) streams of \(settings.length) units, \(settings.precision.rawValue)",
      ],
      [
        "learning",
        "\(settings.optimizer.rawValue), rate up to \(rate(settings.schedule.peak)), dropout \(settings.dropout), seed \(settings.seed)",
      ],
      [
        "steps",
        "\(record.step) of \(record.totalSteps.map { "\($0)" } ?? "as many as the time allows")",
      ],
    ])
    if record.rateScale < 1 {
      let times = Int(-log2(record.rateScale).rounded())
      try story.paragraph(
        "The loss exploded \(times == 1 ? "once" : "\(times) times") on the way: the run went back to what it had saved and halved its"
          + " rate, which is now at most \(rate(settings.schedule.peak * record.rateScale)). What was lost is not shown below."
      )
    }
  }

  private func rate(_ value: Float) -> String { String(format: "%.4g", value) }

  /// A path as one would type it here.
  private func fromHere(_ path: String) -> String {
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }

  private func curves(
    _ metrics: [TrainingRun.Progress], _ record: RunState, _ story: inout ReportDocument
  ) throws {
    try story.heading("How it learned")
    let settings = record.settings
    let train = record.history.map { (Double($0.step), $0.trainNats) }
    let held = record.history.compactMap { point in
      point.validationNats.map { (Double(point.step), $0) }
    }
    try story.picture(
      LineChart(
        title: "Loss", x: "step", y: "nats a character",
        series: [
          .init("on what it reads", train.count > 1 ? train : points(metrics, \.trainNats)),
          .init("on what is held out", held),
        ]))
    if settings.dropout > 0 {
      try story.paragraph(
        "What is held out may be foretold better than what is read: reading, \(Int((settings.dropout * 100).rounded())) % of"
          + " each layer's outputs are dropped, and what is scored is the mean of the last steps' parameters."
      )
    }
    try story.picture(
      LineChart(
        title: "Learning rate", x: "step", y: "",
        series: [.init("rate", points(metrics, \.learningRate))]))
    try story.picture(
      LineChart(
        title: "Gradient", x: "step", y: "norm before clipping", logarithmicY: true,
        series: [.init("norm", points(metrics, \.gradientNorm))]))
    try story.picture(
      LineChart(
        title: "Speed", x: "step", y: "characters a second",
        series: [.init("speed", points(metrics, \.charsPerSecond))]))
  }

  private func points(
    _ metrics: [TrainingRun.Progress], _ value: KeyPath<TrainingRun.Progress, Double>
  ) -> [(x: Double, y: Double)] {
    metrics.map { (Double($0.step), $0[keyPath: value]) }
  }

  private func samples(
    _ folder: RunFolder, _ model: Model, _ record: RunState, _ story: inout ReportDocument
  ) throws {
    try story.heading("What it wrote")
    for sample in folder.samples() where sample.step <= record.step {
      try story.paragraph(
        "After \(number(sample.epoch, sample.epoch < 1 ? 2 : 1)) times through the text (step \(sample.step)):"
      )
      try story.quotation(sample.text)
    }
    let generator = Generator(model, kernels: try machine.kernels, pool: machine.pool)
    try story.paragraph("The best model (step \(model.metadata.training?.step ?? 0)):")
    for sample in try generator.texts(Generator.Request(prompt: [], length: 300, seed: 1)) {
      try story.quotation(sample.text)
    }
  }

  private func figures(
    _ metrics: [TrainingRun.Progress], _ record: RunState, _ model: Model,
    _ story: inout ReportDocument
  ) throws {
    try story.heading("The figures")
    let training = model.metadata.training
    let speeds = metrics.map(\.charsPerSecond).sorted()
    var rows: [[String]] = []
    if let nats = training?.validationNats ?? record.best?.validationNats {
      rows.append([
        "held out",
        "\(number(nats, 4)) nats (\(number(nats / Evaluator.natsPerBit, 4)) bits) a character"
          + (training?.validationNats == nil ? ", estimated" : ""),
      ])
    }
    if let bits = training?.validationBitsPerByte {
      rows.append(["", "\(number(bits, 4)) bits a byte"])
    }
    if let baselines = try baselines(record, model) {
      rows.append(["by counting", baselines])
    }
    rows.append(["best", "at step \(record.best?.step ?? 0)"])
    rows.append(["read", "\(number(record.windows.epochs, 2)) times"])
    rows.append(["speed", "\(Int(speeds[speeds.count / 2])) characters a second (median)"])
    try story.table(rows)
  }

  /// What counting foretells of the part held out, if the text is still where it was.
  private func baselines(_ record: RunState, _ model: Model) throws -> String? {
    let choice = record.text
    guard record.settings.validationFraction > 0, !choice.sources.contains("-"),
      let corpus = try? readCorpus(
        choice.sources,
        CorpusOptions(
          tokenizer: model.metadata.tokenizer, encoding: choice.encoding, invalid: choice.invalid,
          vocabulary: model.metadata.vocabulary)),
      corpus.hash == model.metadata.training?.corpusHash
    else { return nil }
    let units = TrainingRun.trainingUnits(of: corpus, record.settings)
    let scores = [1, 3].compactMap { order in
      FinishedRun.counted(
        order: order, corpus, units: units, heldOut: corpus, in: units..<corpus.count)
    }
    guard scores.count == 2 else { return nil }
    return
      "\(number(scores[0], 4)) nats from the frequency of each unit, \(number(scores[1], 4)) from the two units before it"
  }
}
