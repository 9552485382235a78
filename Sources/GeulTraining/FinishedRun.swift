internal import GeulCompute
internal import GeulModel
internal import GeulStorage
public import GeulText

/// A run whose training is complete, after its last step or by early stopping, and whose best model remains to be
/// evaluated.
public struct FinishedRun: Sendable {
  /// The state of the run.
  public let state: RunState
  /// The folder of the run.
  public let folder: RunFolder

  let corpus: Corpus
  let validation: (corpus: Corpus, range: Range<Int>)?
  let context: ComputeContext

  init(
    state: RunState, folder: RunFolder, corpus: Corpus,
    validation: (corpus: Corpus, range: Range<Int>)?, context: ComputeContext
  ) {
    self.state = state
    self.folder = folder
    self.corpus = corpus
    self.validation = validation
    self.context = context
  }

  /// The maximum number of tokens that are evaluated in sequence, which takes half a minute for a network of 2x256.
  private static let exactLimit = 1_000_000

  /// Indicates whether all of a validation range is evaluated, not a sample of it.
  static func isEvaluatedExactly(_ range: Range<Int>) -> Bool { range.count <= exactLimit }

  /// The validation loss of the best model.
  public struct FinalLoss: Sendable, Equatable {
    /// The loss, from a zero state.
    public let loss: Evaluator.Loss
    /// The loss in bits/byte.
    public let bitsPerByte: Double
    /// Indicates whether all tokens were evaluated in sequence; if not, a sample of them was.
    public let isExact: Bool
    /// The loss of the network alone, in nats/token; nil if the model has no n-grams.
    public let networkNats: Double?
  }

  /// Fits n-grams to the best model, evaluates it, and writes the n-grams and the validation loss into its file.
  ///
  /// - Parameter shouldStop: Called every 256 tokens; if it returns true, the saved files are not changed.
  /// - Returns: The validation loss; nil where nothing was held out.
  /// - Throws: `RunError.stopped` if `shouldStop` returned true.
  public func evaluate(unless shouldStop: () -> Bool = { false }) throws(RunError) -> FinalLoss? {
    guard validation != nil || state.configuration.ngrams != .off else { return nil }
    var model: Model
    do throws(FormatError) { model = try Model(contentsOf: folder.best.path) } catch {
      throw .format(error)
    }
    // A run that is continued after its end may find no better network.
    model.ngrams = nil
    model.ngrams = try NGramFitting.mixture(
      model, corpus, state.configuration, context: context, unless: shouldStop)
    guard let validation else {
      try model.safetensors.save(to: folder.best, keepingPrevious: false)
      return nil
    }
    let isExact = Self.isEvaluatedExactly(validation.range)
    let loss = try self.loss(of: model, validation, isExact, unless: shouldStop)
    let bytes = validation.corpus.byteCount(ofTokensIn: validation.range.dropFirst())
    let tokensPerByte = Double(validation.range.count - 1) / Double(max(1, bytes))
    let bitsPerByte =
      isExact
      ? loss.nats / Evaluator.natsPerBit / Double(max(1, bytes)) : loss.bitsPerToken * tokensPerByte
    model.metadata.training?.validationNats = loss.natsPerToken
    model.metadata.training?.validationBitsPerByte = bitsPerByte
    try model.safetensors.save(to: folder.best, keepingPrevious: false)
    return FinalLoss(
      loss: loss, bitsPerByte: bitsPerByte, isExact: isExact,
      networkNats: model.ngrams == nil ? nil : loss.networkNats / Double(loss.tokens))
  }

  private func loss(
    of model: Model, _ validation: (corpus: Corpus, range: Range<Int>), _ isExact: Bool,
    unless shouldStop: () -> Bool
  ) throws(RunError) -> Evaluator.Loss {
    let evaluator = Evaluator(model, context: context)
    guard
      let loss = isExact
        ? evaluator.loss(validation.corpus, validation.range, unless: shouldStop)
        : evaluator.sampledLoss(validation.corpus, validation.range, limit: Self.exactLimit)
    else { throw .stopped }
    return loss
  }

  /// Returns the loss of an n-gram model of the training text on the validation text, or on a sample of it, in nats/token;
  /// nil where nothing was held out.
  public func ngramBaseline(order: Int) -> Double? {
    guard let validation else { return nil }
    let count = corpus.split(withoutLast: state.configuration.validationFraction).training.count
    return Self.ngramBaseline(
      order: order, corpus, trainingTokens: count, validation: validation.corpus,
      in: validation.range)
  }

  /// Returns the loss of an n-gram model of the first `trainingTokens` tokens of a text on a range of another.
  public static func ngramBaseline(
    order: Int, _ corpus: Corpus, trainingTokens: Int, validation: Corpus, in range: Range<Int>
  ) -> Double? {
    let loss = KneserNey(corpus, 0..<trainingTokens, order: order)
      .loss(validation, range.prefix(exactLimit))
    return loss.tokens > 0 ? loss.natsPerToken : nil
  }
}
