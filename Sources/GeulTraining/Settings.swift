public import GeulKernels
public import GeulNetwork

/// What a user chose for a run, or the defaults.
///
/// A checkpoint holds them; a resumed run goes on with them.
public struct Settings: Codable, Sendable, Equatable {
  /// The network's shape.
  public var architecture = Architecture()
  /// How many streams of text are read side by side.
  public var batch = 64
  /// How many steps gradients go back (truncated back-propagation through time).
  public var length = 64
  /// The learning rate over the run.
  public var schedule = Schedule(peak: Schedule.peak(batch: 64))
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
  /// AdamW's decay of matrices.
  public var weightDecay: Float = 0.01
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

  /// The defaults.
  public init() {}

  /// A rule by which matrices are moved.
  public enum Optimizer: String, Codable, CaseIterable, Sendable {
    /// Loshchilov and Hutter 2019.
    case adamw
    /// Momentum, orthogonalised (Jordan et al. 2024).
    case muon
  }

  /// A share to drop that suits so many units of text.
  ///
  /// A small text is soon known by heart. (corpora/english.txt, 2 x 192, at its best on the part held out: 1.425 nats
  /// with 0.3 dropped and 40 epochs, 1.413 with 0.4 and 25, 1.429 with 0.5 and 60, one seed each. With nothing dropped
  /// 2 x 256 was past its best after 7 epochs of 37.)
  public static func dropout(units: Int) -> Float { units < 300_000 ? 0.4 : 0 }
}
