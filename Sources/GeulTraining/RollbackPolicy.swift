/// Decides what follows divergence: usually training resumes from the last checkpoint with half the learning rate.
package struct RollbackPolicy: Sendable {
  /// The step of the checkpoint of the last rollback, and the number of rollbacks to it in a row.
  private var last = (step: 0, count: 0)

  /// The action after a divergence.
  package enum Action: Equatable {
    /// Continue from the checkpoint.
    case resume
    /// Continue from new parameters: the checkpoint itself has diverged.
    case restart
    /// End the run: after thirty halvings the learning rate is not the cause.
    case stop
  }

  /// The learning-rate scale below which a run stops.
  private static let minimumScale: Float = 1e-9
  /// The number of rollbacks to one checkpoint after which a run restarts.
  private static let maximumRollbacks = 3
  /// The maximum number of steps that a restart discards.
  private static let maximumDiscardedSteps = 100

  /// Creates a policy before the first rollback.
  package init() {}

  /// Returns the action after a divergence, given the step of the last checkpoint and the halved learning-rate scale.
  package mutating func action(checkpointStep: Int, learningRateScale: Float) -> Action {
    guard learningRateScale > Self.minimumScale else { return .stop }
    last = (checkpointStep, checkpointStep == last.step ? last.count + 1 : 1)
    return last.count > Self.maximumRollbacks && checkpointStep <= Self.maximumDiscardedSteps
      ? .restart : .resume
  }
}
