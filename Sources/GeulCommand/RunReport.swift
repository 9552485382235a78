import Geul
import GeulCommandSupport
import PortableFoundation

/// The report of a run: a live display below the lines of the evaluations on a terminal, plain lines elsewhere.
struct RunReport {
  private let folder: RunFolder
  private let unit: TokenUnit
  private let quiet: Bool
  private let context: ComputeContext
  private var lastValidation: Double?
  /// A sentence to print before the first event.
  private var introduction: String?
  private var lastLine = 0.0
  private var display = ProgressDisplay()
  /// The last progress report.
  private(set) var last: TrainingLoop.Progress?

  init(
    _ folder: RunFolder, unit: TokenUnit, quiet: Bool, introduction: String?,
    context: ComputeContext
  ) {
    self.folder = folder
    self.unit = unit
    self.quiet = quiet
    self.introduction = introduction
    self.context = context
  }

  /// Shows an event.
  mutating func show(_ event: TrainingLoop.Event) {
    if let introduction = introduction.take(), !quiet { Output.note(introduction) }
    defer { if !quiet { display.draw() } }
    switch event {
    case .note(let sentence):
      Output.note(sentence)
    case .planned(let steps, let epochs):
      guard !quiet else { return }
      Output.note("Plan: \(quantity(steps, "step")), \(number(epochs, 1)) epochs.")
    case .progress(let progress):
      last = progress
      guard !quiet else { return }
      display.add(progress, fields(progress))
      if !Output.isLive, progress.seconds - lastLine >= 10 {
        lastLine = progress.seconds
        Output.note(Output.fitted(fields(progress)))
      }
    case .validated(let progress, let nats, let isBest):
      last = progress
      lastValidation = nats
      guard !quiet else { return }
      lastLine = progress.seconds
      display.add(progress, fields(progress))
      Output.note(Output.fitted(fields(progress, isBest: isBest), dropping: Self.droppingOrder))
    case .stoppedEarly(let best):
      guard !quiet else { return }
      Output.note(
        "Early stopping: validation loss has not improved since step \(best). Kept the best model."
          + " --patience 0 disables early stopping.")
    case .sample(let model, let progress):
      guard !quiet else { return }
      guard let text = sample(of: Generator(model, context: context), model) else { return }
      folder.append(Sample(step: progress.step, epoch: progress.epoch, text: text))
      if Output.isLive { display.sample = text } else { Output.quote(text) }
    case .saved:
      break
    }
  }

  /// Returns a sample of a model: a text, or some items of a list.
  private func sample(of generator: Generator, _ model: Model) -> String? {
    if model.metadata.list != nil {
      let request = Generator.LineRequest(count: 8, length: 160, seed: 1)
      return try? generator.lines(request).joined(separator: "\n")
    }
    let request = Generator.Request(prompt: [], length: 160, seed: 1)
    return try? generator.texts(request).first?.text
  }

  /// The fields of the progress line: step, training loss, validation loss, speed, epoch, time left.
  private func fields(_ progress: TrainingLoop.Progress, isBest: Bool = false) -> [String] {
    let total = progress.totalSteps.map { "/\($0)" } ?? ""
    let validation = lastValidation.map {
      "val \(number($0, 3))\(isBest ? " (best)" : "")"
    }
    return [
      "step \(progress.step)\(total)", "train \(number(progress.trainNats, 3))", validation ?? "",
      "\(compact(progress.charsPerSecond)) \(unit.pluralShortName)/s",
      "epoch \(epochs(progress.epoch))",
      progress.secondsLeft.map { "ETA \(clockTime($0))" } ?? "",
    ]
  }

  /// The fields to drop on a narrow terminal, the least important first.
  static let droppingOrder = [4, 3, 5, 1, 2]
}
