import Foundation
import Geul
import GeulCharts

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
      "Measured on \(text); for a model trained on this text, on the part held out.")
    for model in all where model.unknown > 0 {
      try paragraph(
        "\(quantity(model.unknown, model.unit)) outside the vocabulary of \(model.name)"
          + " \(model.unknown == 1 ? "was" : "were") skipped."
      )
    }
    try heading("Gradient norm by distance")
    try paragraph(
      "Norm of the gradient of the loss at one token with respect to the top layer's state k tokens before: h, and for the"
        + " LSTM also the cell state c. Geometric means over positions of the text. Where the norm has fallen to a"
        + " thousandth, training receives almost no signal from that distance.")
    // Tables show the last path components if they are distinct.
    let ends = all.map { FileSystem.name(of: $0.path) }
    let short = Set(ends).count == ends.count ? ends : all.map(\.path)
    let lines = all.flatMap { $0.gradients($0.name) }
    try figure(
      LineChart(
        title: "Gradient norm", x: "k, tokens before", y: "norm", logarithmicY: true,
        series: lines.map { line in
          .init(line.name, line.norms.enumerated().map { (Double($0), $1) })
        }))
    let longest = lines.map { $0.norms.count - 1 }.min() ?? 0
    let distances = [longest / 4, longest / 2, longest].filter { $0 > 0 }
    try table(
      zip(all, short).flatMap { $0.gradients($1) }.map { line in
        [line.name, distance(line.norms, toFallBy: 2), distance(line.norms, toFallBy: 1000)]
          + distances.map { String(format: "%.0e", line.norms[$0] / line.norms[0]) }
      }, under: ["", "k at 1/2", "k at 1/1000"] + distances.map { "ratio at \($0)" })

    try heading("Loss by context length")
    let unit = unitName(of: all)
    let positions = all.map { $0.sensitivity.positionCount }.min() ?? 0
    let error = all.flatMap { $0.sensitivity.losses.map(\.standardError) }.max() ?? 0
    try paragraph(
      "Loss of a prediction from only the k preceding tokens, at \(positions) positions (standard"
        + " error up to \(number(error, 2)) nats/\(unit), largely shared by all k). Where the curve is flat, the model does not use"
        + " longer context.")
    try figure(
      LineChart(
        title: "Loss", x: "k, tokens of context", y: "nats/\(unit)",
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

  /// Shows gradient norms and losses of the training runs of the compared cells.
  mutating func showTraining(_ all: [ContextMeasurement], _ activation: Activation) throws {
    try heading("Text read during training")
    let rows = try all.map { model in
      let run = try RunFolder(model.path).loadLatest().value.run
      let tokens = run.step * run.configuration.batch * run.configuration.length
      return [
        model.name, "\(model.parameterCount)", "\(run.step)", compact(Double(tokens)),
        epochs(run.batcher.epochs), number(RunFolder(model.path).metrics().last?.seconds ?? 0, 1),
      ]
    }
    let tokens = all.first?.unit.pluralNoun ?? "tokens"
    try table(rows, under: ["", "parameters", "steps", tokens, "epochs", "seconds"])
    try heading("Gradients during training")
    try paragraph(
      "Each step of backpropagation multiplies the gradient by W_h and by the derivative of the activation. tanh bounds"
        + " states to -1...1 and sigmoids bound gates to 0...1 whatever W_h is, but where they saturate, the derivative and"
        + " with it the gradient vanish. "
        + (activation == .relu
          ? "This vanilla RNN uses max(0, x): its derivative is 1 for positive x, but its states are unbounded. If W_h"
            + " expands, states, logits and gradients grow exponentially and training may diverge."
          : "--activation relu trains the vanilla RNN with max(0, x): derivative 1 for positive x, but unbounded states,"
            + " so training may diverge."))
    for (title, label, value) in [
      ("Gradient norm during training", "norm before clipping", \.gradientNorm),
      ("Training loss", "nats/\(unitName(of: all))", \.trainNats),
    ] as [(String, String, KeyPath<TrainingLoop.Progress, Double>)] {
      try figure(
        LineChart(
          title: title, x: "step", y: label, logarithmicY: true,
          series: all.map(\.path).map { path in
            .init(
              path, RunFolder(path).metrics().map { (Double($0.step), $0[keyPath: value]) })
          }))
    }
  }

  /// Returns the abbreviation of the models' token unit; `token` if the models differ in it.
  private func unitName(of all: [ContextMeasurement]) -> String {
    let names = Set(all.map(\.unit.shortName))
    return names.count == 1 ? names.first ?? "token" : "token"
  }

  /// Returns the distance at which norms have fallen by a factor, as text.
  private func distance(_ norms: [Double], toFallBy factor: Double) -> String {
    ContextSensitivity.distance(ofDecayBy: factor, in: norms).map { "\($0)" }
      ?? "more than \(norms.count - 1)"
  }
}
