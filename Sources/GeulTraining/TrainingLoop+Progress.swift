public import GeulModel
internal import PortableFoundation

extension TrainingLoop {
  /// An event of a run.
  public enum Event: Sendable {
    /// A message for the user.
    case note(String)
    /// The speed was measured, and the number of steps is planned.
    case planned(steps: Int, epochs: Double)
    /// The progress after a step.
    case progress(Progress)
    /// The validation loss was evaluated.
    case validated(Progress, nats: Double, isBest: Bool)
    /// The validation loss has not improved since step `best`.
    case stoppedEarly(best: Int)
    /// It is time to show a sample of the model.
    case sample(Model, Progress)
    /// A checkpoint was saved.
    case saved(step: Int)
  }

  /// The progress of a run; one line of `metrics.jsonl`.
  public struct Progress: Codable, Sendable {
    /// The number of completed steps.
    public var step: Int
    /// The number of steps of the run; nil until it is planned.
    public var totalSteps: Int?
    /// The number of epochs.
    public var epoch: Double
    /// The training loss of the last step, in nats/token.
    public var trainNats: Double
    /// The validation loss, in nats/token; only where it was evaluated after this step.
    public var validationNats: Double?
    /// The global norm of the last gradient.
    public var gradientNorm: Double
    /// The last learning rate.
    public var learningRate: Double
    /// The training speed in tokens/s, without evaluations and saves.
    public var charsPerSecond: Double
    /// The time of the run in seconds, including the time before it was resumed.
    public var seconds: Double
    /// The estimated remaining time in seconds; nil until the number of steps is planned.
    public var secondsLeft: Double?
  }

  /// The way a run ended.
  public enum Ending: Sendable, Equatable {
    /// All steps are completed, or the run stopped early.
    case finished
    /// The caller asked to stop; the checkpoint is saved.
    case stopped
    /// The loss diverges at every learning rate; the last good checkpoint is kept.
    case diverged
  }
}

extension TrainingLoop.Progress: CustomStringConvertible {
  /// One line: step, training loss, validation loss, speed and epoch.
  public var description: String {
    func number(_ value: Double, _ digits: Int) -> String {
      formatted(value, "%.\(digits)f")
    }
    let total = totalSteps.map { "/\($0)" } ?? ""
    let validation = validationNats.map { "  val \(number($0, 3))" } ?? ""
    return "step \(step)\(total)  train \(number(trainNats, 3))\(validation)"
      + "  \(Int(charsPerSecond)) chars/s  epoch \(number(epoch, 1))"
  }
}
