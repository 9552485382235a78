public import GeulModel
internal import GeulStorage
public import GeulText

/// The persistent state of a run apart from the trainer's: configuration, position, history.
///
/// Nothing in it depends on the clock, the threads or the folder. A field that is missing in an older checkpoint takes its
/// default.
public struct RunState: Codable, Sendable, Equatable {
  /// The hyperparameters.
  public var configuration: TrainingConfiguration
  /// The source of the text and how it is read.
  public var text: TextSelection
  /// The teachers, whose models are in the folder of the run; see `TrainingOptions.teachers`.
  public var teachers: [Teacher] = []
  /// The number of steps of the run; nil until it is planned.
  public var totalSteps: Int?
  /// The position of training in the text.
  public var batcher: SequenceBatcher
  /// The number of completed steps.
  public var step = 0
  /// The factor of the scheduled learning rate.
  public var learningRateScale: Float = 1
  /// The step from which on evaluations without improvement count for early stopping.
  public var patienceStart = 0
  /// The steps between checkpoints; nil for one about every 30 seconds.
  public var saveEvery: Int?
  /// The steps after which the validation loss is evaluated.
  public var evaluationDensity = EvaluationSchedule.Density()
  /// Detects divergence.
  public var detector = DivergenceDetector()
  /// The evaluations, oldest first.
  public var history: [Evaluation] = []
  /// The sum of the training losses since the last evaluation, in nats/token.
  public var recentNats = 0.0
  /// The number of steps since the last evaluation.
  public var recentSteps = 0

  /// The state before the first step.
  public init(
    configuration: TrainingConfiguration, text: TextSelection, batcher: SequenceBatcher
  ) {
    self.configuration = configuration
    self.text = text
    self.batcher = batcher
  }

  /// A teacher.
  public struct Teacher: Codable, Sendable, Equatable {
    /// The shape of its network.
    public var architecture: Architecture
    /// The hash of its network, tokenizer and vocabulary.
    public var fingerprint: UInt64

    /// Describes a model without n-grams.
    package init(_ model: Model) {
      architecture = model.metadata.architecture
      fingerprint = model.fingerprint
    }

    fileprivate var isValid: Bool {
      1...Model.layerLimit ~= architecture.layers && 1...Model.hiddenLimit ~= architecture.hidden
    }
  }

  /// One evaluation.
  public struct Evaluation: Codable, Sendable, Equatable {
    /// The number of completed steps.
    public var step: Int
    /// The mean training loss since the evaluation before, in nats/token.
    public var trainNats: Double
    /// The validation loss, sampled, in nats/token; nil where nothing is held out.
    public var validationNats: Double?

    package init(step: Int, trainNats: Double, validationNats: Double?) {
      self.step = step
      self.trainNats = trainNats
      self.validationNats = validationNats
    }
  }

  /// The source of a text and how it is read.
  public struct TextSelection: Codable, Sendable, Equatable {
    /// Absolute paths; `-` for standard input, a pipe or a device, which cannot be read again.
    public var sources: [String]
    /// A separate validation text; nil where the end of the text is held out.
    public var validationSource: String?
    /// The hash of the separate validation text; nil if there is none, or in a run of version 0.1.
    public var validationHash: String?
    /// The encoding's name; nil to detect it.
    public var encoding: String?
    /// The treatment of bytes that the encoding does not allow.
    public var invalid: InvalidBytePolicy
    /// Tokens that occur less often are replaced by the unknown token.
    public var minimumCount: Int
    /// Indicates whether the vocabulary begins with that of another model, so that it does not follow from the text; nil for
    /// false.
    public var extendsVocabulary: Bool?
    /// The seed of the order of a list; nil for a text that is not a list.
    public var listSeed: UInt64?
    /// The rule by which the lines have labels; nil for none.
    public var labels: LabelRule?

    /// Creates a selection.
    public init(
      sources: [String], validationSource: String? = nil, encoding: String? = nil,
      invalid: InvalidBytePolicy = .error, minimumCount: Int = 1
    ) {
      self.sources = sources
      self.validationSource = validationSource
      self.encoding = encoding
      self.invalid = invalid
      self.minimumCount = minimumCount
    }
  }

