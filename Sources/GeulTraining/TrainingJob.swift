internal import GeulCompute
internal import GeulModel
internal import GeulNGrams
internal import GeulText

/// The texts of a run.
struct TrainingTexts {
  let corpus: Corpus
  /// A separate validation text; nil to hold out the end of the training text.
  let validation: Corpus?

  init(_ corpus: Corpus, validation: Corpus?) {
    (self.corpus, self.validation) = (corpus, validation)
  }
}

/// What rank 0 tells the other ranks so that they train with it.
struct TrainingJob: Codable, Sendable {
  let configuration: TrainingConfiguration
  /// Indicates whether the ranks have read a separate validation text.
  let hasValidationText: Bool

  init(_ configuration: TrainingConfiguration, _ texts: TrainingTexts) {
    self.configuration = configuration
    hasValidationText = texts.validation != nil
  }

  private var subBatches: SubBatches {
    SubBatches(batch: configuration.batch, length: configuration.length)
  }

  /// Checks that each rank has a sub-batch.
  ///
  /// - Throws: `TrainingError.tooManyRanks`.
  func checkRanks(_ count: Int) throws(TrainingError) {
    guard count <= subBatches.count else {
      throw .tooManyRanks(
        count, batch: configuration.batch, length: configuration.length, limit: subBatches.count)
    }
  }

  /// Exchanges tokens, so that each rank has those that it trains on and evaluates.
  func share(
    _ texts: TrainingTexts, in group: ProcessGroup
  ) throws(TrainingError) -> TrainingTexts {
    let (corpus, validation) = (texts.corpus, texts.validation)
    let ranks = 0..<group.count
    let shared = try exchange(
      corpus, ranks.map { ranges(of: texts, rank: $0, in: group) }, in: group)
    guard let validation else { return TrainingTexts(shared, validation: nil) }
    let range = 0..<validation.count
    return TrainingTexts(
      shared,
      validation: try exchange(
        validation, ranks.map { validationRanges(range, validation, rank: $0, in: group) },
        in: group))
  }

  /// The tokens of the training text that a rank needs.
  private func ranges(
    of texts: TrainingTexts, rank: Int, in group: ProcessGroup
  ) -> [Range<Int>] {
    let count = TrainingLoop.trainingTokenCount(of: texts.corpus, configuration)
    let rows = GradientReducer.rows(of: subBatches, rank: rank, ranks: group.count)
    var ranges = NGramFitting.ranges(
      of: SequenceBatcher.tokens(
        ofRows: rows, tokenCount: count, batch: configuration.batch, length: configuration.length),
      in: texts.corpus, configuration)
    if texts.validation == nil,
      let heldOut = TrainingLoop.validation(texts.corpus, nil, configuration)
    {
      ranges += validationRanges(heldOut.range, texts.corpus, rank: rank, in: group)
    }
    // Rank 0 counts n-grams and fits the weights of the mixture.
    if rank == 0 {
      let training = texts.corpus.split(withoutLast: configuration.validationFraction).training
      ranges.append(training.suffix(NGramModel.maximumTokens))
      ranges += NGramFitting.mixtureRanges(of: texts.corpus, configuration)
    }
    return ranges
  }

  /// The tokens of a validation range that a rank needs: rank 0, which evaluates the best model alone, all of them.
  private func validationRanges(
    _ range: Range<Int>, _ corpus: Corpus, rank: Int, in group: ProcessGroup
  ) -> [Range<Int>] {
    // The two tokens before a jamo determine its number of bytes.
    guard rank > 0 else { return [max(0, range.lowerBound - 2)..<range.upperBound] }
    let sequences = Evaluator.SampledSequences(
      range, limit: TrainingLoop.evaluatedTokens, vocabulary: corpus.vocabulary.count)
    return sequences.map { [$0.tokens(ofRows: $0.rows(rank: rank, of: group.count))] } ?? []
  }

  private func exchange(
    _ corpus: Corpus, _ needs: [[Range<Int>]], in group: ProcessGroup
  ) throws(TrainingError) -> Corpus {
    let exchange = TokenExchange(corpus, needs: needs, group.communicator)
    return try group.onAllRanks { () throws(TextError) in try exchange.run() }
  }

  /// Trains until rank 0 ends the run: the part of the other ranks.
  func follow(
    _ texts: TrainingTexts, _ context: ComputeContext, _ communicator: any Communicator
  ) {
    var trainer = Trainer(
      configuration, vocabulary: texts.corpus.vocabulary.count,
      tokenCount: TrainingLoop.trainingTokenCount(of: texts.corpus, configuration),
      context: context, communicator: communicator)
    trainer.follow(
      NGramFitting.networkText(of: texts.corpus, configuration),
      validation: TrainingLoop.validation(texts.corpus, texts.validation, configuration))
  }
}
