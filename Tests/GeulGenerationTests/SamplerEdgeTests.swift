import GeulGeneration
import TestSupport
import Testing

struct SamplerEdgeTests {
  static let empty = PenaltyWindow(capacity: 0)

  static let everyFilter = SamplingOptions(topK: 3, topP: 0.5, minP: 0.5, repeatPenalty: 1.5)

  @Test(arguments: [1e-6, 1e-300, .leastNonzeroMagnitude] as [Double])
  func `a tiny temperature is greedy and never NaN`(temperature: Double) throws {
    var sampler = try Sampler(.init(temperature: temperature), vocabularySize: 3)
    for logits in [[1, 2, 1.5], [-3e38, 3e38, 0], [-.infinity, 0, -.infinity]] as [[Float]] {
      #expect(sampler.distribution(logits.span, after: Self.empty) == [0, 1, 0])
      #expect(sampler.sample(logits.span, after: Self.empty, uniform: 0.999) == 1)
    }
  }

  @Test func `a huge temperature makes the distribution uniform`() throws {
    var sampler = try Sampler(.init(temperature: .greatestFiniteMagnitude), vocabularySize: 4)
    let logits: [Float] = [1, 2, 3, 4]
    #expect(
      sampler.distribution(logits.span, after: Self.empty) == [0.25, 0.25, 0.25, 0.25])
  }

  @Test(arguments: [0, -87, 3e38, -3e38, .infinity] as [Float])
  func `equal logits have equal probabilities`(logit: Float) throws {
    var sampler = try Sampler(.init(), vocabularySize: 4)
    let logits = [Float](repeating: logit, count: 4)
    #expect(
      sampler.distribution(logits.span, after: Self.empty) == [0.25, 0.25, 0.25, 0.25])
    var greedy = try Sampler(.init(temperature: 0), vocabularySize: 4)
    #expect(greedy.sample(logits.span, after: Self.empty, uniform: 0.99) == 0)
  }

  @Test func `tokens with logits of minus infinity or NaN are not sampled if others exist`() throws
  {
    var sampler = try Sampler(.init(), vocabularySize: 4)
    let logits: [Float] = [.nan, -.infinity, -5000, .nan]
    #expect(sampler.distribution(logits.span, after: Self.empty) == [0, 0, 1, 0])
    var greedy = try Sampler(.init(temperature: 0), vocabularySize: 4)
    #expect(greedy.sample(logits.span, after: Self.empty, uniform: 0) == 2)
  }

  @Test(arguments: [Float.nan, -.infinity])
  func `without any finite logit the first allowed token is returned`(logit: Float) throws {
    for options in [SamplingOptions(), .init(temperature: 0), Self.everyFilter] {
      var sampler = try Sampler(options, vocabularySize: 3, banned: [0])
      let logits = [Float](repeating: logit, count: 3)
      #expect(sampler.distribution(logits.span, after: Self.empty) == [0, 1, 0])
      #expect(sampler.sample(logits.span, after: Self.empty, uniform: 0.5) == 1)
    }
  }

  @Test func `a vocabulary of one token always returns it`() throws {
    for options in [SamplingOptions(), .init(temperature: 0), Self.everyFilter] {
      var sampler = try Sampler(options, vocabularySize: 1)
      for logit: Float in [0, -.infinity, 1e30] {
        #expect(sampler.sample([logit].span, after: Self.empty, uniform: 0.7) == 0)
      }
    }
  }

  @Test func `a vocabulary without allowed tokens is an error`() {
    #expect(throws: SamplingError.noCandidates) { try Sampler(.init(), vocabularySize: 0) }
    #expect(throws: SamplingError.noCandidates) {
      try Sampler(.init(), vocabularySize: 2, banned: [0, 1])
    }
    #expect(throws: SamplingError.self) { try Sampler(.init(temperature: -1), vocabularySize: 2) }
  }

  @Test func `an enormous penalty does not produce NaN`() throws {
    let options = SamplingOptions(repeatPenalty: .greatestFiniteMagnitude)
    var sampler = try Sampler(options, vocabularySize: 3)
    var window = PenaltyWindow(capacity: 64)
    for id in 0..<3 { window.append(id) }
    let logits: [Float] = [3, -3, 2]
    let distribution = sampler.distribution(logits.span, after: window)
    #expect(distribution == [0.5, 0, 0.5])
  }

  @Test func `a wrong number of logits and a number outside of [0, 1) trap`() async {
    await #expect(processExitsWith: .failure) {
      var sampler = try Sampler(.init(), vocabularySize: 3)
      _ = sampler.sample([1, 2].span, after: SamplerEdgeTests.empty, uniform: 0)
    }
    await #expect(processExitsWith: .failure) {
      var sampler = try Sampler(.init(), vocabularySize: 2)
      _ = sampler.sample([1, 2].span, after: SamplerEdgeTests.empty, uniform: 1)
    }
  }

  @Test func `sampling from 20,000 tokens takes less than 20 ms`() throws {
    var random = SeededGenerator(seed: 1)
    let logits = (0..<20_000).map { _ in Float.random(in: -8...8, using: &random) }
    for options in [SamplingOptions(), .init(topK: 40), .init(topP: 0.95), .init(minP: 0.05)] {
      var sampler = try Sampler(options, vocabularySize: 20_000)
      let draws = RandomDraws(seed: 0, sample: 0)
      var sum = 0
      let time = ContinuousClock().measure {
        for n in 0..<100 as Range<UInt64> {
          sum += sampler.sample(logits.span, after: Self.empty, uniform: draws[n])
        }
      }
      print("sample of 20,000: \(time / 100), top-k \(options.topK), top-p \(options.topP)")
      #expect(sum > 0)
      #if !DEBUG
      #expect(time / 100 < .milliseconds(20))
      #endif
    }
  }
}
