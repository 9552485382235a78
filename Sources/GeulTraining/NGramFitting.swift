internal import GeulCompute
internal import GeulModel
internal import GeulNGrams
internal import GeulText

/// Counts the n-grams of a run's training text, and fits the weights of the mixture to slices that the network is not trained on.
///
/// There are four slices, spread evenly over the training text. Together they are 2 % of it, but at least 2,000 and at most 40,000
/// tokens.
enum NGramFitting {
  /// The smallest number of tokens of a training text for which n-grams are counted.
  static let minimumTokens = 20_000
  /// The largest number of tokens of a text for which `NGramChoice.auto` counts n-grams.
  static let automaticLimit = 4_000_000
  /// The largest size of a vocabulary's n-grams of one token, which are never removed.
  static func minimumBytes(vocabulary: Int) -> Int { 12 * vocabulary + 16 }
  /// The order of the n-grams.
  static let order = 8
  /// The number of tokens that the network reads before a slice.
  private static let warmup = 256
  /// The smallest gain for which `NGramChoice.auto` keeps the n-grams, in nats/token.
  private static let smallestGain = 0.003

  /// The number of slices.
  private static let sliceCount = 4

  /// Returns the choice for a text: off where n-grams are not supported or, by default, take too long.
  static func choice(
    _ choice: TrainingConfiguration.NGramChoice, for corpus: Corpus,
    _ configuration: TrainingConfiguration
  ) -> TrainingConfiguration.NGramChoice {
    let count = corpus.split(withoutLast: configuration.validationFraction).training.count
    guard corpus.list == nil, corpus.labels == nil, count >= minimumTokens,
      configuration.ngramBytes >= minimumBytes(vocabulary: corpus.vocabulary.count)
    else { return .off }
    return choice == .auto && count > automaticLimit ? .off : choice
  }

  /// Returns the slices of the training text that the network is not trained on; none for a network alone.
  static func slices(
    of corpus: Corpus, _ configuration: TrainingConfiguration
  ) -> [Range<Int>] {
    let training = corpus.split(withoutLast: configuration.validationFraction).training
    guard configuration.ngrams != .off, training.count >= minimumTokens else { return [] }
    let length = min(40_000, max(2_000, training.count / 50)) / sliceCount
    return (0..<sliceCount).map { index in
      let middle = training.count * (2 * index + 1) / (2 * sliceCount)
      return middle - length / 2..<middle - length / 2 + length
    }
  }

  /// Returns the ranges of a text that the network is trained on.
  static func networkRanges(
    of corpus: Corpus, _ configuration: TrainingConfiguration
  ) -> [Range<Int>] {
    let training = corpus.split(withoutLast: configuration.validationFraction).training
    let slices = slices(of: corpus, configuration)
    let starts = [training.lowerBound] + slices.map(\.upperBound)
    let ends = slices.map(\.lowerBound) + [training.upperBound]
    return zip(starts, ends).map { $0..<$1 }
  }

  /// Returns the slices with the tokens that the network reads before them, which `mixture` needs beside the counted tokens.
  static func mixtureRanges(
    of corpus: Corpus, _ configuration: TrainingConfiguration
  ) -> [Range<Int>] {
    slices(of: corpus, configuration).map {
      warmupRange(before: $0).lowerBound..<$0.upperBound
    }
  }

  /// Returns the range of the tokens that the network reads before a slice.
  private static func warmupRange(before slice: Range<Int>) -> Range<Int> {
    max(0, slice.lowerBound - warmup)..<slice.lowerBound
  }

  /// Returns the ranges of a text that a range of `networkText(of:_:)` consists of.
  static func ranges(
    of networkRange: Range<Int>, in corpus: Corpus, _ configuration: TrainingConfiguration
  ) -> [Range<Int>] {
    var (ranges, count): ([Range<Int>], Int) = ([], 0)
    for range in networkRanges(of: corpus, configuration) {
      let part = networkRange.clamped(to: count..<count + range.count)
      if !part.isEmpty {
        let shift = range.lowerBound - count
        ranges.append(part.lowerBound + shift..<part.upperBound + shift)
      }
      count += range.count
    }
    return ranges
  }

  /// Returns the text that the network is trained on.
  static func networkText(
    of corpus: Corpus, _ configuration: TrainingConfiguration
  ) -> Corpus {
    guard !slices(of: corpus, configuration).isEmpty else { return corpus }
    return corpus.text(of: networkRanges(of: corpus, configuration))
  }

  /// Estimates the time of `mixture`, and of the evaluation of its result on a number of tokens, in seconds.
  ///
  /// - Parameters:
  ///   - corpus: The text.
  ///   - configuration: The hyperparameters.
  ///   - evaluatedTokens: The number of tokens to evaluate.
  ///   - secondsPerToken: The time in which the network alone evaluates a token.
  /// - Returns: The time in seconds.
  static func seconds(
    for corpus: Corpus, _ configuration: TrainingConfiguration, evaluatedTokens: Int,
    secondsPerToken: Double
  ) -> Double {
    let fitted = mixtureRanges(of: corpus, configuration).reduce(0) { $0 + $1.count }
    let counted = min(
      corpus.split(withoutLast: configuration.validationFraction).training.count,
      NGramModel.maximumTokens)
    return Double(fitted + evaluatedTokens) * (secondsPerToken + secondsPerMixedToken)
      + Double(counted) * secondsPerCountedToken
  }

  /// The time in which the predictions of n-grams are mixed with those of a network, and that in which the n-grams of a text are
  /// counted twice and pruned, in seconds per token: together 3.6 s on War and Peace (Zen 4).
  private static let (secondsPerMixedToken, secondsPerCountedToken) = (5e-6, 1e-6)

  /// Counts the n-grams of the training text, and fits the mixture to the slices.
  ///
  /// - Returns: The mixture; nil if n-grams are off, or if `auto` gains too little.
  /// - Throws: `RunError.stopped` if `shouldStop`, which is called before each slice, returned true.
  static func mixture(
    _ model: Model, _ corpus: Corpus, _ configuration: TrainingConfiguration,
    context: ComputeContext, unless shouldStop: () -> Bool
  ) throws(RunError) -> NGramMixture? {
    let slices = slices(of: corpus, configuration)
    guard !slices.isEmpty else { return nil }
    let training = corpus.split(withoutLast: configuration.validationFraction).training
    func count(_ ids: [Int32]) -> NGramModel? {
      NGramModel(ids, vocabulary: corpus.vocabulary.count, order: order)
        .pruned(toBytes: configuration.ngramBytes)
    }
    let counted = training.suffix(NGramModel.maximumTokens)
    let seen = networkRanges(of: corpus, configuration).flatMap {
      corpus.knownIDs(in: $0.clamped(to: counted))
    }
    guard let partial = count(seen), let complete = count(corpus.knownIDs(in: counted)) else {
      return nil
    }
    var fit = NGramMixture.Fit(partial, kernels: context.kernels)
    let evaluator = Evaluator(model.network, parameters: model.parameters, context: context)
    for slice in slices {
      if shouldStop() { throw .stopped }
      let known = corpus.knownIDs(in: slice)
      let before = corpus.knownIDs(in: warmupRange(before: slice))
      for id in before { fit.read(id) }
      evaluator.forEachPrediction(before + known, from: before.count) { id, logits in
        fit.add(id, logits: logits)
      }
    }
    let (mixture, loss) = fit.mixture(of: complete)
    let pays = loss < fit.networkLoss - smallestGain
    return configuration.ngrams == .on || pays ? mixture : nil
  }
}
