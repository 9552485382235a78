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
  ])
  func `100,000 draws are spread as the distribution says`(options: SamplingOptions) throws {
    var sampler = try Sampler(options, vocabulary: 60, banned: [2])
    let expected = sampler.distribution(Self.logits.span, after: Self.window)
    var counts = [Int](repeating: 0, count: 60)
    let draws = RandomDraws(seed: 2026, sample: 0)
    for n in 0..<100_000 as Range<UInt64> {
      counts[sampler.draw(Self.logits.span, after: Self.window, at: draws[n])] += 1
    }
    let possible = expected.filter { $0 > 0 }.count
    #expect(chiSquare(counts, expected) < chiSquareLimit(freedom: possible - 1))
    #expect(zip(counts, expected).allSatisfy { $0 == 0 || $1 > 0 })
    #expect(expected[2] == 0)
  }

  @Test func `the chi-square test notices a sampler that is slightly wrong`() throws {
    var sampler = try Sampler(.init(temperature: 1.05), vocabulary: 60)
    var right = try Sampler(.init(temperature: 1), vocabulary: 60)
    let expected = right.distribution(Self.logits.span, after: Self.window)
    var counts = [Int](repeating: 0, count: 60)
    let draws = RandomDraws(seed: 2026, sample: 0)
    for n in 0..<100_000 as Range<UInt64> {
      counts[sampler.draw(Self.logits.span, after: Self.window, at: draws[n])] += 1
    }
    #expect(chiSquare(counts, expected) > chiSquareLimit(freedom: 59))
  }

  /// Twenty draws from the probabilities 0.4, 0.3, 0.2, 0.1, reckoned by hand.
  ///
  /// A Philox written in Python gives, for seed 1 and sample 0, 0.895 0.874 0.557 0.037 0.663 0.296 0.121 0.467 0.912
  /// 0.661 0.559 0.678 0.990 0.004 0.827 0.112 0.871 0.869 0.379 0.568: six below 0.4, seven below 0.7, five below 0.9.
  @Test func `a chi-square by hand`() throws {
    var sampler = try Sampler(.init(temperature: 1), vocabulary: 4)
    let logits: [Float] = [4, 3, 2, 1].map { log($0 as Float) }
    let draws = RandomDraws(seed: 1, sample: 0)
    var counts = [0, 0, 0, 0]
    for n in 0..<20 as Range<UInt64> {
      counts[sampler.draw(logits.span, after: PenaltyWindow(capacity: 0), at: draws[n])] += 1
    }
    #expect(counts == [6, 7, 5, 2])
    // Expected 8, 6 and, counted together as both are rare, 4 + 2: 2 * 2 / 8 + 1 * 1 / 6 + 1 * 1 / 6.
    #expect(abs(chiSquare(counts, [0.4, 0.3, 0.2, 0.1]) - (0.5 + 1.0 / 3)) < 1e-12)
    // Three degrees of freedom: tables give 21.11 at 99.99 %, and the approximation a little more.
    #expect(abs(chiSquareLimit(freedom: 3) - 21.11) < 1)
  }

  @Test func `the unit drawn is the first whose cumulative probability exceeds the number`() throws
  {
    var sampler = try Sampler(.init(temperature: 1), vocabulary: 5, banned: [0])
    // All allowed ones have a quarter each, exactly.
    let logits: [Float] = [9, 1, 1, 1, 1]
    let window = PenaltyWindow(capacity: 0)
    func draw(_ number: Double) -> Int {
      sampler.draw(logits.span, after: window, at: number)
    }
    #expect(draw(0) == 1)
    #expect(draw((0.25).nextDown) == 1)
    #expect(draw(0.25) == 2)
    #expect(draw(0.5) == 3)
    #expect(draw((0.75).nextDown) == 3)
    #expect(draw(0.75) == 4)
    #expect(draw((1.0).nextDown) == 4)
  }

  @Test(arguments: [0, (1.0).nextDown] as [Double])
  func `a unit without probability is never drawn, not at the ends either`(number: Double) throws {
    var sampler = try Sampler(.init(), vocabulary: 5)
    let logits: [Float] = [-.infinity, -3000, 1, -3000, -.infinity]
    #expect(sampler.draw(logits.span, after: PenaltyWindow(capacity: 0), at: number) == 2)
  }

  @Test func `greedy by hand: the penalty moves the best from 2 to 4, the first of two equals`()
    throws
  {
    var sampler = try Sampler(
      .init(temperature: 0, repeatPenalty: 2, repeatLastN: 4), vocabulary: 6, banned: [0])
    var window = PenaltyWindow(capacity: 4)
    let logits: [Float] = [99, -1, 5, 2, 3, 3]
    #expect(sampler.draw(logits.span, after: window, at: 0.9) == 2)
    window.append(2)
    #expect(sampler.draw(logits.span, after: window, at: 0.9) == 4)
    #expect(sampler.distribution(logits.span, after: window) == [0, 0, 0, 0, 1, 0])
  }

  @Test func `the same draw for the same seed, sample and number, whatever was drawn between`()
    throws
  {
    let options = SamplingOptions(topK: 20, topP: 0.95, repeatPenalty: 1.1)
    func text(_ sample: UInt64, _ sampler: inout Sampler) -> [Int] {
      let draws = RandomDraws(seed: 1, sample: sample)
      var window = PenaltyWindow(capacity: options.repeatLastN)
      return (0..<50 as Range<UInt64>).map { n in
        let id = sampler.draw(Self.logits.span, after: window, at: draws[n])
        window.append(id)
        return id
      }
    }
    var one = try Sampler(options, vocabulary: 60)
    let alone = text(3, &one)
    var many = try Sampler(options, vocabulary: 60)
    let beside = (0..<8).map { text($0, &many) }
    #expect(beside[3] == alone)
    #expect(Set(beside).count == 8)
  }
}