  /// The names in checkpoints, which version 0.1 gave.
  private enum CodingKeys: String, CodingKey {
    case text, teachers, totalSteps, step, saveEvery, history, recentNats, recentSteps,
      evaluationDensity
    case configuration = "settings"
    case batcher = "windows"
    case learningRateScale = "rateScale"
    case patienceStart = "patientSince"
    case detector = "watch"
  }

  /// Reads a state; fields that version 0.1 did not write take their defaults.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    configuration = try values.decode(TrainingConfiguration.self, forKey: .configuration)
    text = try values.decode(TextSelection.self, forKey: .text)
    teachers = try values.decodeIfPresent([Teacher].self, forKey: .teachers) ?? []
    totalSteps = try values.decodeIfPresent(Int.self, forKey: .totalSteps)
    batcher = try values.decode(SequenceBatcher.self, forKey: .batcher)
    step = try values.decode(Int.self, forKey: .step)
    learningRateScale = try values.decode(Float.self, forKey: .learningRateScale)
    patienceStart = try values.decode(Int.self, forKey: .patienceStart)
    saveEvery = try values.decodeIfPresent(Int.self, forKey: .saveEvery)
    evaluationDensity =
      try values.decodeIfPresent(EvaluationSchedule.Density.self, forKey: .evaluationDensity)
      ?? EvaluationSchedule.Density()
    detector = try values.decode(DivergenceDetector.self, forKey: .detector)
    history = try values.decode([Evaluation].self, forKey: .history)
    recentNats = try values.decode(Double.self, forKey: .recentNats)
    recentSteps = try values.decode(Int.self, forKey: .recentSteps)
  }

  /// The evaluation with the lowest validation loss, or else the last.
  public var best: Evaluation? {
    history.filter { $0.validationNats != nil }
      .min { ($0.validationNats ?? .infinity) < ($1.validationNats ?? .infinity) } ?? history.last
  }

  /// Indicates whether the run stops early: the last `patience` evaluations brought no improvement.
  public var stopsEarly: Bool {
    guard configuration.patience > 0, let best else { return false }
    let start = max(best.step, patienceStart)
    let count = history.count { $0.step > start && $0.validationNats != nil }
    return count >= configuration.patience
  }

  /// Excludes the evaluations so far from early stopping, if the run fine-tunes a model at a high learning rate.
  ///
  /// The loss of trained parameters first rises at the high learning rate, and falls below its start when that decays.
  package mutating func postponeEarlyStopping() {
    let schedule = configuration.schedule
    let rate = schedule.rate(step: step, of: totalSteps)
    if finetunes, rate > schedule.peak / 2 { patienceStart = step }
  }

  /// Indicates whether the run starts from the parameters of a model.
  package var finetunes: Bool { text.extendsVocabulary == true }

  /// Indicates whether the fields are consistent.
  package var isValid: Bool {
    batcher.isValid(for: configuration) && configuration.isValid && step >= 0
      && (configuration.teacherWeight > 0) == !teachers.isEmpty && teachers.allSatisfy(\.isValid)
      && (totalSteps ?? 1) >= 1 && learningRateScale > 0 && learningRateScale <= 1
      && recentSteps >= 0 && patienceStart >= 0 && recentNats.isFinite && (saveEvery ?? 1) >= 1
      && evaluationDensity.isValid && detector.isValid
      && history.allSatisfy { (0...step).contains($0.step) }
  }
}

extension RunState.TextSelection {
  /// Returns the form in which a run records the path of a text: absolute; `-` for standard input, and for a pipe or a
  /// device, which another process cannot read again.
  public static func recorded(_ path: String) -> String {
    guard path != "-", let absolute = try? FileSystem.absolute(path) else { return path }
    let isDescriptor = ["/dev/", "/proc/"].contains { absolute.utf8.starts(with: $0.utf8) }
    return isDescriptor || !FileSystem.isRereadable(absolute) ? "-" : absolute
  }
}
