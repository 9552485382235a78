import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

/// The sections of `geul report`.
extension Report {
  func showConfiguration(
    _ state: RunState, _ model: Model, _ document: inout ReportDocument
  ) throws {
    let language = document.language
    let configuration = state.configuration
    let architecture = configuration.architecture
    let (unit, vocabulary) = (model.metadata.tokenizer.unit, model.metadata.vocabulary.count)
    let parameters = model.network.layout.parameterCount
    let shape = "\(architecture.layers) x \(architecture.hidden) \(architecture.cell.rawValue)"
    let (optimizer, peak) = (
      configuration.optimizerKind.rawValue, rate(configuration.schedule.peak)
    )
    try document.heading(language("Configuration", "설정"))
    try document.table([
      [language("text", "글"), state.text.sources.map(relative).joined(separator: ", ")],
      [
        language("tokens", "토큰"),
        language(
          "\(state.batcher.tokenCount) for training, \(unit.rawValue), vocabulary \(vocabulary)",
          "훈련용 \(state.batcher.tokenCount)개, 단위 \(language.noun(unit)), 어휘 \(vocabulary)개"),
      ],
      [
        language("model", "모델"),
        language(
          "\(shape), \(parameters) parameters, dropout \(configuration.dropout)",
          "\(shape), 매개변수 \(parameters)개, 드롭아웃 \(configuration.dropout)"),
      ],
      [
        language("batch", "배치"),
        language(
          "\(configuration.batch) sequences of \(configuration.length) tokens, \(configuration.precision.rawValue)",
          "길이 \(configuration.length)토큰의 시퀀스 \(configuration.batch)개, \(configuration.precision.rawValue)"
        ),
      ],
      [
        language("optimizer", "최적화 알고리즘"),
        language(
          "\(optimizer), peak learning rate \(peak), seed \(configuration.seed)",
          "\(optimizer), 최대 학습률 \(peak), 난수 시드 \(configuration.seed)"),
      ],
      [
        language("steps", "스텝"),
        state.totalSteps.map { language("\(state.step) of \($0)", "\($0) 가운데 \(state.step)") }
          ?? "\(state.step)",
      ],
    ])
    try showRollbacks(state, &document)
  }

  private func showRollbacks(_ state: RunState, _ document: inout ReportDocument) throws {
    guard state.learningRateScale < 1 else { return }
    let times = Int(-log2(state.learningRateScale).rounded())
    let peak = rate(state.configuration.schedule.peak * state.learningRateScale)
    try document.paragraph(
      document.language(
        """
        The loss diverged \(times == 1 ? "once" : "\(times) times"). Each time the run was rolled back to a checkpoint and \
        the learning rate halved; its peak is now \(peak). The discarded steps are not shown.
        """,
        """
        손실이 \(times)번 발산했습니다. 그때마다 저장해 둔 지점으로 되돌아가 학습률을 절반으로 낮추었고, 지금 최대 학습률은 \
        \(peak)입니다. 버린 스텝은 보여 주지 않습니다.
        """))
  }

  private func rate(_ value: Float) -> String { formatted(Double(value), "%.4g") }

  /// A path relative to the current directory, if it is below it.
  private func relative(_ path: String) -> String {
    guard let directory = try? FileSystem.absolute(""), path.hasPrefix(directory) else {
      return PathString.displayed(path)
    }
    return PathString.displayed(String(path.dropFirst(directory.count)))
  }

