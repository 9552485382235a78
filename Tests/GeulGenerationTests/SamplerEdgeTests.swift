import GeulGeneration
import TestSupport
import Testing

struct SamplerEdgeTests {
  static let empty = PenaltyWindow(capacity: 0)

  static let everyFilter = SamplingOptions(topK: 3, topP: 0.5, minP: 0.5, repeatPenalty: 1.5)

  @Test(arguments: [1e-6, 1e-300, .leastNonzeroMagnitude] as [Double])
  func `a tiny temperature is greedy, and never NaN`(temperature: Double) throws {
    var sampler = try Sampler(.init(temperature: temperature), vocabulary: 3)
    for logits in [[1, 2, 1.5], [-3e38, 3e38, 0], [-.infinity, 0, -.infinity]] as [[Float]] {
      #expect(sampler.distribution(logits.span, after: Self.empty) == [0, 1, 0])
      #expect(sampler.draw(logits.span, after: Self.empty, at: 0.999) == 1)
    }
  }

  @Test func `a huge temperature makes all alike`() throws {
    var sampler = try Sampler(.init(temperature: .greatestFiniteMagnitude), vocabulary: 4)
    let logits: [Float] = [1, 2, 3, 4]
    #expect(
      sampler.distribution(logits.span, after: Self.empty) == [0.25, 0.25, 0.25, 0.25])
  }

  @Test(arguments: [0, -87, 3e38, -3e38, .infinity] as [Float])
  func `equal logits have equal chances`(logit: Float) throws {
    var sampler = try Sampler(.init(), vocabulary: 4)
    let logits = [Float](repeating: logit, count: 4)
    #expect(
      sampler.distribution(logits.span, after: Self.empty) == [0.25, 0.25, 0.25, 0.25])
    var greedy = try Sampler(.init(temperature: 0), vocabulary: 4)
    #expect(greedy.draw(logits.span, after: Self.empty, at: 0.99) == 0)
  }

  @Test func `logits of minus infinity and NaN are never drawn beside others`() throws {
    var sampler = try Sampler(.init(), vocabulary: 4)
    let logits: [Float] = [.nan, -.infinity, -5000, .nan]
    #expect(sampler.distribution(logits.span, after: Self.empty) == [0, 0, 1, 0])
    var greedy = try Sampler(.init(temperature: 0), vocabulary: 4)
    #expect(greedy.draw(logits.span, after: Self.empty, at: 0) == 2)
  }

  @Test(arguments: [Float.nan, -.infinity])
  func `where no logit is a number the first allowed unit is taken`(logit: Float) throws {
    for options in [SamplingOptions(), .init(temperature: 0), Self.everyFilter] {
      var sampler = try Sampler(options, vocabulary: 3, banned: [0])
      let logits = [Float](repeating: logit, count: 3)
      #expect(sampler.distribution(logits.span, after: Self.empty) == [0, 1, 0])
      #expect(sampler.draw(logits.span, after: Self.empty, at: 0.5) == 1)
    }
  }

  @Test func `a vocabulary of one unit always gives it`() throws {
    for options in [SamplingOptions(), .init(temperature: 0), Self.everyFilter] {
      var sampler = try Sampler(options, vocabulary: 1)
      for logit: Float in [0, -.infinity, 1e30] {
        #expect(sampler.draw([logit].span, after: Self.empty, at: 0.7) == 0)
      }
    }
  }

  @Test func `a vocabulary that has nothing to give is an error`() {
    #expect(throws: SamplingError.nothingToChoose) { try Sampler(.init(), vocabulary: 0) }
    #expect(throws: SamplingError.nothingToChoose) {
      try Sampler(.init(), vocabulary: 2, banned: [0, 1])
    }
    #expect(throws: SamplingError.self) { try Sampler(.init(temperature: -1), vocabulary: 2) }
  }

  @Test func `a penalty may be enormous without making numbers that are none`() throws {
    let options = SamplingOptions(repeatPenalty: .greatestFiniteMagnitude)
    var sampler = try Sampler(options, vocabulary: 3)
    var window = PenaltyWindow(capacity: 64)
    for id in 0..<3 { window.append(id) }
    let logits: [Float] = [3, -3, 2]
    let distribution = sampler.distribution(logits.span, after: window)
    #expect(distribution == [0.5, 0, 0.5])
  }

  @Test func `logits of another vocabulary are a programmer's error`() async {
    await #expect(processExitsWith: .failure) {
      var sampler = try Sampler(.init(), vocabulary: 3)
      _ = sampler.draw([1, 2].span, after: SamplerEdgeTests.empty, at: 0)
    }
    await #expect(processExitsWith: .failure) {
      var sampler = try Sampler(.init(), vocabulary: 2)
      _ = sampler.draw([1, 2].span, after: SamplerEdgeTests.empty, at: 1)
    }
  }

  @Test func `a draw from 20,000 units takes little`() throws {
    var random = SeededGenerator(seed: 1)
    let logits = (0..<20_000).map { _ in Float.random(in: -8...8, using: &random) }
    for options in [SamplingOptions(), .init(topK: 40), .init(topP: 0.95), .init(minP: 0.05)] {
      var sampler = try Sampler(options, vocabulary: 20_000)
      let draws = RandomDraws(seed: 0, sample: 0)
      var sum = 0
      let time = ContinuousClock().measure {
        for n in 0..<100 as Range<UInt64> {
          sum += sampler.draw(logits.span, after: Self.empty, at: draws[n])
        }
      }
      print("draw of 20,000: \(time / 100), top-k \(options.topK), top-p \(options.topP)")
      #expect(sum > 0)
      #if !DEBUG
        #expect(time / 100 < .milliseconds(20))
      #endif
    }
  }
}
