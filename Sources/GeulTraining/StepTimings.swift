/// The seconds that training steps spend in each phase.
public struct StepTimings: Sendable {
  /// The forward pass: layers, output projection, loss.
  public var forward = 0.0
  /// Back-propagation through time.
  public var backward = 0.0
  /// The gradients of the weights.
  public var weightGradients = 0.0
  /// Waiting for other ranks, and adding the gradients of all.
  public var communication = 0.0
  /// Gradient norm, clipping, optimizer, moving average.
  public var optimizer = 0.0
  /// Packing the weights for the next step.
  public var packing = 0.0

  /// Creates timings of zero seconds.
  public init() {}

  /// The sum of all phases.
  public var total: Double {
    forward + backward + weightGradients + communication + optimizer + packing
  }
}
