internal import GeulModel
internal import GeulNGrams
internal import GeulText

/// A sequence that is being generated: its request, sampler, decoder and position.
struct GeneratedSequence: Sendable {
  /// The identifier, which the engine sets when it admits the sequence.
  var id = GenerationEngine.SequenceID(value: -1)
  /// The token that the next step reads.
  private(set) var lastToken: Int
  /// The text that the last step completed.
  private(set) var piece = ""
  /// The scores of the generated tokens whose text is in `piece`.
  private(set) var scores: [TokenScore] = []
  /// The scores of the prompt's tokens, until the first step; nil if they were not requested.
  var promptScores: [TokenScore]?
  /// The number of tokens of the prompt whose state was cached.
  var cachedTokenCount = 0
  private(set) var ending: GenerationEngine.Ending?
  /// The number of generated tokens.
  private(set) var count = 0
  let keepsState: Bool
  let alternatives: Int?
  /// The id of the line feed, and that of the label's token that the network reads instead; nil without a label.
  private let label: (lineFeedID: Int, id: Int)?
  private let length: Int
  /// The number of tokens before the generated ones.
  private let promptCount: Int
  private var window: PenaltyWindow
  /// The state of Mirostat; nil without it.
  private var mirostat: MirostatState?
  /// The last tokens, the oldest first; empty unless `keepsState`.
  private var recentTokens: [Int32]
  /// The maximum number of tokens in `recentTokens`.
  private let recentTokenLimit: Int
  private let draws: RandomDraws
  private var decoder: StreamDecoder
  private var stops: StopStrings
  private var sampler: Sampler
  /// The n-grams that are mixed with the network, after the last token; nil for a network alone.
  private var predictor: NGramMixture.Predictor?
  /// The state of the constraint; nil without one.
  private var constraint: ConstraintState?
  /// The scores of tokens whose text is held back, and the numbers of decoded and of shown code points.
  private var heldScores: [TokenScore] = []
  private var decodedCount = 0
  private var shownCount = 0

  /// Creates a sequence; `lastToken` is the token that the first step reads, and `predictor` has read all tokens.
  init(
    _ request: SequenceRequest, lastToken: Int, lineFeedID: Int?, decoder: StreamDecoder,
    stops: StopStrings, sampler: Sampler, predictor: NGramMixture.Predictor?
  ) {
    self.predictor = predictor
    self.lastToken = lastToken
    label = request.label.flatMap { id in lineFeedID.map { ($0, id) } }
    keepsState = request.keepsState
    alternatives = request.alternatives
    promptScores = request.scoresPrompt && !request.prompt.isEmpty ? [] : nil
    self.decoder = decoder
    self.stops = stops
    self.sampler = sampler
    length = request.length
    window = PenaltyWindow(capacity: request.sampling.windowCapacity)
    let earlier = request.session?.recentTokens ?? []
    for id in earlier.map(Int.init) + request.prompt { window.append(id) }
    recentTokenLimit = SequenceState.recentTokenLimit(request.sampling)
    recentTokens =
      keepsState ? (earlier + request.prompt.map(Int32.init)).suffix(recentTokenLimit) : []
    mirostat =
      request.sampling.mirostat == 0
      ? nil : request.session?.mirostat ?? MirostatState(request.sampling)
    promptCount = (request.session?.tokenCount ?? 0) + request.prompt.count
    draws = RandomDraws(seed: request.seed, sample: UInt64(request.sampleIndex))
    constraint = request.constraint.map {
      ConstraintState($0, remaining: request.length, sampler: sampler)
    }
  }

  /// Indicates whether fewer tokens than requested were generated, and the constraint permits another one.
  var needsToken: Bool { count < length && constraint?.status ?? .open == .open }

  /// The reason why the sequence ends if it needs no token.
  var reasonWithoutToken: GenerationEngine.Ending {
    switch constraint?.status ?? .open {
    case .complete: .pattern
    case .blocked where count < length: .noCandidates
    case .open, .cut, .blocked: .length
    }
  }

