import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

/// The context sensitivity of one model on a text.
struct ContextMeasurement {
  /// The path of the model.
  let path: String
  let architecture: Architecture
  let parameterCount: Int
  let unit: TokenUnit
  let sensitivity: ContextSensitivity
  /// The number of tokens of the text outside the model's vocabulary.
  let unknown: Int

  /// The path and the architecture.
  var name: String {
    "\(path) (\(architecture.layers) x \(architecture.hidden) \(architecture.cell.rawValue))"
  }

  /// Returns the gradient norms by distance: of h, and for an LSTM also of c.
  func gradients(_ name: String) -> [(name: String, norms: [Double])] {
    sensitivity.cellStateGradientNorms.isEmpty
      ? [(name, sensitivity.hiddenStateGradientNorms)]
      : [
        ("\(name), h", sensitivity.hiddenStateGradientNorms),
        ("\(name), c", sensitivity.cellStateGradientNorms),
      ]
  }
}

extension ReportDocument {
  /// Shows gradient norms by distance and losses by context length.
  mutating func show(_ all: [ContextMeasurement], on text: String) throws {
    try paragraph(
      language(
        "Measured on \(text); for a model trained on this text, on the part held out.",
        "\(text)에서 측정했습니다. 이 글로 훈련한 모델은 훈련에 쓰지 않고 남겨 둔 부분에서 측정했습니다."))
    for model in all where model.unknown > 0 {
      try paragraph(
        language(
          """
          \(quantity(model.unknown, model.unit)) outside the vocabulary of \(model.name) \
          \(model.unknown == 1 ? "was" : "were") skipped.
          """,
          "\(model.name)의 어휘에 없는 \(language.amount(model.unknown, of: model.unit))는 건너뛰었습니다."))
    }
    // Tables show the last path components if they are distinct.
    let ends = all.map { FileSystem.name(of: $0.path) }
    let short = Set(ends).count == ends.count ? ends : all.map(\.path)
    try showGradients(of: all, short)
    try showLosses(of: all, short)
  }

  private mutating func showGradients(of all: [ContextMeasurement], _ short: [String]) throws {
    try heading(language("Gradient norm by distance", "거리에 따른 기울기의 노름"))
    try paragraph(
      language(
        """
        Norm of the gradient of the loss at one token with respect to the top layer's state k tokens before: h, and for \
        the LSTM also the cell state c. Geometric means over positions of the text. Where the norm has fallen to a \
        thousandth, training receives almost no signal from that distance.
        """,
        """
        한 토큰의 손실을 k토큰 앞의 맨 위층 상태로 미분한 기울기의 노름입니다. 상태는 은닉 상태 h이고, LSTM에서는 셀 상태 c도 \
        씁니다. 글의 여러 위치에서 구한 값의 기하 평균입니다. 노름이 1000분의 1로 줄어든 거리에서는 학습에 쓸 신호가 거의 \
        오지 않습니다.
        """))
    let lines = all.flatMap { $0.gradients($0.name) }
    try figure(
      LineChart(
        title: language("Gradient norm", "기울기의 노름"),
        x: language("k, tokens before", "k(몇 토큰 앞인가)"), y: language("norm", "노름"),
        logarithmicY: true,
        series: lines.map { line in
          .init(line.name, line.norms.enumerated().map { (Double($0), $1) })
        }))
    let longest = lines.map { $0.norms.count - 1 }.min() ?? 0
    let distances = [longest / 4, longest / 2, longest].filter { $0 > 0 }
    try table(
      zip(all, short).flatMap { $0.gradients($1) }.map { line in
        [line.name, distance(line.norms, toFallBy: 2), distance(line.norms, toFallBy: 1000)]
          + distances.map { formatted(line.norms[$0] / line.norms[0], "%.0e") }
      },
      under: ["", language("k at 1/2", "1/2이 되는 k"), language("k at 1/1000", "1/1000이 되는 k")]
        + distances.map { language("ratio at \($0)", "k = \($0)의 비율") })
  }

  private mutating func showLosses(of all: [ContextMeasurement], _ short: [String]) throws {
    try heading(language("Loss by context length", "문맥의 길이에 따른 손실"))
    let nats = natsUnit(of: all)
    let positions = all.map { $0.sensitivity.positionCount }.min() ?? 0
    let error = all.flatMap { $0.sensitivity.losses.map(\.standardError) }.max() ?? 0
    try paragraph(
      language(
        """
        Loss of a prediction from only the k preceding tokens, at \(positions) positions (standard error up to \
        \(number(error, 2)) \(nats), largely shared by all k). Where the curve is flat, the model does not use longer context.
        """,
        """
        바로 앞의 k토큰만 읽고 예측할 때의 손실을 \(positions)곳에서 측정했습니다. 표준 오차는 \(number(error, 2))\(nats) \
        이하이며, 대부분 모든 k에 공통된 오차입니다. 곡선이 평평한 곳에서는 모델이 그보다 긴 문맥을 이용하지 않습니다.
        """))
    try figure(
      LineChart(
        title: language("Loss", "손실"), x: language("k, tokens of context", "k(읽은 토큰 수)"), y: nats,
        logarithmicX: true,
        series: all.map { model in
          .init(model.name, model.sensitivity.losses.map { (Double($0.contextLength), $0.nats) })
        }))
    let losses = all.map(\.sensitivity.losses).min { $0.count < $1.count } ?? []
    try table(
      losses.indices.map { index in
        ["\(losses[index].contextLength)"]
          + all.map { number($0.sensitivity.losses[index].nats, 3) }
      }, under: ["k"] + short)
  }

  /// Returns the unit of the models' losses; nats/token if their token units differ.
  func natsUnit(of all: [ContextMeasurement]) -> String {
    let units = Set(all.map(\.unit))
    guard let unit = units.first, units.count == 1 else {
      return language.nats(per: language("token", "토큰"))
    }
    return language.nats(per: unit)
  }

  /// Returns the distance at which norms have fallen by a factor, as text.
  private func distance(_ norms: [Double], toFallBy factor: Double) -> String {
    ContextSensitivity.distance(ofDecayBy: factor, in: norms).map { "\($0)" }
      ?? language("more than \(norms.count - 1)", "\(norms.count - 1) 초과")
  }
}
