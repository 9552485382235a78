/// Where the time of training steps goes, in seconds.
public struct StepTimings: Sendable {
  /// Reading windows: the way forward through the layers, the projection, the loss.
  public var forward = 0.0
  /// The way back through time.
  public var backward = 0.0
  /// The gradients of the weights.
  public var weightGradients = 0.0
  /// Norm, clipping, AdamW.
  public var optimizer = 0.0
  /// Packing the weights for the next step.
  public var packing = 0.0

  /// No time at all.
  public init() {}

  /// All phases together.
  public var total: Double { forward + backward + weightGradients + optimizer + packing }
}
