public import GeulCompute
public import GeulModel
public import GeulText

/// A user's options for a run; those that are nil are chosen for the text, the time budget and the machine.
public struct TrainingOptions: Sendable {
  /// The hyperparameters that are not chosen automatically.
  public var configuration = TrainingConfiguration()
  /// The hidden size of each layer.
  public var hidden: Int?
  /// The batch size.
  public var batch: Int?
  /// The sequence length.
  public var length: Int?
  /// The peak learning rate.
  public var learningRate: Float?
  /// The dropout rate.
  public var dropout: Float?
  /// The decay rate of the exponential moving average of the parameters.
  public var emaDecay: Float?
  /// The arithmetic: bfloat16 where the processor multiplies bfloat16 pairs, else float32.
  ///
  /// At equal steps both reach the same validation loss: 1.4466 and 1.4461, 1.4406 and 1.4397 nats/char on corpora/english.txt
  /// (600 steps, seeds 1 and 2), 1.5794 and 1.5828 on Tiny Shakespeare (500 steps).
  public var precision: Precision?
  /// The n-grams beside the network; off for lists and for texts with labels or of less than 20,000 tokens.
  public var ngrams = TrainingConfiguration.NGramChoice.auto
  /// The length of the run.
  public var budget = Budget.default
  /// Trained models from whose predictions the network learns, as well as from the text: knowledge distillation.
  ///
  /// Each has the vocabulary of the text. Its n-grams are not used.
  public var teachers: [Model] = []
  /// The weight of the teachers' predictions in the targets, above 0 and up to 1; see "Distillation" in docs/experiments.md.
  public var teacherWeight = Self.defaultTeacherWeight
  /// The default weight of the teachers.
  public static let defaultTeacherWeight: Float = 0.5
  /// Indicates whether the run starts from a trained model.
  ///
  /// Then the learning rate, if it is nil, is half of that for new parameters; see "Fine-tuning" in docs/experiments.md.
  public var startsFromModel = false

  /// The defaults of `geul train`.
  public init() { configuration.seed = 1 }
}

/// The configuration of a run that fits its text, with estimates of memory and time.
public struct TrainingPlan: Sendable {
  /// The hyperparameters.
  public let configuration: TrainingConfiguration
  /// The text.
  public let corpus: Corpus
  /// The models from whose predictions the network learns.
  public let teachers: [Model]
  /// The length of the run.
  public let budget: Budget
  /// The kernels and threads.
  public let context: ComputeContext
  /// The number of processes of a data-parallel run, which have as many threads each.
  public let ranks: Int
  /// Notes for the user about values that a small text required.
  public let notes: [String]

  /// Describes a run with a given configuration.
  public init(
    _ configuration: TrainingConfiguration, corpus: Corpus, teachers: [Model] = [],
    budget: Budget, context: ComputeContext, ranks: Int = 1
  ) {
    precondition(
      (configuration.teacherWeight > 0) == !teachers.isEmpty,
      "the weight of \(teachers.count) teachers is \(configuration.teacherWeight)")
    self.teachers = teachers
    self.configuration = configuration
    self.corpus = corpus
    self.budget = budget
    self.context = context
    self.ranks = ranks
    notes = []
  }

