public import GeulCompute

/// A sampler of the next token: a chain of filters over the logits, followed by a random draw.
///
/// The filters run in the order of llama.cpp's default chain: banned tokens, logit bias, offsets, penalties, DRY penalty, `topNSigma`,
/// `topK`, `typicalP`, `topP`, `minP`, temperature. `docs/sampling.md` has their formulas, papers and measured effects.
///
/// The penalties change the biased logit of each recent token, which occurs `count` times among the last `repeatLastN`:
///
///     logit = logit > 0 ? logit / repeatPenalty : logit * repeatPenalty
///     logit -= count * frequencyPenalty + presencePenalty
///
/// The DRY penalty is then subtracted from the logit of each token that would extend a repetition of n tokens:
///
///     logit -= dryMultiplier * dryBase^(n - dryAllowedLength)   if n >= dryAllowedLength
///
/// Greedy decoding takes the most likely token after the bias and the penalties. The filters see the probabilities at
/// temperature 1, so a high temperature does not readmit tokens that they removed. Each filter keeps at least one token;
/// only `typicalP` can remove the most likely one. Ties are broken by the smaller id.
///
/// With `mirostat`, the temperature is applied first and Mirostat replaces the filters: it removes all tokens but the most
/// likely whose surprisal, in bits, exceeds `MirostatState.mu`, and adapts mu to the surprisal of the sampled token among those
/// that are left. The paper takes the surprisal before the removal; but where even the most likely token has a larger one than
/// the target, mu then falls without limit, and the text ends in a loop.
///
/// With `dynatempRange`, the temperature depends on the entropy of the remaining n candidates at temperature 1:
///
///     minimum = max(0, temperature - range), maximum = temperature + range
///     temperature = minimum + (maximum - minimum) * (entropy / ln n)^exponent
///
/// The draw inverts the cumulative distribution: it returns the first candidate, in the order of the
/// ids, whose cumulative probability exceeds a uniform random number. All sums are computed in
/// float64 and in a fixed order, so the result is a function of the logits, the options, the window,
/// the state of Mirostat and the random number alone, on every machine.
///
/// ```swift
/// var sampler = try Sampler(options, vocabularySize: 65)
/// var window = PenaltyWindow(capacity: options.windowCapacity)
/// let draws = RandomDraws(seed: 1, sample: 0)
/// let id = sampler.sample(logits.span, after: window, uniform: draws[0])
/// window.append(id)
/// ```
///
/// A sampler can serve several sequences in turn; it keeps only scratch buffers between calls. Each sequence has its own
/// window and, with `mirostat`, its own `MirostatState`.
public struct Sampler: Sendable {
  /// The options of the filters.
  public let options: SamplingOptions
  /// The number of tokens in the vocabulary, including banned ones.
  public let vocabularySize: Int

  let kernels: Kernels
  /// The biases that do not ban their token, by ascending id.
  private let biases: [(id: Int, bias: Double)]
  /// The ids of the tokens that are not banned, ascending.
  private let allowed: [Int32]
  /// The ids of the tokens that passed the filters so far, ascending.
  var candidates: [Int32]
  /// The logits of the candidates, in the order of `candidates`; the rest is unspecified.
  var candidateLogits: [Float]
  /// The unnormalized probabilities of the candidates, in the order of `candidates`; the best
  /// candidate has 1.
  var weights: [Double]
  /// The logits after the bias and the penalties, by id, `[vocabulary]`.
  var logits: [Float]
  /// The number of occurrences of each token in the window, `[vocabulary]`; 0 between calls.
  var counts: [Int32]
  var heap: CandidateHeap
  /// The typicality of the candidates, in the order of `candidates`; the rest is unspecified.
  ///
  /// Empty without `typicalP`.
  var typicalities: [Double]
  private var repetitionPenalty: RepetitionPenalty

  /// Creates a sampler for logits of `vocabularySize` tokens.
  ///
  /// - Parameters:
  ///   - options: The options of the filters.
  ///   - vocabularySize: The number of tokens in the vocabulary.
  ///   - banned: The ids of tokens that are never returned, such as the unknown token.
  ///   - kernels: The kernels that compute the softmax; the result does not depend on them.
  /// - Throws: `SamplingError` if an option is out of range, a token of the logit bias is not in the
  ///   vocabulary, or every token is banned.
  public init(
    _ options: SamplingOptions, vocabularySize: Int, banned: Set<Int> = [],
    kernels: Kernels = Kernels(.portable)
  ) throws(SamplingError) {
    try options.validate()
    self.options = options
    self.vocabularySize = vocabularySize
    self.kernels = kernels
    let ids = options.logitBias.keys.sorted()
    if let id = ids.first(where: { !(0..<vocabularySize).contains($0) }) {
      throw .unknownToken(id: id, vocabularySize: vocabularySize)
    }
    biases = ids.filter { !options.bans($0) }.map { ($0, options.logitBias[$0] ?? 0) }
    allowed = (0..<Int32(vocabularySize)).filter {
      !banned.contains(Int($0)) && !options.bans(Int($0))
    }
    guard !allowed.isEmpty else { throw .noCandidates }
    candidates = allowed
    candidateLogits = [Float](repeating: 0, count: allowed.count)
    weights = [Double](repeating: 0, count: allowed.count)
    logits = [Float](repeating: 0, count: vocabularySize)
    counts = [Int32](repeating: 0, count: vocabularySize)
    heap = CandidateHeap(capacity: allowed.count)
    typicalities = [Double](repeating: 0, count: options.typicalP < 1 ? allowed.count : 0)
    repetitionPenalty = RepetitionPenalty(options, vocabularySize: vocabularySize)
  }

