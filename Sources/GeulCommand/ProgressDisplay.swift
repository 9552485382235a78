import Geul
import GeulCharts
import GeulCommandSupport

/// The progress of a run on a terminal: a bar, the losses, the curve of the training loss and the last sample, which are
/// redrawn in place.
struct ProgressDisplay {
  /// The training losses of all progress reports.
  private var losses: [Double] = []
  private var progress: TrainingLoop.Progress?
  private var fields: [String] = []
  /// The last sample; nil before the first one.
  var sample: String?

  /// The minimum number of columns of the bar beside the step, and the maximum of the bar and of the curve.
  private static let (minimumWidth, maximumWidth) = (10, 60)

  /// Adds a progress report with its fields, the first of which is the step.
  mutating func add(_ progress: TrainingLoop.Progress, _ fields: [String]) {
    losses.append(progress.trainNats)
    (self.progress, self.fields) = (progress, fields)
  }

  /// Draws the progress in place of what was drawn before; does nothing where no line can be replaced.
  func draw() {
    guard Output.isLive, let progress else { return }
    let width = Output.width - 1
    var lines = [bar(progress, width)]
    lines.append(
      Output.fitted(Array(fields.dropFirst()), dropping: RunReport.droppingOrder.map { $0 - 1 }))
    if losses.count > 1 {
      let curve = sparkline(losses, width: min(Self.maximumWidth, width - 5))
      lines.append("loss \(curve)")
    }
    if let sample {
      let text = visibleText(sample).split(whereSeparator: \.isNewline).joined(separator: " ")
      lines += wrapped(text, width: width - 2).prefix(2).map { "| \($0)" }
    }
    Output.live(lines)
  }

  /// The bar with the percentage and the step, as far as they fit.
  private func bar(_ progress: TrainingLoop.Progress, _ width: Int) -> String {
    guard let total = progress.totalSteps else { return fields.first ?? "" }
    let fraction = Double(progress.step) / Double(max(1, total))
    let percent = "\(Int(fraction * 100)) %"
    let whole = "\(percent)  \(fields[0])"
    let rest = width - whole.count - 2 < Self.minimumWidth ? percent : whole
    return progressBar(fraction, width: min(Self.maximumWidth, width - rest.count - 2))
      + "  \(rest)"
  }
}
