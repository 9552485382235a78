public import GeulCompute

/// Chooses the next unit: a chain of filters over the logits, then a draw from what is left.
///
/// The chain, in llama.cpp's order: banned units leave; units that came lately are penalised; the best `topK` stay; of
/// them the best that have `topP` of the probability together; of them those with `minP` of the best one's
/// probability; at last the temperature. The filters see probabilities before the temperature, so a high temperature
/// lets no unit back in. The best unit always stays; of equal ones the smallest id is the best.
///
/// The draw goes through the units that stay, by id, and takes the first whose cumulative probability exceeds a number
/// from [0, 1). All sums are in float64 and in a fixed order: the choice is a function of logits, options,
/// window and number alone, on any machine.
///
/// ```swift
/// var sampler = try Sampler(options, vocabulary: 65)
/// var window = PenaltyWindow(capacity: options.repeatLastN)
/// let draws = RandomDraws(seed: 1, sample: 0)
/// let id = sampler.draw(logits.span, after: window, at: draws[0])
/// window.append(id)
/// ```
///
/// A sampler may serve many texts in turn; what it keeps between draws is room, not memory.
public struct Sampler: Sendable {
  /// How the next unit is chosen.
  public let options: SamplingOptions
  /// How many units there are, banned ones included.
  public let vocabulary: Int

  private let kernels: Kernels
  /// The units that may be chosen, by id.
  private let allowed: [Int32]
  /// The units that stay, by id.
  private var candidates: [Int32]
  /// The logits of the units that stay, in the order of `candidates`, and room for more.
  private var scores: [Float]
  /// The weights of the units that stay, likewise; the best has 1.
  private var weights: [Double]
  /// The logits after the penalty, by id: `[v]`.
  private var logits: [Float]
  private var heap: CandidateHeap

  /// A sampler for logits of `vocabulary` units.
  ///
  /// - Parameters:
  ///   - options: How to choose.
  ///   - vocabulary: How many units there are.
  ///   - banned: The ids that are never chosen, the unknown unit's for one.
  ///   - kernels: What computes; the choice does not depend on it.
  /// - Throws: `SamplingError` if an option is out of its range, or no unit may be chosen.
  public init(
    _ options: SamplingOptions, vocabulary: Int, banned: Set<Int> = [],
    kernels: Kernels = Kernels(.portable)
  ) throws(SamplingError) {
    try options.validate()
    self.options = options
    self.vocabulary = vocabulary
    self.kernels = kernels
    allowed = (0..<Int32(vocabulary)).filter { !banned.contains(Int($0)) }
    guard !allowed.isEmpty else { throw .nothingToChoose }
    candidates = allowed
    scores = [Float](repeating: 0, count: allowed.count)
    weights = [Double](repeating: 0, count: allowed.count)
    logits = [Float](repeating: 0, count: vocabulary)
    heap = CandidateHeap(capacity: allowed.count)
  }

  /// Chooses a unit.
  ///
  /// - Parameters:
  ///   - logits: The network's output: `[v]`. NaN counts as minus infinity.
  ///   - window: The last units of the text.
  ///   - number: A random number from [0, 1).
  /// - Returns: The unit's id.
  /// - Precondition: There are `vocabulary` logits.
  /// - Complexity: O(v); with a top-k or top-p of which m units stay, O(v + m log v). Allocates nothing.
  public mutating func draw(
    _ logits: Span<Float>, after window: PenaltyWindow, at number: Double
  ) -> Int {
    precondition(number >= 0 && number < 1, "\(number) is not from [0, 1)")
    let goal = number * run(logits, window)
    var sum = 0.0
    var chosen = 0
    // Units without weight are passed over, also at 0, and at the end where rounding might lead.
    for place in candidates.indices where weights[place] > 0 {
      chosen = place
      sum += weights[place]
      if sum > goal { break }
    }
    return Int(candidates[chosen])
  }