  /// Returns the id of a random token.
  ///
  /// - Parameters:
  ///   - logits: The output of the network, `[vocabulary]`. NaN counts as minus infinity.
  ///   - window: The most recent tokens of the sequence.
  ///   - uniform: A uniform random number in [0, 1).
  ///   - offsets: The numbers that are added to the logits after the bias, by id, `[vocabulary]`; minus infinity removes a
  ///     token. Nil for none.
  /// - Returns: The id of the token. With `mirostat`, that of the first token of a sequence.
  /// - Precondition: There are `vocabularySize` logits, and the offsets leave a token that is not banned.
  public mutating func sample(
    _ logits: Span<Float>, after window: PenaltyWindow, uniform: Double,
    adding offsets: [Float]? = nil
  ) -> Int {
    var state = MirostatState(options)
    return sample(logits, after: window, state: &state, uniform: uniform, adding: offsets)
  }

  /// Returns the id of a random token, and adapts the state of Mirostat to it.
  ///
  /// - Parameters:
  ///   - logits: The output of the network, `[vocabulary]`. NaN counts as minus infinity.
  ///   - window: The most recent tokens of the sequence.
  ///   - state: The state of Mirostat in the sequence; not used without `mirostat`, or by greedy decoding.
  ///   - uniform: A uniform random number in [0, 1).
  ///   - offsets: The numbers that are added to the logits after the bias, by id, `[vocabulary]`; minus infinity removes a
  ///     token. Nil for none.
  /// - Returns: The id of the token.
  /// - Precondition: There are `vocabularySize` logits, and the offsets leave a token that is not banned.
  /// - Complexity: O(v); O(v + m log v) if top-k, typical-p or top-p keeps m tokens. The penalties take O(n) for a window of n
  ///   tokens. Allocates nothing once the window is full.
  public mutating func sample(
    _ logits: Span<Float>, after window: PenaltyWindow, state: inout MirostatState,
    uniform: Double, adding offsets: [Float]? = nil
  ) -> Int {
    precondition(uniform >= 0 && uniform < 1, "\(uniform) is not in [0, 1)")
    let result = applyFilters(logits, window, state, offsets)
    let threshold = uniform * result.total
    var sum = 0.0
    var chosen = 0
    // Skipping zero weights matters for a threshold of 0, and at the end if the sum rounds down.
    for index in candidates.indices where weights[index] > 0 {
      chosen = index
      sum += weights[index]
      if sum > threshold { break }
    }
    let id = Int(candidates[chosen])
    if let softmax = result.mirostat { state.observe(softmax.surprisal(self.logits[id]), options) }
    return id
  }

  /// Returns the probability with which `sample` returns each token, by id, `[vocabulary]`.
  ///
  /// - Parameters:
  ///   - logits: The output of the network, `[vocabulary]`. NaN counts as minus infinity.
  ///   - window: The most recent tokens of the sequence.
  ///   - state: The state of Mirostat in the sequence; nil for that before the first token.
  ///   - offsets: The numbers that are added to the logits after the bias, by id, `[vocabulary]`; minus infinity removes a
  ///     token. Nil for none.
  /// - Returns: Probabilities that sum to 1; 0 for tokens that were filtered out.
  /// - Precondition: There are `vocabularySize` logits, and the offsets leave a token that is not banned.
  public mutating func distribution(
    _ logits: Span<Float>, after window: PenaltyWindow, state: MirostatState? = nil,
    adding offsets: [Float]? = nil
  ) -> [Double] {
    let total = applyFilters(logits, window, state ?? MirostatState(options), offsets).total
    var probabilities = [Double](repeating: 0, count: vocabularySize)
    for (id, weight) in zip(candidates, weights) { probabilities[Int(id)] = weight / total }
    return probabilities
  }

  /// Returns true if offsets, `[vocabulary]`, leave a token that is not banned.
  func hasCandidate(in offsets: [Float]) -> Bool {
    allowed.contains { offsets[Int($0)] > -.infinity }
  }

