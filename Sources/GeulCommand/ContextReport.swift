import Foundation
import Geul
import GeulCharts

/// What one model remembers of a text.
struct Remembered {
  /// Where it is.
  let path: String
  let shape: Architecture
  let reach: ContextSensitivity
  /// How many characters of the text it does not know.
  let unknown: Int

  /// Where it is, and of what kind.
  var name: String { "\(path) (\(shape.layers) x \(shape.hidden) \(shape.cell.rawValue))" }

  /// The lines that its gradients make, under a long name of the model or a short one.
  func gradients(_ name: String) -> [(name: String, norms: [Double])] {
    reach.cellStateGradientNorms.isEmpty
      ? [(name, reach.hiddenStateGradientNorms)]
      : [
        ("\(name), h", reach.hiddenStateGradientNorms),
        ("\(name), c", reach.cellStateGradientNorms),
      ]
  }
}

extension ReportDocument {
  /// How gradients fade, and what the past is worth.
  mutating func show(_ all: [Remembered], on text: String) throws {
    try paragraph(
      "Measured on \(text); where a model was trained on it, on the part that was held out.")
    for one in all where one.unknown > 0 {
      try paragraph(
        "\(one.name) does not know \(counted(one.unknown, "character")) of it; they were passed over."
      )
    }
    try heading("How gradients fade")
    try paragraph(
      "The norm of the gradient of one character's loss with respect to the top layer's state k characters before: h, and for"
        + " the LSTM its cell c, which is the way on which it remembers. Geometric means over places of the text. Where a norm"
        + " is a thousandth of what it was, training hears nearly nothing of that past.")
    // In tables the ends of paths, if they tell the models apart.
    let ends = all.map { URL(filePath: $0.path).lastPathComponent }
    let short = Set(ends).count == ends.count ? ends : all.map(\.path)
    let lines = all.flatMap { $0.gradients($0.name) }
    try picture(
      LineChart(
        title: "Gradient by distance", x: "k, characters back", y: "norm", logarithmicY: true,
        series: lines.map { line in
          .init(line.name, line.norms.enumerated().map { (Double($0), $1) })
        }))
    let far = lines.map { $0.norms.count - 1 }.min() ?? 0
    let places = [far / 4, far / 2, far].filter { $0 > 0 }
    try table(
      zip(all, short).flatMap { $0.gradients($1) }.map { line in
        [line.name, fall(line.norms, by: 2), fall(line.norms, by: 1000)]
          + places.map { String(format: "%.0e", line.norms[$0] / line.norms[0]) }
      }, under: ["k where it is", "half", "1/1000"] + places.map { "left at \($0)" })

    try heading("What the past is worth")
    let measured = all.map { $0.reach.positionCount }.min() ?? 0
    let error = all.flatMap { $0.reach.losses.map(\.standardError) }.max() ?? 0
    try paragraph(
      "The loss when the model sees only the last k characters before the one that it foretells, at \(measured) places; at"
        + " others it would differ by some \(number(error, 2)) nats, alike for all k. Where a line no longer falls, what lies"
        + " further back is of no use to the model.")
    try picture(
      LineChart(
        title: "Loss by what is seen", x: "k, characters seen", y: "nats a character",
        logarithmicX: true,
        series: all.map { one in
          .init(one.name, one.reach.losses.map { (Double($0.contextLength), $0.nats) })
        }))
    let windows = all.map(\.reach.losses).min { $0.count < $1.count } ?? []
    try table(
      windows.indices.map { index in
        ["\(windows[index].contextLength)"] + all.map { number($0.reach.losses[index].nats, 3) }
      }, under: ["k"] + short)
  }

  /// How large gradients were while the three learned.
  mutating func showTraining(_ paths: [String], _ activation: Activation) throws {
    try heading("Why sigmoid and tanh")
    try paragraph(
      "A step back multiplies the gradient by W_h and by the slope of what squashes the state. tanh keeps states between -1"
        + " and 1, and sigmoids keep gates between 0 and 1, whatever W_h does; the price is a slope that goes to 0 where they"
        + " are full, and the gradient with it. "
        + (activation == .relu
          ? "The vanilla network here has max(0, x) in the place of tanh: its slope is 1 wherever it is open, but its states"
            + " have no bound. Where W_h stretches, states, scores and gradients grow with its powers: it trains, or explodes."
          : "--activation relu gives the vanilla network max(0, x): slope 1 wherever it is open, but no bound. It trains, or"
            + " explodes."))
    for (title, unit, value) in [
      ("Gradient while learning", "norm before clipping", \TrainingRun.Progress.gradientNorm),
      ("Loss while learning", "nats a character", \TrainingRun.Progress.trainNats),
    ] as [(String, String, KeyPath<TrainingRun.Progress, Double>)] {
      try picture(
        LineChart(
          title: title, x: "step", y: unit, logarithmicY: true,
          series: paths.map { path in
            .init(
              path, RunFolder(path).metrics().map { (Double($0.step), $0[keyPath: value]) })
          }))
    }
  }

  /// How many characters back norms have fallen to a part of what they were.
  private func fall(_ norms: [Double], by part: Double) -> String {
    ContextSensitivity.distance(ofDecayBy: part, in: norms).map { "\($0)" }
      ?? "more than \(norms.count - 1)"
  }
}
