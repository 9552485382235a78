import Foundation
import Geul

/// What a person sees of a run: one live line on a terminal, plain lines elsewhere.
struct RunReport {
  private let quiet: Bool
  private let folder: RunFolder
  private let kernels: Kernels
  private let pool: ThreadPool
  private var lastLine = 0.0
  /// The last report, for the final figures.
  private(set) var last: TrainingRun.Progress?

  init(_ folder: RunFolder, quiet: Bool, kernels: Kernels, pool: ThreadPool) {
    self.folder = folder
    self.quiet = quiet
    self.kernels = kernels
    self.pool = pool
  }

  /// Shows an event.
  mutating func show(_ event: TrainingRun.Event) {
    switch event {
    case .note(let sentence):
      Output.note(sentence)
    case .planned(let steps, let epochs):
      guard !quiet else { return }
      Output.note("Plan: \(steps) steps, \(number(epochs, 1)) times through the text.")
    case .progress(let progress):
      last = progress
      guard !quiet else { return }
      if Output.isTerminal {
        Output.live(parts(progress))
      } else if progress.seconds - lastLine >= 10 {
        lastLine = progress.seconds
        Output.note(Output.fitted(parts(progress)))
      }
    case .validated(let progress, _, let isBest):
      last = progress
      guard !quiet else { return }
      lastLine = progress.seconds
      Output.note(Output.fitted(parts(progress, isBest: isBest)))
    case .stoppedEarly(let best):
      guard !quiet else { return }
      Output.note(
        "Stopped early: what is held out is foretold no better since step \(best). The best model is kept."
          + " --patience 0 goes on to the end.")
    case .sample(let model, let progress):
      guard !quiet else { return }
      let generator = Generator(model, kernels: kernels, pool: pool)
      let request = Generator.Request(prompt: [], length: 160, seed: 1)
      guard let text = try? generator.texts(request).first?.text else { return }
      folder.append(Sample(step: progress.step, epoch: progress.epoch, text: text))
      Output.quote(text)
    case .saved:
      break
    }
  }

  /// What there is to say, the most important first: a narrow terminal has no room for the last.
  private func parts(_ progress: TrainingRun.Progress, isBest: Bool = false) -> [String] {
    let total = progress.totalSteps.map { "/\($0)" } ?? ""
    var parts = ["step \(progress.step)\(total)", "loss \(number(progress.trainNats, 3)) nats"]
    if let nats = progress.validationNats {
      parts.append("held out \(number(nats, 3))\(isBest ? " (best)" : "")")
    }
    if let left = progress.secondsLeft { parts.append("\(duration(left)) left") }
    parts.append("\(Int(progress.charsPerSecond)) chars/s")
    parts.append("epoch \(number(progress.epoch, 2))")
    parts.append("\(number(progress.trainNats / Evaluator.natsPerBit, 3)) bits")
    return parts
  }
}

/// A number with so many digits after the point.
func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

/// Seconds as a person says them.
func duration(_ seconds: Double) -> String {
  let whole = Int(min(max(0, seconds), 1e9).rounded())
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 { return String(format: "%d:%02d min", whole / 60, whole % 60) }
  return String(format: "%d:%02d h", whole / 3600, whole % 3600 / 60)
}
