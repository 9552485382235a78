import GeulGeneration
import TestSupport
import Testing

/// Tests of the logit bias and of the repeat, presence and frequency penalties.
struct SamplerPenaltyTests {
  static func distribution(
    _ logits: [Float], _ options: SamplingOptions, after recentTokens: [Int] = [],
    banned: Set<Int> = []
  ) throws -> [Double] {
    try SamplerChainTests.distribution(logits, options, after: recentTokens, banned: banned)
  }

  static func softmax(_ logits: [Float]) throws -> [Double] {
    try distribution(logits, .init(temperature: 1))
  }

  @Test func `the presence penalty is subtracted once from each token of the window`() throws {
    let options = SamplingOptions(temperature: 1, repeatLastN: 3, presencePenalty: 1.5)
    #expect(
      try Self.distribution([2, -1, 4, 0], options, after: [0, 1, 2, 2])
        == Self.softmax([2, -2.5, 2.5, 0]))
    let encouraging = SamplingOptions(temperature: 1, presencePenalty: -2)
    #expect(
      try Self.distribution([2, -1, 4, 0], encouraging, after: [3, 3])
        == Self.softmax([2, -1, 4, 2]))
  }

  @Test func `the frequency penalty is subtracted for each occurrence in the window`() throws {
    let options = SamplingOptions(temperature: 1, repeatLastN: 4, frequencyPenalty: 0.5)
    // The window holds 2, 1, 2 and 2; token 0 left it.
    #expect(
      try Self.distribution([2, -1, 4, 0], options, after: [0, 2, 1, 2, 2])
        == Self.softmax([2, -1.5, 2.5, 0]))
    let encouraging = SamplingOptions(temperature: 1, frequencyPenalty: -0.25)
    #expect(
      try Self.distribution([2, -1, 4, 0], encouraging, after: [3, 1, 3])
        == Self.softmax([2, -0.75, 4, 0.5]))
  }

  @Test func `penalties over a window of 0 tokens have no effect`() throws {
    var options = SamplingOptions(temperature: 1, repeatPenalty: 2, repeatLastN: 0)
    (options.presencePenalty, options.frequencyPenalty) = (2, 2)
    var sampler = try Sampler(options, vocabularySize: 2)
    var window = PenaltyWindow(capacity: 8)
    for id in [0, 0, 1] { window.append(id) }
    let logits: [Float] = [2, -1]
    #expect(try sampler.distribution(logits.span, after: window) == Self.softmax(logits))
  }

  @Test func `the bias comes first, then the repeat penalty, then the other penalties`() throws {
    let options = SamplingOptions(
      temperature: 1, repeatPenalty: 2, presencePenalty: 1, frequencyPenalty: 0.25,
      logitBias: [0: 3, 1: 3, 2: -4, 3: 1])
    // (1 + 3) / 2 - 1 - 0.5; (-1 + 3) / 2 - 1 - 0.25; (3 - 4) * 2 - 1 - 0.25; token 3 is not in the window.
    #expect(
      try Self.distribution([1, -1, 3, 2], options, after: [0, 1, 2, 0])
        == Self.softmax([0.5, -0.25, -3.25, 3]))
  }

  @Test func `the filters see the logits after the bias and the penalties`() throws {
    func kept(_ options: SamplingOptions, after recentTokens: [Int] = []) throws -> [Int] {
      let probabilities = try Self.distribution([3, 2, 1], options, after: recentTokens)
      return probabilities.indices.filter { probabilities[$0] > 0 }
    }
    #expect(try kept(.init(topK: 1, presencePenalty: 1.5), after: [0]) == [1])
    #expect(try kept(.init(topK: 1, frequencyPenalty: 0.4), after: [0, 0, 0]) == [1])
    #expect(try kept(.init(topK: 1, logitBias: [2: 5])) == [2])
    #expect(try kept(.init(topK: 2, logitBias: [0: -100])) == [1, 2])
    // The probabilities are 0.67, 0.24 and 0.09, and with a bias of 2 for token 1: 0.26, 0.71 and 0.04.
    #expect(try kept(.init(topP: 0.6)) == [0])
    #expect(try kept(.init(topP: 0.6, logitBias: [1: 2])) == [1])
    #expect(try kept(.init(minP: 0.2)) == [0, 1])
    #expect(try kept(.init(minP: 0.2, presencePenalty: 2), after: [0]) == [0, 1, 2])
  }

  @Test func `the temperature divides the biased logits`() throws {
    let half = try Self.distribution([1, 2, 3], .init(temperature: 0.5, logitBias: [0: 1]))
    #expect(try half == Self.softmax([4, 4, 6]))
  }

  @Test func `a bias of -100 bans the token, any other does not`() throws {
    let logits: [Float] = [1000, 1, 2]
    #expect(
      try Self.distribution(logits, .init(temperature: 1, logitBias: [0: -100]))
        == [0] + Self.softmax([1, 2]))
    #expect(
      try Self.distribution(logits, .init(temperature: 1, logitBias: [0: (-100).nextUp]))
        == [1, 0, 0])
    // Neither the best logit nor an encouraging penalty readmits the token.
    let options = SamplingOptions(
      temperature: 0, presencePenalty: -2, logitBias: [0: -100, 1: -100])
    #expect(
      try Self.distribution([.infinity, 9, -.infinity], options, after: [0, 0, 1]) == [0, 0, 1])
  }

  @Test func `greedy decoding respects the bias and the penalties`() throws {
    func token(_ options: SamplingOptions, after recentTokens: [Int] = []) throws -> Int? {
      try Self.distribution([3, 2.75, 1], options, after: recentTokens).firstIndex(of: 1)
    }
    #expect(try token(.init(temperature: 0)) == 0)
    #expect(try token(.init(temperature: 0, presencePenalty: 0.5), after: [0]) == 1)
    #expect(try token(.init(temperature: 0, frequencyPenalty: 0.1), after: [0, 0]) == 0)
    #expect(try token(.init(temperature: 0, frequencyPenalty: 0.1), after: [0, 0, 0]) == 1)
    // Equal logits: the smaller id.
    #expect(try token(.init(temperature: 0, presencePenalty: 0.25), after: [0]) == 0)
    #expect(try token(.init(temperature: 0, logitBias: [2: 2.5])) == 2)
    #expect(try token(.init(temperature: 0, logitBias: [0: -100])) == 1)
  }

  @Test func `banning all tokens is an error`() {
    #expect(throws: SamplingError.noCandidates) {
      try Sampler(.init(logitBias: [0: -100, 1: -100]), vocabularySize: 2)
    }
    #expect(throws: SamplingError.noCandidates) {
      try Sampler(.init(logitBias: [1: -100]), vocabularySize: 2, banned: [0])
    }
  }

  @Test(arguments: [-1, 3, .min, .max])
  func `the bias of a token that is not in the vocabulary is an error`(id: Int) {
    for bias in [-100, 0, 1] as [Double] {
      #expect(throws: SamplingError.unknownToken(id: id, vocabularySize: 3)) {
        try Sampler(.init(logitBias: [0: 1, id: bias]), vocabularySize: 3)
      }
    }
  }

  @Test func `infinite and NaN logits produce no NaN`() throws {
    let logits: [Float] = [.infinity, .greatestFiniteMagnitude, -.infinity, .nan, 0]
    for sign in [1, -1] as [Double] {
      let options = SamplingOptions(
        temperature: 1, repeatPenalty: 0.001, presencePenalty: 2 * sign, frequencyPenalty: 2 * sign,
        logitBias: [0: 100, 1: 100, 2: 100, 3: 100])
      #expect(
        try Self.distribution(logits, options, after: Array(0..<5)) == [0.5, 0.5, 0, 0, 0])
    }
  }

  /// Returns the logits after the bias and the penalties by their definition, minus infinity for
  /// banned tokens.
  static func adjusted(
    _ logits: [Float], _ options: SamplingOptions, after recentTokens: [Int]
  ) -> [Float] {
    logits.indices.map { id in
      let bias = options.logitBias[id] ?? 0
      if bias == -100 { return -.infinity }
      var logit = logits[id] + Float(bias)
      let count = recentTokens.suffix(options.repeatLastN).count { $0 == id }
      if count > 0 {
        logit =
          logit > 0 ? logit / Float(options.repeatPenalty) : logit * Float(options.repeatPenalty)
        logit -= Float(options.presencePenalty)
        for _ in 0..<count { logit -= Float(options.frequencyPenalty) }
      }
      return logit
    }
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `random biases, penalties and filters match their definitions`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let vocabulary = Int.random(in: 1...100, using: &random)
    func eighths(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> Double {
      // On a coarse grid, float32 is exact, and there are many ties.
      Double(Int.random(in: range, using: &random)) / 8
    }
    var options = SamplingOptions(
      temperature: Int.random(in: 0..<5, using: &random) == 0
        ? 0 : Double.random(in: 0.1...3, using: &random),
      topK: Bool.random(using: &random) ? 0 : Int.random(in: 1...120, using: &random),
      topP: Bool.random(using: &random) ? 1 : Double.random(in: 0.01...1, using: &random),
      minP: Bool.random(using: &random) ? 0 : Double.random(in: 0...1, using: &random),
      repeatPenalty: [1, 0.5, 2, 4].randomElement(using: &random) ?? 1,
      repeatLastN: [0, 1, 7, 64].randomElement(using: &random) ?? 0,
      presencePenalty: eighths(-16...16, &random), frequencyPenalty: eighths(-16...16, &random))
    for _ in 0..<Int.random(in: 0...vocabulary, using: &random) {
      // Token 0 is not banned: one token must be left.
      let id = Int.random(in: 0..<vocabulary, using: &random)
      let isBanned = id > 0 && Int.random(in: 0..<3, using: &random) == 0
      options.logitBias[id] = isBanned ? -100 : eighths(-40...40, &random)
    }
    var sampler = try Sampler(options, vocabularySize: vocabulary)
    var window = PenaltyWindow(capacity: options.repeatLastN)
    var recentTokens: [Int] = []
    for step in 0..<8 {
      let logits = (0..<vocabulary).map { _ in Float(eighths(-40...40, &random)) }
      let found = sampler.distribution(logits.span, after: window)
      let expected = SamplerChainTests.reference(
        Self.adjusted(logits, options, after: recentTokens), options)
      #expect(
        zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-12 }, "step \(step): \(options)")
      #expect(abs(found.reduce(0, +) - 1) <= 1e-12)
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        // Small ids often occur several times.
        let id = Int.random(in: 0..<min(vocabulary, 12), using: &random)
        window.append(id)
        recentTokens.append(id)
      }
    }
  }

  @Test func `penalties of 20,000 tokens and 20,000 biases take less than 20 ms`() throws {
    var random = SeededGenerator(seed: 1)
    let logits = (0..<20_000).map { _ in Float.random(in: -8...8, using: &random) }
    var options = SamplingOptions(
      repeatPenalty: 1.1, repeatLastN: 20_000, presencePenalty: 1, frequencyPenalty: 0.1)
    for id in 0..<20_000 { options.logitBias[id] = Double.random(in: -5...5, using: &random) }
    var sampler = try Sampler(options, vocabularySize: 20_000)
    var window = PenaltyWindow(capacity: 20_000)
    for _ in 0..<20_000 { window.append(Int.random(in: 0..<20_000, using: &random)) }
    let draws = RandomDraws(seed: 0, sample: 0)
    var sum = 0
    let time = ContinuousClock().measure {
      for n in 0..<100 as Range<UInt64> {
        sum += sampler.sample(logits.span, after: window, uniform: draws[n])
      }
    }
    print("sample of 20,000 with penalties and biases: \(time / 100)")
    #expect(sum > 0)
    #if !DEBUG
    #expect(time / 100 < .milliseconds(20))
    #endif
  }
}
