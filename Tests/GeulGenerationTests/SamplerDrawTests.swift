import Foundation
import GeulGeneration
import TestSupport
import Testing

struct SamplerDrawTests {
  static let logits: [Float] = {
    var random = SeededGenerator(seed: 11)
    return (0..<60).map { _ in Float.random(in: -4...4, using: &random) }
  }()

  static let window: PenaltyWindow = {
    var window = PenaltyWindow(capacity: 8)
    for id in [3, 14, 15, 9, 26, 5, 35, 8, 9] { window.append(id) }
    return window
  }()

  @Test(arguments: [
    SamplingOptions(temperature: 1), SamplingOptions(), SamplingOptions(temperature: 2.5),
    SamplingOptions(temperature: 1, topK: 7), SamplingOptions(temperature: 1, topP: 0.8),
    SamplingOptions(temperature: 1, minP: 0.1), SamplingOptions(temperature: 1, repeatPenalty: 1.5),
    SamplingOptions(topK: 30, topP: 0.9, minP: 0.02, repeatPenalty: 1.2),
    SamplingOptions(
      temperature: 1, presencePenalty: 0.7, frequencyPenalty: -1.1, logitBias: [7: 2.5, 9: -100]),
    SamplingOptions(temperature: 1, topNSigma: 1.2), SamplingOptions(temperature: 1, typicalP: 0.7),
    SamplingOptions(temperature: 1, dynatempRange: 0.6),
    SamplingOptions(temperature: 1, dryMultiplier: 0.9, dryAllowedLength: 1, dryLastN: 8),
    SamplingOptions(temperature: 1, mirostat: 2, mirostatTau: 2),
  ])
  func `100,000 samples follow the distribution`(options: SamplingOptions) throws {
    var sampler = try Sampler(options, vocabularySize: 60, banned: [2])
    let expected = sampler.distribution(Self.logits.span, after: Self.window)
    var counts = [Int](repeating: 0, count: 60)
    let draws = RandomDraws(seed: 2026, sample: 0)
    for n in 0..<100_000 as Range<UInt64> {
      counts[sampler.sample(Self.logits.span, after: Self.window, uniform: draws[n])] += 1
    }
    let possible = expected.filter { $0 > 0 }.count
    #expect(chiSquare(counts, expected) < chiSquareLimit(degreesOfFreedom: possible - 1))
    #expect(zip(counts, expected).allSatisfy { $0 == 0 || $1 > 0 })
    #expect(expected[2] == 0)
  }

  @Test func `the chi-square test rejects a temperature of 1.05 instead of 1`() throws {
    var sampler = try Sampler(.init(temperature: 1.05), vocabularySize: 60)
    var reference = try Sampler(.init(temperature: 1), vocabularySize: 60)
    let expected = reference.distribution(Self.logits.span, after: Self.window)
    var counts = [Int](repeating: 0, count: 60)
    let draws = RandomDraws(seed: 2026, sample: 0)
    for n in 0..<100_000 as Range<UInt64> {
      counts[sampler.sample(Self.logits.span, after: Self.window, uniform: draws[n])] += 1
    }
    #expect(chiSquare(counts, expected) > chiSquareLimit(degreesOfFreedom: 59))
  }

  /// Twenty samples from the probabilities 0.4, 0.3, 0.2, 0.1, computed by hand.
  ///
  /// Philox in Python gives, for seed 1 and sample 0, 0.895 0.874 0.557 0.037 0.663 0.296 0.121 0.467
  /// 0.912 0.661 0.559 0.678 0.990 0.004 0.827 0.112 0.871 0.869 0.379 0.568: 6 below 0.4, 7 in
  /// [0.4, 0.7), 5 in [0.7, 0.9).
  @Test func `the chi-square statistic matches a computation by hand`() throws {
    var sampler = try Sampler(.init(temperature: 1), vocabularySize: 4)
    let logits: [Float] = [4, 3, 2, 1].map { log($0 as Float) }
    let draws = RandomDraws(seed: 1, sample: 0)
    var counts = [0, 0, 0, 0]
    for n in 0..<20 as Range<UInt64> {
      counts[sampler.sample(logits.span, after: PenaltyWindow(capacity: 0), uniform: draws[n])] += 1
    }
    #expect(counts == [6, 7, 5, 2])
    // Expected: 8, 6 and the merged 4 + 2. The sum is 2 * 2 / 8 + 1 * 1 / 6 + 1 * 1 / 6.
    #expect(abs(chiSquare(counts, [0.4, 0.3, 0.2, 0.1]) - (0.5 + 1.0 / 3)) < 1e-12)
    // The exact 99.99 % quantile for 3 degrees of freedom is 21.11.
    #expect(abs(chiSquareLimit(degreesOfFreedom: 3) - 21.11) < 1)
  }

  @Test func `the sample is the first token whose cumulative probability exceeds the number`()
    throws
  {
    var sampler = try Sampler(.init(temperature: 1), vocabularySize: 5, banned: [0])
    // Each token that is not banned has a probability of exactly 0.25.
    let logits: [Float] = [9, 1, 1, 1, 1]
    let window = PenaltyWindow(capacity: 0)
    func sample(_ uniform: Double) -> Int {
      sampler.sample(logits.span, after: window, uniform: uniform)
    }
    #expect(sample(0) == 1)
    #expect(sample((0.25).nextDown) == 1)
    #expect(sample(0.25) == 2)
    #expect(sample(0.5) == 3)
    #expect(sample((0.75).nextDown) == 3)
    #expect(sample(0.75) == 4)
    #expect(sample((1.0).nextDown) == 4)
  }

  @Test(arguments: [0, (1.0).nextDown] as [Double])
  func `a token with probability 0 is never sampled, even at the ends of [0, 1)`(uniform: Double)
    throws
  {
    var sampler = try Sampler(.init(), vocabularySize: 5)
    let logits: [Float] = [-.infinity, -3000, 1, -3000, -.infinity]
    #expect(sampler.sample(logits.span, after: PenaltyWindow(capacity: 0), uniform: uniform) == 2)
  }

  @Test func `greedy decoding with a penalty selects the first of two equal logits`()
    throws
  {
    var sampler = try Sampler(
      .init(temperature: 0, repeatPenalty: 2, repeatLastN: 4), vocabularySize: 6, banned: [0])
    var window = PenaltyWindow(capacity: 4)
    let logits: [Float] = [99, -1, 5, 2, 3, 3]
    #expect(sampler.sample(logits.span, after: window, uniform: 0.9) == 2)
    window.append(2)
    #expect(sampler.sample(logits.span, after: window, uniform: 0.9) == 4)
    #expect(sampler.distribution(logits.span, after: window) == [0, 0, 0, 0, 1, 0])
  }

  @Test func `a sample depends on the seed, the sample number and the index only`()
    throws
  {
    let options = SamplingOptions(topK: 20, topP: 0.95, repeatPenalty: 1.1)
    func tokens(_ sample: UInt64, _ sampler: inout Sampler) -> [Int] {
      let draws = RandomDraws(seed: 1, sample: sample)
      var window = PenaltyWindow(capacity: options.repeatLastN)
      return (0..<50 as Range<UInt64>).map { n in
        let id = sampler.sample(Self.logits.span, after: window, uniform: draws[n])
        window.append(id)
        return id
      }
    }
    var single = try Sampler(options, vocabularySize: 60)
    let alone = tokens(3, &single)
    var shared = try Sampler(options, vocabularySize: 60)
    let batch = (0..<8).map { tokens($0, &shared) }
    #expect(batch[3] == alone)
    #expect(Set(batch).count == 8)
  }
}