  /// Chooses a configuration for a text.
  ///
  /// Batch size, sequence length and learning rate depend on the length of the text, the hidden size on the time budget and
  /// the speed of the machine, dropout on the number of epochs, and the average of the parameters on dropout.
  ///
  /// - Throws: `TrainingError.tooFewTokens` if the text is too short, `TrainingError.teacherVocabulary` if a teacher has another
  ///   vocabulary.
  public init(
    _ options: TrainingOptions, corpus: Corpus, context: ComputeContext, ranks: Int = 1
  ) throws(TrainingError) {
    var configuration = options.configuration
    try Self.check(options.teachers, corpus)
    configuration.teacherWeight = options.teachers.isEmpty ? 0 : options.teacherWeight
    precondition(
      options.teacherWeight > 0 && options.teacherWeight <= 1,
      "teacherWeight must be above 0 and at most 1, is \(options.teacherWeight)")
    var notes: [String] = []
    configuration.precision =
      options.precision
      ?? (context.instructionSet.multipliesBfloat16 ? .bfloat16 : .float32)
    if let hidden = options.hidden { configuration.architecture.hidden = hidden }
    if corpus.list?.items.count ?? corpus.count < 10, configuration.validationFraction > 0 {
      configuration.validationFraction = 0
      notes.append(
        "The \(corpus.list == nil ? "text" : "list") is too small to hold out a part for validation."
      )
    }
    configuration.ngrams = NGramFitting.choice(
      options.ngrams, for: corpus, configuration)
    if options.ngrams == .on, configuration.ngrams == .off {
      notes.append(
        "The network is trained alone: n-grams are for texts of at least \(NGramFitting.minimumTokens) training tokens that are neither lists nor labeled, and need \(NGramFitting.minimumBytes(vocabulary: corpus.vocabulary.count)) bytes."
      )
    }
    let count = TrainingLoop.trainingTokenCount(of: corpus, configuration)
    guard count >= 3 else { throw .tooFewTokens(count: count) }
    (configuration.batch, configuration.length) = SequenceBatcher.fit(
      tokenCount: count, batch: options.batch, length: options.length)
    let defaults = TrainingConfiguration()
    let requested = (options.batch ?? defaults.batch, options.length ?? defaults.length)
    if (configuration.batch, configuration.length) != requested {
      notes.append(
        "The \(corpus.list == nil ? "text" : "list") is small: using a batch of \(configuration.batch) sequence\(configuration.batch == 1 ? "" : "s")"
          + " of \(configuration.length) token\(configuration.length == 1 ? "" : "s").")
    }
    configuration.schedule.peak =
      options.learningRate
      ?? LearningRateSchedule.peak(batch: configuration.batch) * (options.startsFromModel ? 0.5 : 1)
    Self.choose(&configuration, options, corpus, tokenCount: count, context, ranks: ranks)
    configuration.emaDecay =
      options.emaDecay ?? ConfigurationAdvisor.emaDecay(dropout: configuration.dropout)
    notes += Self.validationNotes(options.teachers, corpus, configuration)
    self.configuration = configuration
    self.corpus = corpus
    teachers = options.teachers.map { model in
      var network = model
      network.ngrams = nil
      return network
    }
    budget = options.budget
    self.context = context
    self.ranks = ranks
    self.notes = notes
  }

  /// Checks that each teacher has the vocabulary of the text.
  private static func check(_ teachers: [Model], _ corpus: Corpus) throws(TrainingError) {
    for (index, teacher) in teachers.enumerated() {
      let metadata = teacher.metadata
      guard metadata.vocabulary == corpus.vocabulary, metadata.tokenizer == corpus.tokenizer else {
        throw .teacherVocabulary(index: index)
      }
    }
  }

  /// Returns a note for each teacher for which another part of the text was held out, or another text.
  private static func validationNotes(
    _ teachers: [Model], _ corpus: Corpus, _ configuration: TrainingConfiguration
  ) -> [String] {
    teachers.enumerated().compactMap { index, teacher in
      let metadata = teacher.metadata
      let heldOutSame =
        metadata.training?.corpusHash == corpus.hash
        && metadata.training?.validationFraction == configuration.validationFraction
        && metadata.list?.seed == corpus.list?.seed
      return heldOutSame
        ? nil
        : "Teacher \(index + 1) may have been trained on the validation text, because its run did not hold out the same part: the validation loss may be too low."
    }
  }

  /// Chooses the hidden size and dropout.
  private static func choose(
    _ configuration: inout TrainingConfiguration, _ options: TrainingOptions, _ corpus: Corpus,
    tokenCount: Int, _ context: ComputeContext, ranks: Int
  ) {
    if let dropout = options.dropout, options.hidden != nil {
      configuration.dropout = dropout
      return  // without measuring the machine
    }
    var rate = 0.0
    if options.budget.seconds != nil {
      // The throughput that training reaches, as a fraction of the peak.
      rate =
        context.peakMultiplyAddsPerSecond(configuration.precision, quantile: 0.2)
        * (configuration.precision == .float32 ? 0.65 : 0.5) * Double(ranks)
    }
    let advisor = ConfigurationAdvisor(
      vocabulary: corpus.vocabulary.count, tokenCount: tokenCount,
      teacherMultiplyAdds: options.teachers.reduce(0) { $0 + $1.network.multiplyAdds },
      seconds: options.budget.seconds ?? 0, multiplyAddsPerSecond: rate)
    if options.budget.seconds != nil, options.hidden == nil {
      configuration.architecture.hidden = advisor.hidden(
        configuration.architecture,
        smallest: corpus.list == nil
          ? ConfigurationAdvisor.smallest : ConfigurationAdvisor.smallestForList)
    }
    let stepsPerEpoch = max(1, tokenCount / (configuration.batch * configuration.length))
    let limit =
      options.budget.limit(perEpoch: stepsPerEpoch).map { Double($0) / Double(stepsPerEpoch) }
      ?? .infinity
    let epochs =
      options.budget.seconds.map { _ in advisor.epochs(configuration.architecture) } ?? limit
    configuration.dropout =
      options.dropout ?? advisor.dropout(configuration.architecture, epochs: min(limit, epochs))
  }

