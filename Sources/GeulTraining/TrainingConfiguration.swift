public import GeulCompute
public import GeulModel

/// The hyperparameters of a run.
///
/// A checkpoint holds them, and a resumed run continues with them. A field that is missing in an older checkpoint takes its
/// default. Each field is listed once in `CodingKeys`, in `init(from:)` and, with its range, in `isValid`.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
  /// The shape of the network.
  public var architecture = Architecture()
  /// The batch size: the number of sequences per batch.
  public var batch = 32
  /// The sequence length: the number of time steps of truncated back-propagation through time.
  public var length = 64
  /// The learning rate over the run.
  public var schedule = LearningRateSchedule(peak: LearningRateSchedule.peak(batch: 32))
  /// The fraction of each layer's outputs that dropout zeroes.
  public var dropout: Float = 0
  /// The maximum global norm of the gradient (Pascanu, Mikolov and Bengio 2013).
  public var gradientClip: Float = 1
  /// The optimizer of the weight matrices; AdamW updates everything else.
  public var optimizerKind = Optimizer.Kind.muon
  /// Muon's learning rate as a multiple of the learning rate.
  public var muonLearningRateScale: Float = 6
  /// The decay rate of Muon's momentum.
  public var momentum: Float = 0.95
  /// The decay rate of the exponential moving average of the parameters, at most n / (n + 9) in step n.
  public var emaDecay: Float = 0.99
  /// The decoupled weight decay of matrices.
  public var weightDecay: Float = 0.05
  /// The decay rate of AdamW's second moment.
  public var beta2: Float = 0.99
  /// The arithmetic of matrix products.
  public var precision = Precision.float32
  /// The fraction of the text, at its end, that is held out for validation, 0 to 0.9.
  public var validationFraction = 0.1
  /// The random seed.
  public var seed: UInt64 = 0
  /// The approximate number of evaluations of the validation loss.
  public var evaluationCount = 20
  /// The number of evaluations without improvement after which a run stops early; 0 for never.
  public var patience = 6

  /// The number of layers, from the input on, whose recurrent weights and biases are not trained.
  ///
  /// Their input matrices are not trained either, except the embedding table, which has the rows of new tokens.
  public var frozenLayers = 0

  /// The weight of the predictions of teachers in the targets, from 0 to 1; 0 without teachers.
  ///
  /// See `TrainingOptions.teachers`.
  public var teacherWeight: Float = 0

  /// Indicates whether the model has n-grams of the text beside the network.
  public var ngrams = NGramChoice.off
  /// The maximum size of the n-grams in the model file, in bytes.
  public var ngramBytes = 16 << 20

  /// A choice of n-grams.
  public enum NGramChoice: String, Codable, Sendable, CaseIterable {
    /// A network alone.
    case off
    /// N-grams if they lower the loss of text that the network has not seen.
    case auto
    /// N-grams in any case.
    case on
  }

  /// The defaults.
  public init() {}

  /// The names in checkpoints, which version 0.1 gave.
  private enum CodingKeys: String, CodingKey {
    case architecture, batch, length, schedule, dropout, gradientClip, momentum, weightDecay, beta2
    case precision, validationFraction, seed, patience
    case optimizerKind = "optimizer"
    case muonLearningRateScale = "matrixRate"
    case emaDecay = "averaging"
    case evaluationCount = "validations"
    case frozenLayers, ngrams, ngramBytes, teacherWeight
  }

  /// Reads a configuration; missing fields take their defaults.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(.architecture, &architecture)
    try read(.batch, &batch)
    try read(.length, &length)
    try read(.schedule, &schedule)
    try read(.dropout, &dropout)
    try read(.gradientClip, &gradientClip)
    try read(.optimizerKind, &optimizerKind)
    try read(.muonLearningRateScale, &muonLearningRateScale)
    try read(.momentum, &momentum)
    try read(.emaDecay, &emaDecay)
    try read(.weightDecay, &weightDecay)
    try read(.beta2, &beta2)
    try read(.precision, &precision)
    try read(.validationFraction, &validationFraction)
    try read(.seed, &seed)
    try read(.evaluationCount, &evaluationCount)
    try read(.patience, &patience)
    try read(.frozenLayers, &frozenLayers)
    try read(.ngrams, &ngrams)
    try read(.ngramBytes, &ngramBytes)
    try read(.teacherWeight, &teacherWeight)
  }

  /// Indicates whether each field is in its range.
  public var isValid: Bool {
    func isOpenFraction(_ value: Float) -> Bool { value >= 0 && value < 1 }
    return schedule.peak > 0 && schedule.peak.isFinite && schedule.warmup >= 0
      && (0...1).contains(schedule.floor) && gradientClip > 0 && gradientClip.isFinite
      && [dropout, momentum, emaDecay].allSatisfy(isOpenFraction) && beta2 < 1 && beta2.isFinite
      && weightDecay >= 0 && weightDecay.isFinite && muonLearningRateScale >= 0
      && muonLearningRateScale.isFinite && (0...0.9).contains(validationFraction)
      && evaluationCount >= 1 && patience >= 0 && 0...architecture.layers ~= frozenLayers
      && Precision.trainable.contains(precision) && ngramBytes >= 0
      && (0...1).contains(teacherWeight)
  }

  /// The configuration of the optimizer.
  public var optimizer: Optimizer.Configuration {
    var optimizer = Optimizer.Configuration()
    optimizer.kind = optimizerKind
    optimizer.beta2 = beta2
    optimizer.weightDecay = weightDecay
    optimizer.momentum = momentum
    optimizer.muonLearningRateScale = muonLearningRateScale
    return optimizer
  }
}
