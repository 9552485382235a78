public import GeulCompute
public import GeulModel

/// What a user chose for a run, or the defaults.
///
/// A checkpoint holds them; a resumed run goes on with them.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
  /// The network's shape.
  public var architecture = Architecture()
  /// How many streams of text are read side by side.
  public var batch = 32
  /// How many steps gradients go back (truncated back-propagation through time).
  public var length = 64
  /// The learning rate over the run.
  public var schedule = LearningRateSchedule(peak: LearningRateSchedule.peak(batch: 32))
  /// The share of each layer's outputs that dropout zeroes.
  public var dropout: Float = 0
  /// The largest global norm that a gradient may have: Pascanu, Mikolov and Bengio 2013.
  public var gradientClip: Float = 1
  /// How matrices are moved; all else is moved by AdamW.
  public var optimizer = Optimizer.muon
  /// What Muon's rate is of the learning rate.
  public var matrixRate: Float = 6
  /// How much of the gradient's running mean Muon keeps.
  public var momentum: Float = 0.95
  /// How much of the parameters' running mean is kept in a step.
  public var averaging: Float = 0.99
  /// The share of their rate by which matrices shrink in a step.
  public var weightDecay: Float = 0.05
  /// AdamW's share of the mean of squares that is kept.
  public var beta2: Float = 0.99
  /// How wide the factors of products are.
  public var precision = Precision.float32
  /// The part of the text at its end that is never trained on, 0 to 0.9.
  public var validationFraction = 0.1
  /// What all randomness comes from.
  public var seed: UInt64 = 0
  /// How often the held-out part is scored: about this many times a run.
  public var validations = 20
  /// How many scores in a row that are no better than the best end a run early; 0 for never.
  public var patience = 6

  /// The defaults.
  public init() {}

  /// A rule by which matrices are moved.
  public enum Optimizer: String, Codable, CaseIterable, Sendable {
    /// Loshchilov and Hutter 2019.
    case adamw
    /// Momentum, orthogonalised (Jordan et al. 2024).
    case muon
  }
}
