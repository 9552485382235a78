extension Sampler {
  /// Keeps the candidates whose logit is at most `topNSigma` standard deviations below the best.
  ///
  /// The standard deviation is that of the finite logits. Tang et al. 2024, "Top-nσ: Not All Logits Are You Need".
  mutating func applyTopNSigma(_ best: Int32) {
    var (count, sum) = (0.0, 0.0)
    for id in candidates where logits[Int(id)] > -.infinity {
      count += 1
      sum += Double(logits[Int(id)])
    }
    let mean = sum / count
    var squares = 0.0
    for id in candidates where logits[Int(id)] > -.infinity {
      let difference = Double(logits[Int(id)]) - mean
      squares += difference * difference
    }
    let threshold =
      Double(logits[Int(best)]) - options.topNSigma * (squares / count).squareRoot()
    gatherLogits()
    keep { [candidateLogits] in Double(candidateLogits[$0]) >= threshold }
  }

  mutating func applyTopK() {
    gatherLogits()
    heap.fill(candidates.count, candidateLogits)
    var last = heap.removeBest(candidateLogits)
    for _ in 1..<options.topK { last = heap.removeBest(candidateLogits) }
    keep(downTo: last, by: candidateLogits)
  }

  mutating func applyTopP(_ best: Int32) {
    let total = computeWeights(best, temperature: 1)
    keepBest(by: candidateLogits, weighing: options.topP * total)
  }

  mutating func applyMinP(_ best: Int32) {
    _ = computeWeights(best, temperature: 1)
    keep { [weights, minP = options.minP] in weights[$0] >= minP }
  }

  /// Keeps the smallest set of the most typical candidates with a total probability of `typicalP`.
  ///
  /// A candidate is typical if its surprisal is close to the mean surprisal, the entropy. As ln p = d - ln sum_j exp(d_j) with
  /// d = logit - best logit, their difference is that of d from its mean. Meister et al. 2022, "Locally Typical Sampling".
  mutating func applyTypicalP(_ best: Int32) {
    let total = computeWeights(best, temperature: 1)
    let mean = meanDifference(best, total)
    for index in candidates.indices {
      typicalities[index] = -abs(difference(index, best) - mean)
    }
    keepBest(by: typicalities, weighing: options.typicalP * total)
  }

  /// Keeps the fewest candidates, those with the highest scores, whose weights have a sum of `threshold`.
  private mutating func keepBest<Score: Comparable>(
    by scores: [Score], weighing threshold: Double
  ) {
    heap.fill(candidates.count, scores)
    var sum = 0.0
    var last = 0
    for _ in candidates.indices {
      last = heap.removeBest(scores)
      sum += weights[last]
      if sum >= threshold { break }
    }
    keep(downTo: last, by: scores)
  }

  /// Removes the candidates whose surprisal exceeds `maximum` bits, except the best.
  mutating func applyMirostat(_ softmax: LogSoftmax, maximum: Double, _ best: Int32) {
    let bestIndex = candidates.firstIndex(of: best)
    keep { [candidateLogits] in
      $0 == bestIndex || softmax.surprisal(candidateLogits[$0]) <= maximum
    }
  }

  /// Returns the temperature for the entropy of the candidates; the mean of its range is `temperature`, unless it is cut at 0.
  ///
  /// The formula is llama.cpp's; the idea that of Zhang et al. 2024, "EDT: Improving Large Language Models' Generation by
  /// Entropy-based Dynamic Temperature Sampling".
  mutating func dynamicTemperature(_ best: Int32) -> Double {
    guard candidates.count > 1 else { return options.temperature }
    let total = computeWeights(best, temperature: 1)
    let entropy = ElementaryFunctions.log(total) - meanDifference(best, total)
    let fraction = entropy / ElementaryFunctions.log(Double(candidates.count))
    let minimum = max(0, options.temperature - options.dynatempRange)
    let maximum = options.temperature + options.dynatempRange
    return minimum
      + (maximum - minimum)
      * ElementaryFunctions.power(max(0, min(fraction, 1)), options.dynatempExponent)
  }

  /// Returns the mean of the candidates' logits minus the best logit, weighted by `weights`, whose sum is `total`.
  private func meanDifference(_ best: Int32, _ total: Double) -> Double {
    var sum = 0.0
    for index in candidates.indices where weights[index] > 0 {
      sum += weights[index] * difference(index, best)
    }
    return sum / total
  }

  /// Returns the logit of the candidate at an index minus the best logit.
  private func difference(_ index: Int, _ best: Int32) -> Double {
    Double(candidateLogits[index]) - Double(logits[Int(best)])
  }
}

/// The normalization of a softmax: the logarithms of its probabilities are those of the weights minus `logTotal`.
struct LogSoftmax {
  private let best: Double
  private let logTotal: Double
  private let temperature: Double

  /// Creates the normalization for the best logit and the sum of all weights exp((logit - best) / temperature).
  init(best: Float, total: Double, temperature: Double) {
    self.best = Double(best)
    self.temperature = temperature
    logTotal = ElementaryFunctions.log(total)
  }

  /// Returns the surprisal of a token with a logit, -log2 p, in bits.
  func surprisal(_ logit: Float) -> Double {
    (logTotal - (Double(logit) - best) / temperature) / 0.6931471805599453
  }
}
