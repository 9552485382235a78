import Geul
import GeulCharts
import GeulCommandSupport

extension ReportDocument {
  /// Shows gradient norms and losses of the training runs of the compared cells.
  mutating func showTraining(_ all: [ContextMeasurement], _ activation: Activation) throws {
    try heading(language("Text read during training", "훈련하면서 읽은 글"))
    let rows = try all.map { model in
      let run = try RunFolder(model.path).loadLatest().value.run
      let tokens = run.step * run.configuration.batch * run.configuration.length
      return [
        model.name, "\(model.parameterCount)", "\(run.step)", compact(Double(tokens)),
        epochs(run.batcher.epochs), number(RunFolder(model.path).metrics().last?.seconds ?? 0, 1),
      ]
    }
    let tokens = all.first.map { language.pluralNoun($0.unit) } ?? language("tokens", "토큰")
    try table(
      rows,
      under: language(
        ["", "parameters", "steps", tokens, "epochs", "seconds"],
        ["", "매개변수", "스텝", tokens, "에포크", "초"]))
    try heading(language("Gradients during training", "훈련 중의 기울기"))
    try paragraph(explanation(of: activation))
    for (title, label, value) in [
      (
        language("Gradient norm during training", "훈련 중 기울기의 노름"),
        language("norm before clipping", "클리핑 전의 노름"), \.gradientNorm
      ),
      (language("Training loss", "훈련 손실"), natsUnit(of: all), \.trainNats),
    ] as [(String, String, KeyPath<TrainingLoop.Progress, Double>)] {
      try figure(
        LineChart(
          title: title, x: language("step", "스텝"), y: label, logarithmicY: true,
          series: all.map(\.path).map { path in
            .init(
              path, RunFolder(path).metrics().map { (Double($0.step), $0[keyPath: value]) })
          }))
    }
  }

  /// Returns an explanation of vanishing and exploding gradients, with the activation of the vanilla RNN.
  private func explanation(of activation: Activation) -> String {
    let relu =
      activation == .relu
      ? language(
        """
        This vanilla RNN uses max(0, x): its derivative is 1 for positive x, but its states are unbounded. If W_h \
        expands, states, logits and gradients grow exponentially and training may diverge.
        """,
        """
        이 바닐라 RNN은 max(0, x)를 씁니다. x가 양수이면 미분이 1이지만 상태에 상한이 없습니다. W_h가 값을 키우면 상태, 로짓, \
        기울기가 지수 함수로 커져 훈련이 발산할 수 있습니다.
        """)
      : language(
        """
        --activation relu trains the vanilla RNN with max(0, x): derivative 1 for positive x, but unbounded states, so \
        training may diverge.
        """,
        """
        --activation relu를 주면 바닐라 RNN이 max(0, x)를 씁니다. x가 양수이면 미분이 1이지만 상태에 상한이 없으므로 훈련이 \
        발산할 수 있습니다.
        """)
    return language(
      """
      Each step of backpropagation multiplies the gradient by W_h and by the derivative of the activation. tanh bounds \
      states to -1...1 and sigmoids bound gates to 0...1 whatever W_h is, but where they saturate, the derivative and with \
      it the gradient vanish. \(relu)
      """,
      """
      역전파의 한 스텝마다 기울기에 W_h와 활성화 함수의 미분이 곱해집니다. W_h가 무엇이든 tanh는 상태를 -1과 1 사이로, \
      시그모이드는 게이트를 0과 1 사이로 제한합니다. 그러나 포화되면 미분이 0에 가까워지고 기울기도 함께 사라집니다. \(relu)
      """)
  }
}
