public import GeulCompute
public import GeulModel
internal import GeulNGrams
internal import GeulText

/// A sequence that an engine can admit: a request with its sampler, its decoder and its stop strings.
public struct PreparedSequence: Sendable {
  let pending: PendingSequence
}

/// The part of admitting a sequence that needs no engine, so that any thread can do it.
public struct SequencePreparer: Sendable {
  private let metadata: Model.Metadata
  private let kernels: Kernels
  /// The decoder that each sequence starts with.
  private let decoder: StreamDecoder
  private let banned: Set<Int>
  /// The n-grams, at the beginning of a text; nil for a network alone.
  private let predictor: NGramMixture.Predictor?

  /// Creates a preparer of sequences of a model.
  public init(_ model: Model, kernels: Kernels) {
    metadata = model.metadata
    self.kernels = kernels
    predictor = model.ngrams?.makePredictor(kernels: kernels)
    decoder = StreamDecoder(tokenizer: metadata.tokenizer, vocabulary: metadata.vocabulary)
    let labels = metadata.vocabulary.labels.map { Array($0.ids) } ?? []
    banned = Set((metadata.vocabulary.unknownID.map { [$0] } ?? []) + labels)
  }

  /// Prepares a sequence.
  ///
  /// - Throws: `SamplingError` if an option is out of its range, or no text of the requested length satisfies the constraint.
  public func prepare(_ request: SequenceRequest) throws(SamplingError) -> PreparedSequence {
    let sampler = try Sampler(
      request.sampling, vocabularySize: metadata.vocabulary.count, banned: banned,
      kernels: kernels)
    if let minimum = request.constraint?.minimumLength, request.length < minimum {
      throw .lengthTooSmall(length: request.length, minimum: minimum)
    }
    let session = request.session
    let isEmpty = request.prompt.isEmpty && session == nil
    // The tokens to read, the last of them by the first step.
    var tokens = session.map { [Int32($0.lastToken)] } ?? []
    tokens += isEmpty ? [Int32(metadata.vocabulary.lineBreakID)] : request.prompt.map(Int32.init)
    if let label = request.label.map(Int32.init), let labels = metadata.vocabulary.labels {
      // The prompt may begin within a line.
      if session == nil, tokens.first.map(labels.target) != Int32(labels.lineFeedID) {
        tokens.insert(label, at: 0)
      }
      tokens = tokens.map { $0 == Int32(labels.lineFeedID) ? label : $0 }
    }
    var predictor = predictor
    // The recent tokens of a session end with the first of `tokens`.
    let recent = session?.recentTokens.dropLast() ?? []
    for id in recent.suffix(NGramModel.maximumOrder) { predictor?.read(id) }
    let start = predictor
    for id in tokens.suffix(NGramModel.maximumOrder) { predictor?.read(id) }
    let lastToken = Int(tokens.removeLast())
    // The first generated tokens may complete a Hangul syllable at the end of the prompt.
    var decoder = session?.decoder ?? decoder
    var (scoredTokens, count): ([(id: Int, offset: Int)], Int) = ([], 0)
    for id in request.prompt {
      count += decoder.append(id).unicodeScalars.count
      if request.scoresPrompt {
        scoredTokens.append((id, count - decoder.completeScalarCount(endingWith: id)))
      }
    }
    // A constraint applies to whole characters after the prompt, which the text does not begin with.
    if request.constraint != nil, session == nil { _ = decoder.finish() }
    let sequence = GeneratedSequence(
      request, lastToken: lastToken, lineFeedID: metadata.vocabulary.labels?.lineFeedID,
      decoder: decoder,
      stops: StopStrings(request.stops, of: metadata), sampler: sampler, predictor: predictor)
    return PreparedSequence(
      pending: PendingSequence(
        sequence, prompt: tokens, after: session?.row, scoredTokens: scoredTokens,
        predictor: request.scoresPrompt ? start : nil))
  }
}

extension Vocabulary {
  /// The token that an empty prompt stands for: a line break if the vocabulary has one, else the most frequent token.
  var lineBreakID: Int { id(of: "\n") ?? id(of: "\r\n") ?? (unknownID == 0 ? 1 : 0) }
}