  /// The network that will be trained.
  public var network: Network {
    Network(configuration.architecture, vocabulary: corpus.vocabulary.count)
  }

  /// The number of tokens for training.
  public var trainingTokenCount: Int {
    TrainingLoop.trainingTokenCount(of: corpus, configuration)
  }

  /// The estimated memory of a process at the peak.
  public var memory: MemoryEstimate {
    MemoryEstimate(
      configuration, vocabulary: corpus.vocabulary.count, tokenCount: corpus.count,
      teachers: teachers.map(\.metadata.architecture), threads: context.pool.count, ranks: ranks)
  }

  /// Checks that the estimated memory is available.
  ///
  /// - Throws: `TrainingError.memory` if it is not.
  public func checkMemory() throws(TrainingError) {
    let (memory, available) = (memory, MachineMemory.limit)
    guard memory.total > available else { return }
    var remedies = ["a smaller --hidden", "fewer --layers"]
    if memory.window + memory.temporary > memory.parameters {
      remedies = ["a smaller --batch or --length"] + remedies
    }
    if !teachers.isEmpty { remedies.append("fewer or smaller models for --teacher") }
    if memory.ngrams > memory.parameters + memory.window + memory.temporary {
      remedies = ["--ngrams off"]
    }
    if isMostlyVocabulary { remedies = ["--min-count 2 or another --unit"] + remedies }
    throw .memory(
      parameters: network.layout.parameterCount, needed: memory.total, available: available,
      remedies: remedies)
  }

  /// Indicates whether most parameters belong to the embedding table and the output projection of a large vocabulary.
  public var isMostlyVocabulary: Bool {
    let count = network.layers[0].input.parameterCount + network.outputProjection.parameterCount
    return corpus.vocabulary.count > 5000 && 2 * count > network.layout.parameterCount
  }

  /// Estimates of a run's time from some training steps.
  public struct Estimate: Sendable {
    /// The training speed, in tokens/s.
    public let tokensPerSecond: Double
    /// The duration of an epoch, in seconds.
    public let secondsPerEpoch: Double
    /// The number of steps of the run.
    public let steps: Int
    /// The number of epochs of the run.
    public let epochs: Double
    /// The duration of the run, in seconds.
    public let seconds: Double
  }

  /// Trains for a number of seconds to estimate the time of the run; nothing is saved.
  ///
  /// - Parameters:
  ///   - seconds: The time to train.
  ///   - group: The processes of a data-parallel run, which this process leads and which have read the text.
  /// - Returns: The estimates.
  /// - Throws: `TrainingError` if a rank cannot take part.
  public func estimate(
    seconds: Double = 2, group: ProcessGroup = ProcessGroup()
  ) throws(TrainingError) -> Estimate {
    let texts = try group.start(configuration, TrainingTexts(corpus, validation: nil))
    let corpus = NGramFitting.networkText(of: texts.corpus, configuration)
    var trainer = Trainer(
      configuration, vocabulary: corpus.vocabulary.count, tokenCount: trainingTokenCount,
      teachers: teachers, context: context, communicator: group.communicator)
    defer { trainer.finish() }
    _ = trainer.step(corpus, of: nil)  // the first step touches all memory for the first time
    let step = times(for: seconds) { _ = trainer.step(corpus, of: nil) }.median
    let stepsPerEpoch = trainer.batcher.count
    let limit = budget.limit(perEpoch: stepsPerEpoch) ?? .max
    // Evaluations and checkpoints take about a tenth of the time.
    let steps = max(1, min(limit, budget.seconds.map { Int($0 * 0.9 / step) } ?? limit))
    return Estimate(
      tokensPerSecond: Double(configuration.batch * configuration.length) / step,
      secondsPerEpoch: step * Double(stepsPerEpoch), steps: steps,
      epochs: Double(steps) / Double(stepsPerEpoch), seconds: step * Double(steps))
  }
}