  /// Applies all filters, leaves the remaining candidates and their weights, and returns the sum of
  /// the weights; with Mirostat, also the softmax over these candidates.
  private mutating func applyFilters(
    _ input: Span<Float>, _ window: PenaltyWindow, _ state: MirostatState, _ offsets: [Float]?
  ) -> (total: Double, mirostat: LogSoftmax?) {
    precondition(
      input.count == vocabularySize, "\(input.count) logits for \(vocabularySize) tokens")
    Self.sanitize(input, &logits)
    applyBias()
    if let offsets { apply(offsets) }
    applyPenalties(window)
    if options.penalizesRepetitions { repetitionPenalty.apply(window, &logits) }
    candidates.removeAll(keepingCapacity: true)
    candidates.append(contentsOf: allowed)
    if let offsets {
      candidates.removeAll { offsets[Int($0)] == -.infinity }
      precondition(!candidates.isEmpty, "the offsets leave no token")
    }
    var best = bestCandidate()
    guard options.temperature > 0, logits[Int(best)] > -.infinity else {
      return (keepOnly(best), nil)
    }
    if options.mirostat == 0 {
      if options.topNSigma > 0 { applyTopNSigma(best) }
      if options.topK > 0, options.topK < candidates.count { applyTopK() }
      if options.typicalP < 1 {
        applyTypicalP(best)
        best = bestCandidate()
      }
      if options.topP < 1 { applyTopP(best) }
      if options.minP > 0 { applyMinP(best) }
    }
    let temperature = options.dynatempRange > 0 ? dynamicTemperature(best) : options.temperature
    guard temperature > 0 else { return (keepOnly(best), nil) }
    let total = computeWeights(best, temperature: temperature)
    guard options.mirostat != 0 else { return (total, nil) }
    let softmax = LogSoftmax(best: logits[Int(best)], total: total, temperature: temperature)
    applyMirostat(softmax, maximum: state.mu, best)
    let rest = computeWeights(best, temperature: temperature)
    return (rest, LogSoftmax(best: logits[Int(best)], total: rest, temperature: temperature))
  }

  /// Returns the candidate with the largest logit.
  private func bestCandidate() -> Int32 {
    var best = candidates[0]
    for id in candidates where logits[Int(id)] > logits[Int(best)] { best = id }
    return best
  }

  private static func sanitize(_ input: Span<Float>, _ logits: inout [Float]) {
    var logits = logits.mutableSpan
    for id in input.indices { logits[id] = sanitized(input[id]) }
  }

  /// Returns the logit with NaN replaced by minus infinity and infinity by the largest finite number.
  static func sanitized(_ logit: Float) -> Float {
    logit.isNaN ? -.infinity : min(logit, .greatestFiniteMagnitude)
  }

  private mutating func applyBias() {
    for (id, bias) in biases { logits[id] = Self.sanitized(Float(Double(logits[id]) + bias)) }
  }

  private mutating func apply(_ offsets: [Float]) {
    precondition(
      offsets.count == vocabularySize, "\(offsets.count) offsets for \(vocabularySize) tokens")
    for id in offsets.indices where offsets[id] != 0 {
      logits[id] = Self.sanitized(logits[id] + offsets[id])
    }
  }

  /// Applies the penalties, once to a token that occurs several times in the window.
  private mutating func applyPenalties(_ window: PenaltyWindow) {
    guard options.penalizesRecentTokens else { return }
    window.forEachRecent(options.repeatLastN) { counts[$0] += 1 }
    window.forEachRecent(options.repeatLastN) { id in
      guard counts[id] > 0 else { return }
      let logit = Double(logits[id])
      let scaled = logit > 0 ? logit / options.repeatPenalty : logit * options.repeatPenalty
      let penalty = Double(counts[id]) * options.frequencyPenalty + options.presencePenalty
      logits[id] = Self.sanitized(Float(scaled - penalty))
      counts[id] = 0
    }
  }

  /// Keeps the candidate at index `last` and all with better scores.
  mutating func keep<Score: Comparable>(downTo last: Int, by scores: [Score]) {
    keep { $0 == last || CandidateHeap.isBetter($0, last, scores) }
  }

  /// Keeps the candidates at the indices for which `predicate` returns true.
  mutating func keep(where predicate: (_ index: Int) -> Bool) {
    var kept = 0
    for index in candidates.indices where predicate(index) {
      candidates[kept] = candidates[index]
      kept += 1
    }
    candidates.removeLast(candidates.count - kept)
  }

  /// Computes the weights exp((logit - best logit) / temperature) of all candidates, and returns
  /// their sum.
  mutating func computeWeights(_ best: Int32, temperature: Double) -> Double {
    gatherLogits()
    return kernels.expShifted(
      candidateLogits, first: candidates.count, shift: Double(logits[Int(best)]),
      temperature: temperature, into: &weights)
  }

  /// Copies the candidates' logits into `candidateLogits`.
  mutating func gatherLogits() {
    for (index, id) in candidates.enumerated() { candidateLogits[index] = logits[Int(id)] }
  }

  /// Removes all candidates but one, and returns its weight.
  private mutating func keepOnly(_ id: Int32) -> Double {
    candidates.removeAll(keepingCapacity: true)
    candidates.append(id)
    weights[0] = 1
    return 1
  }
}