  /// Samples the next token and decodes it; ends the sequence at the requested length, at a stop string, or where its
  /// constraint ends it.
  mutating func advance(_ networkLogits: [Float]) {
    (piece, scores) = ("", [])
    var logits = networkLogits
    predictor?.mix(&logits)
    let drawn = sample(logits)
    let accepted =
      constraint == nil ? drawn : constraint?.advance(drawn, remaining: length - count)
    lastToken = accepted ?? drawn
    window.append(lastToken)
    predictor?.read(Int32(lastToken))
    count += 1
    if keepsState { appendRecentToken() }
    // Like a stop string, a token that leaves the pattern ends the text and is not shown.
    guard accepted != nil else { return finish(.pattern) }
    constraint?.update(remaining: length - count, sampler: sampler)
    let text = decoder.append(lastToken)
    if let alternatives { holdScore(logits, alternatives, text) }
    append(text)
    if let label, lastToken == label.lineFeedID { lastToken = label.id }
    if ending == nil, !needsToken { finish(reasonWithoutToken) }
  }

  private mutating func sample(_ logits: [Float]) -> Int {
    let uniform = draws[UInt64(count)]
    let offsets = constraint?.offsets
    guard var state = mirostat else {
      return sampler.sample(logits.span, after: window, uniform: uniform, adding: offsets)
    }
    defer { mirostat = state }
    return sampler.sample(
      logits.span, after: window, state: &state, uniform: uniform, adding: offsets)
  }

  /// Ends the sequence without another token.
  mutating func end(_ reason: GenerationEngine.Ending) {
    (piece, scores) = ("", [])
    finish(reason)
  }

  /// Completes the text, which may end with a stop string.
  private mutating func finish(_ reason: GenerationEngine.Ending) {
    if !keepsState {
      // An incomplete character at the end is dropped; without generated tokens it is part of the prompt and kept. A text that
      // matches a pattern is complete, also if it ends with a consonant.
      let isComplete = length == 0 || constraint?.mayEnd == true
      append(isComplete ? decoder.finish() : decoder.finishTruncated())
    }
    guard ending == nil else { return }
    let (rest, isStopped) = stops.finish()
    show(rest)
    ending = isStopped ? .stop : reason
    if !isStopped { scores += heldScores }
    heldScores = []
  }

  private mutating func append(_ text: String) {
    let (shown, isStopped) = stops.append(text)
    show(shown)
    guard isStopped else { return }
    ending = .stop
    heldScores = []
  }

  /// Adds text to the piece, and the scores of its tokens.
  private mutating func show(_ text: String) {
    piece += text
    guard alternatives != nil else { return }
    shownCount += text.unicodeScalars.count
    let held = heldScores.firstIndex { $0.offset >= shownCount } ?? heldScores.count
    scores += heldScores[..<held]
    heldScores.removeFirst(held)
  }

  private mutating func holdScore(_ logits: [Float], _ alternatives: Int, _ text: String) {
    decodedCount += text.unicodeScalars.count
    var score = TokenScore(lastToken, logits: logits, alternativeCount: alternatives)
    score.offset = decodedCount - decoder.completeScalarCount(endingWith: lastToken)
    heldScores.append(score)
  }

  private mutating func appendRecentToken() {
    recentTokens.append(Int32(lastToken))
    let excess = recentTokens.count - recentTokenLimit
    if excess > 256 { recentTokens.removeFirst(excess) }
  }

  /// Indicates whether the last step has output.
  var hasOutput: Bool { !piece.isEmpty || !scores.isEmpty || promptScores != nil }

  /// Returns the output of the last step; `state` returns the recurrent state before the last token.
  mutating func event(state: () -> RecurrentState.Row?) -> GenerationEngine.Event {
    defer { promptScores = nil }
    return GenerationEngine.Event(
      id: id, text: piece, scores: scores, promptScores: promptScores, ending: ending,
      generatedTokenCount: count, cachedTokenCount: cachedTokenCount,
      state: keepsState && ending != nil ? state().map(self.state) : nil)
  }

  /// Returns the state for a sequence that continues this one; `row` is the state before the last token.
  private func state(_ row: RecurrentState.Row) -> SequenceState {
    SequenceState(
      row: row, lastToken: lastToken,
      recentTokens: recentTokens.suffix(recentTokenLimit), mirostat: mirostat, decoder: decoder,
      tokenCount: promptCount + count)
  }
}
