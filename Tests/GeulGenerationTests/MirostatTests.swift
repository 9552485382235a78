import Foundation
import GeulGeneration
import TestSupport
import Testing

/// Mirostat 2.0 against its definition.
struct MirostatTests {
  static let empty = PenaltyWindow(capacity: 0)

  static func surprisals(_ logits: [Float], _ temperature: Double) -> [Double] {
    AdvancedSamplerTests.softmax(logits, temperature).map { -log2($0) }
  }

  static func options(
    _ tau: Double, eta: Double = 0.1, temperature: Double = 1
  ) -> SamplingOptions {
    SamplingOptions(temperature: temperature, mirostat: 2, mirostatTau: tau, mirostatEta: eta)
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `a sequence of tokens follows the definition`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let options = Self.options(
      Double.random(in: 0...3, using: &random), eta: Double.random(in: 0...1, using: &random),
      temperature: Double.random(in: 0.5...1.5, using: &random))
    let draws = RandomDraws(seed: seed, sample: 0)
    var state = MirostatState(options)
    var mu = 2 * options.mirostatTau
    var sampler: Sampler?
    for step in 0..<60 as Range<UInt64> {
      let logits = AdvancedSamplerTests.randomLogits(&random)
      var current = try Sampler(options, vocabularySize: logits.count)
      sampler = current
      #expect(abs(state.mu - mu) < 1e-9)
      let surprisals = Self.surprisals(logits, options.temperature)
      let best = try #require(
        logits.indices.max { (logits[$0], -$0) < (logits[$1], -$1) })
      let expected = AdvancedSamplerTests.softmax(logits, options.temperature) {
        $0 == best || surprisals[$0] <= mu
      }
      let found = current.distribution(logits.span, after: Self.empty, state: state)
      #expect(AdvancedSamplerTests.isClose(found, expected), "step \(step)")
      let id = current.sample(
        logits.span, after: Self.empty, state: &state, uniform: draws[step])
      mu -= options.mirostatEta * (-log2(expected[id]) - options.mirostatTau)
    }
    #expect(sampler != nil)
  }

  @Test(arguments: [0.1, 0.7, 1, 1.5, 2] as [Double])
  func `the mean surprisal of a fixed distribution converges to the target`(tau: Double) throws {
    var logits: [Float] = (0..<64).map { -0.03 * Float($0) }
    logits[0] = 4.4
    let options = Self.options(tau, eta: 0.05)
    let surprisals = Self.surprisals(logits, 1)
    let entropy = zip(AdvancedSamplerTests.softmax(logits), surprisals).reduce(0) {
      $0 + $1.0 * $1.1
    }
    try #require(entropy > tau)
    var sampler = try Sampler(options, vocabularySize: logits.count)
    var state = MirostatState(options)
    let draws = RandomDraws(seed: 3, sample: 0)
    var sum = 0.0
    for n in 0..<30_000 as Range<UInt64> {
      // The surprisal among the tokens that are left.
      let left = surprisals.indices.filter { $0 == 0 || surprisals[$0] <= state.mu }
      let total = left.reduce(0) { $0 + exp2(-surprisals[$1]) }
      let id = sampler.sample(logits.span, after: Self.empty, state: &state, uniform: draws[n])
      let surprisal = surprisals[id] + log2(total)
      if n >= 2000 { sum += surprisal }
    }
    #expect(abs(sum / 28_000 - tau) < 0.01, "\(sum / 28_000)")
  }

  @Test func `a target below the surprisal of the most likely token is reached, too`() throws {
    // Eight equal tokens and one that is twice as likely: all have a surprisal of more than 2.3 bits.
    let logits = [Float(log(2.0))] + [Float](repeating: 0, count: 8)
    let options = Self.options(0.5)
    var sampler = try Sampler(options, vocabularySize: 9)
    var state = MirostatState(options)
    let draws = RandomDraws(seed: 4, sample: 0)
    var counts = [Int](repeating: 0, count: 9)
    for n in 0..<10_000 as Range<UInt64> {
      counts[sampler.sample(logits.span, after: Self.empty, state: &state, uniform: draws[n])] += 1
      #expect((1...5).contains(state.mu))
    }
    #expect(counts.allSatisfy { $0 > 50 })
  }

  @Test func `mirostat replaces the filters, but not the penalties and the bias`() throws {
    let logits: [Float] = [3, 2, 1, 0, -1]
    let plain = Self.options(1.8)
    var filtered = plain
    (filtered.topK, filtered.topP, filtered.minP) = (1, 0.1, 1)
    (filtered.topNSigma, filtered.typicalP) = (0.01, 0.01)
    let expected = try SamplerChainTests.distribution(logits, plain)
    #expect(expected.filter { $0 > 0 }.count == 3)
    #expect(try SamplerChainTests.distribution(logits, filtered) == expected)
    var penalized = plain
    (penalized.presencePenalty, penalized.logitBias) = (1.5, [4: 5])
    let other = try SamplerChainTests.distribution(logits, penalized, after: [0])
    #expect(other == (try SamplerChainTests.distribution([1.5, 2, 1, 0, 4], plain)))
  }

  @Test func `greedy decoding does not change the state`() throws {
    var options = Self.options(1)
    options.temperature = 0
    var sampler = try Sampler(options, vocabularySize: 3)
    var state = MirostatState(options)
    #expect(sampler.sample([0, 2, 1].span, after: Self.empty, state: &state, uniform: 0.9) == 1)
    #expect(state == MirostatState(options) && state.mu == 2)
  }

  @Test func `the state belongs to the sequence, not to the sampler`() throws {
    let options = Self.options(3, eta: 0.3)
    var random = SeededGenerator(seed: 9)
    let logits = (0..<50).map { _ in
      (0..<30).map { _ in Float.random(in: -3...3, using: &random) }
    }
    func tokens(_ sample: UInt64) throws -> [Int] {
      var sampler = try Sampler(options, vocabularySize: 30)
      var state = MirostatState(options)
      let draws = RandomDraws(seed: 1, sample: sample)
      var tokens: [Int] = []
      for (step, row) in logits.enumerated() {
        tokens.append(
          sampler.sample(
            row.span, after: Self.empty, state: &state, uniform: draws[UInt64(step)]))
      }
      return tokens
    }
    var shared = try Sampler(options, vocabularySize: 30)
    var states = [MirostatState](repeating: MirostatState(options), count: 4)
    var found = [[Int]](repeating: [], count: 4)
    for (step, row) in logits.enumerated() {
      for sample in 0..<4 {
        let draws = RandomDraws(seed: 1, sample: UInt64(sample))
        let id = shared.sample(
          row.span, after: Self.empty, state: &states[sample], uniform: draws[UInt64(step)])
        found[sample].append(id)
      }
    }
    for sample in 0..<4 { #expect(found[sample] == (try tokens(UInt64(sample)))) }
    #expect(Set(states.map(\.mu)).count == 4)
  }

  @Test func `a sequence that continues another continues its state`() throws {
    let fixture = try GenerationFixture()
    var random = SeededGenerator(seed: 3)
    var engine = fixture.engine(capacity: 2)
    // At temperature 1.5 the surprisal is far above the target, so that mu falls from token to token.
    var options = Self.options(2.5, eta: 0.3, temperature: 1.5)
    (options.dryMultiplier, options.dryAllowedLength, options.dryLastN) = (0.5, 2, 700)
    var request = SequenceRequest(
      prompt: fixture.prompt(600, &random), length: 40, sampling: options, seed: 5)
    (request.alternatives, request.keepsState) = (0, true)
    let first = try SequenceScoreTests.run(request, &engine)
    // The same tokens, with a fresh state of Mirostat.
    var fresh = request
    (fresh.prompt, fresh.seed) = (request.prompt + first.scores.map(\.id), 6)
    let restarted = try SequenceScoreTests.run(fresh, &engine)
    (request.prompt, request.session, request.seed) = ([], first.state, 6)
    let continued = try (0..<2).map { _ in try SequenceScoreTests.run(request, &engine).text }
    #expect(continued[0] == continued[1])
    #expect(continued[0] != restarted.text)
    // Without Mirostat, the DRY penalty sees all tokens before the session.
    request.sampling.mirostat = 0
    fresh.sampling.mirostat = 0
    #expect(
      try SequenceScoreTests.run(request, &engine).text
        == SequenceScoreTests.run(fresh, &engine).text)
  }
}