  /// The probability of each unit to be chosen by `draw`, by id: `[v]`.
  ///
  /// - Parameters:
  ///   - logits: The network's output: `[v]`. NaN counts as minus infinity.
  ///   - window: The last units of the text.
  /// - Returns: Probabilities that add up to 1; 0 for units that cannot be chosen.
  /// - Precondition: There are `vocabulary` logits.
  public mutating func distribution(
    _ logits: Span<Float>, after window: PenaltyWindow
  ) -> [Double] {
    let total = run(logits, window)
    var result = [Double](repeating: 0, count: vocabulary)
    for (id, weight) in zip(candidates, weights) { result[Int(id)] = weight / total }
    return result
  }

  /// The whole chain; leaves the units that stay and their weights, and gives the sum of these.
  private mutating func run(_ input: Span<Float>, _ window: PenaltyWindow) -> Double {
    precondition(input.count == vocabulary, "\(input.count) logits for \(vocabulary) units")
    Self.tame(input, &logits)
    penalise(input, window)
    candidates.removeAll(keepingCapacity: true)
    candidates.append(contentsOf: allowed)
    var best = candidates[0]
    for id in candidates where logits[Int(id)] > logits[Int(best)] { best = id }
    guard options.temperature > 0, logits[Int(best)] > -.infinity else {
      return settle(on: best)
    }
    if options.topK > 0, options.topK < candidates.count { keepTopK() }
    if options.topP < 1 { keepTopP(best) }
    if options.minP > 0 { keepMinP(best) }
    return weigh(best, temperature: options.temperature)
  }

  private static func tame(_ input: Span<Float>, _ logits: inout [Float]) {
    var logits = logits.mutableSpan
    for id in input.indices { logits[id] = tamed(input[id]) }
  }

  /// A logit that can be reckoned with: NaN is minus infinity, infinity the largest number.
  private static func tamed(_ logit: Float) -> Float {
    logit.isNaN ? -.infinity : min(logit, .greatestFiniteMagnitude)
  }

  /// Repeat penalty; a unit that came more than once is penalised once.
  private mutating func penalise(_ input: Span<Float>, _ window: PenaltyWindow) {
    guard options.repeatPenalty != 1, options.repeatLastN > 0 else { return }
    for id in window.ids {
      let logit = Double(Self.tamed(input[id]))
      let penalty = options.repeatPenalty
      logits[id] = Self.tamed(Float(logit > 0 ? logit / penalty : logit * penalty))
    }
  }

  private mutating func keepTopK() {
    gather()
    heap.fill(candidates.count, scores)
    var last = heap.takeBest(scores)
    for _ in 1..<options.topK { last = heap.takeBest(scores) }
    keep(downTo: last)
  }

  private mutating func keepTopP(_ best: Int32) {
    let goal = options.topP * weigh(best, temperature: 1)
    heap.fill(candidates.count, scores)
    var sum = 0.0
    var last = 0
    for _ in candidates.indices {
      last = heap.takeBest(scores)
      sum += weights[last]
      if sum >= goal { break }
    }
    keep(downTo: last)
  }

  private mutating func keepMinP(_ best: Int32) {
    _ = weigh(best, temperature: 1)
    keep { [weights, options] in weights[$0] >= options.minP }
  }

  /// Keeps the candidate at place `last` and all that are better.
  private mutating func keep(downTo last: Int) {
    keep { [scores] in $0 == last || CandidateHeap.isBetter($0, last, scores) }
  }

  /// Keeps the candidates whose places `condition` is true of.
  private mutating func keep(where condition: (_ place: Int) -> Bool) {
    var kept = 0
    for place in candidates.indices where condition(place) {
      candidates[kept] = candidates[place]
      kept += 1
    }
    candidates.removeLast(candidates.count - kept)
  }

  /// Weighs all candidates, and gives the sum of their weights.
  private mutating func weigh(_ best: Int32, temperature: Double) -> Double {
    gather()
    return kernels.weigh(
      scores, first: candidates.count, beside: Double(logits[Int(best)]), temperature: temperature,
      into: &weights)
  }

  /// Puts the candidates' logits side by side.
  private mutating func gather() {
    for (place, id) in candidates.enumerated() { scores[place] = logits[Int(id)] }
  }

  /// Leaves one candidate.
  private mutating func settle(on id: Int32) -> Double {
    candidates.removeAll(keepingCapacity: true)
    candidates.append(id)
    weights[0] = 1
    return 1
  }
}