  func showMetrics(
    _ metrics: [TrainingLoop.Progress], _ state: RunState, _ unit: TokenUnit,
    _ document: inout ReportDocument
  ) throws {
    let language = document.language
    let (step, learningRate, speed) = (
      language("step", "스텝"), language("learning rate", "학습률"), language("speed", "속도")
    )
    let dropout = state.configuration.dropout
    let train = state.history.map { (Double($0.step), $0.trainNats) }
    let validation = state.history.compactMap { point in
      point.validationNats.map { (Double(point.step), $0) }
    }
    try document.heading(language("Metrics", "훈련 과정"))
    try document.figure(
      LineChart(
        title: language("Loss", "손실"), x: step, y: language.nats(per: unit),
        series: [
          .init(
            language("training", "훈련"), train.count > 1 ? train : points(metrics, \.trainNats)),
          .init(language("validation", "검증"), validation),
        ]))
    if dropout > 0 {
      try document.paragraph(
        language(
          "Validation loss can be below training loss: dropout (\(dropout)) is off and the averaged weights are used.",
          "검증 손실이 훈련 손실보다 작을 수도 있습니다. 검증할 때에는 드롭아웃(\(dropout))을 끄고 평균한 가중치를 쓰기 때문입니다."))
    }
    try document.figure(
      LineChart(
        title: language("Learning rate", "학습률"), x: step, y: "",
        series: [.init(learningRate, points(metrics, \.learningRate))]))
    try document.figure(
      LineChart(
        title: language("Gradient norm", "기울기의 노름"), x: step,
        y: language("norm before clipping", "클리핑 전의 노름"), logarithmicY: true,
        series: [.init(language("norm", "노름"), points(metrics, \.gradientNorm))]))
    try document.figure(
      LineChart(
        title: language("Speed", "속도"), x: step, y: language.speed(unit),
        series: [.init(speed, points(metrics, \.charsPerSecond))]))
  }

  private func points(
    _ metrics: [TrainingLoop.Progress], _ value: KeyPath<TrainingLoop.Progress, Double>
  ) -> [(x: Double, y: Double)] {
    metrics.map { (Double($0.step), $0[keyPath: value]) }
  }

  func showSamples(
    _ folder: RunFolder, _ model: Model, _ state: RunState, _ document: inout ReportDocument
  ) throws {
    let language = document.language
    try document.heading(language("Samples", "생성한 글"))
    for sample in folder.samples() where sample.step <= state.step {
      let epochs = epochs(sample.epoch)
      try document.paragraph(
        language(
          "After \(epochs) epochs (step \(sample.step)):", "\(epochs)에포크 뒤(스텝 \(sample.step)):"))
      try document.quotation(sample.text)
    }
    let generator = Generator(model, context: try machine.context)
    let best = model.metadata.training?.step ?? 0
    try document.paragraph(language("Best model (step \(best)):", "가장 좋은 모델(스텝 \(best)):"))
    for sample in try generator.texts(Generator.Request(prompt: [], length: 300, seed: 1)) {
      try document.quotation(sample.text)
    }
  }

  func showResults(
    _ results: ReportData.Results, _ model: Model, _ document: inout ReportDocument
  ) throws {
    let language = document.language
    let unit = model.metadata.tokenizer.unit
    let (natsUnit, bitsUnit) = (language.nats(per: unit), language.bits(per: unit))
    var rows: [[String]] = []
    if let nats = results.validationNats {
      let isEstimate = model.metadata.training?.validationNats == nil
      let measured = language.measure(number(nats, 4), natsUnit)
      let bits = language.measure(number(nats / Evaluator.natsPerBit, 4), bitsUnit)
      rows.append([
        language("validation loss", "검증 손실"),
        language("\(measured) (\(bits))", "\(measured)(\(bits))")
          + (isEstimate ? language(", estimated", ", 추정값") : ""),
      ])
    }
    if let bits = results.bitsPerByte {
      rows.append(["", language.measure(number(bits, 4), language.bits(per: .byte))])
    }
    if let unigram = results.unigramNats, let trigram = results.trigramNats {
      rows.append([
        language("baselines", "기준 모델"),
        language(
          "unigram \(number(unigram, 4)), trigram \(number(trigram, 4)) \(natsUnit)",
          "유니그램 \(number(unigram, 4)), 트라이그램 \(number(trigram, 4))\(natsUnit)"),
      ])
    }
    let speed = language.measure(compact(results.charsPerSecond), language.speed(unit))
    rows += [
      [language("best step", "가장 좋은 스텝"), "\(results.bestStep ?? 0)"],
      [language("epochs", "에포크"), number(results.epochs, 2)],
      [language("speed", "속도"), language("\(speed) (median)", "\(speed)(중앙값)")],
    ]
    try document.heading(language("Results", "결과"))
    try document.table(rows)
  }
}
