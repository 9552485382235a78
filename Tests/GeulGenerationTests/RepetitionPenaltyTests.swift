import Foundation
import GeulGeneration
import TestSupport
import Testing

/// The DRY penalty against its definition, on constructed and random repetitions.
struct RepetitionPenaltyTests {
  /// The longest repetition that each token would extend, by comparing all pairs of positions.
  static func longest(_ tokens: [Int], vocabulary: Int) -> [Int] {
    var longest = [Int](repeating: 0, count: vocabulary)
    for end in tokens.indices.dropLast() {
      // The text that ends with token `end`, and the text that ends with the last token.
      var length = 0
      while length <= end, tokens[end - length] == tokens[tokens.count - 1 - length] {
        length += 1
      }
      longest[tokens[end + 1]] = max(longest[tokens[end + 1]], length)
    }
    return longest
  }

  static func penalties(
    _ tokens: [Int], vocabulary: Int, _ options: SamplingOptions
  ) -> [Double] {
    longest(tokens.suffix(options.dryLastN), vocabulary: vocabulary).map { length in
      length < options.dryAllowedLength
        ? 0
        : options.dryMultiplier * pow(options.dryBase, Double(length - options.dryAllowedLength))
    }
  }

  /// Returns the difference of the log-probabilities from those of token 0, which stands for no repetition.
  static func found(
    _ tokens: [Int], vocabulary: Int, _ options: SamplingOptions
  ) throws -> [Double] {
    var sampler = try Sampler(options, vocabularySize: vocabulary)
    var window = PenaltyWindow(capacity: options.windowCapacity)
    for id in tokens { window.append(id) }
    let logits = [Float](repeating: 0, count: vocabulary)
    let probabilities = sampler.distribution(logits.span, after: window)
    return probabilities.map { log(probabilities[0]) - log($0) }
  }

  @Test func `the penalty grows with the length of the repetition`() throws {
    let options = SamplingOptions(
      temperature: 1, dryMultiplier: 0.5, dryBase: 2, dryAllowedLength: 2, dryLastN: 100)
    func penalty(_ tokens: [Int]) throws -> Double {
      try Self.found(tokens, vocabulary: 8, options)[5]
    }
    // "1 2 3 4 5", and then the end of "1 2 3 4".
    #expect(try penalty([1, 2, 3, 4, 5, 6, 7, 4]) == 0)
    #expect(abs(try penalty([1, 2, 3, 4, 5, 6, 7, 3, 4]) - 0.5) < 1e-6)
    #expect(abs(try penalty([1, 2, 3, 4, 5, 6, 7, 2, 3, 4]) - 1) < 1e-6)
    #expect(abs(try penalty([1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4]) - 2) < 1e-6)
    #expect(abs(try penalty([1, 2, 3, 4, 5, 1, 2, 3, 4, 6, 1, 2, 3, 4]) - 2) < 1e-6)
    // Another token before the end: no repetition.
    #expect(try penalty([1, 2, 3, 4, 5, 6, 7, 3, 4, 6]) == 0)
    // Of several repetitions with the same continuation the longest counts.
    #expect(abs(try penalty([3, 4, 5, 7, 2, 3, 4, 5, 6, 2, 3, 4]) - 1) < 1e-6)
  }

  @Test func `each continuation has its own penalty, and overlapping repetitions count`() throws {
    let options = SamplingOptions(
      temperature: 1, dryMultiplier: 1, dryBase: 1.5, dryAllowedLength: 1, dryLastN: 100)
    // 5 followed "2 3", 6 followed "3".
    let two = try Self.found([2, 3, 5, 3, 6, 2, 3], vocabulary: 7, options)
    #expect(abs(two[5] - 1.5) < 1e-6 && abs(two[6] - 1) < 1e-6 && two[2] == 0 && two[3] == 0)
    // "1 1 1 1" ends with three overlapping tokens that 1 followed.
    let loop = try Self.found([1, 1, 1, 1], vocabulary: 3, options)
    #expect(abs(loop[1] - 1.5 * 1.5) < 1e-6 && loop[2] == 0)
  }

  @Test func `repetitions beyond the window do not count`() throws {
    var options = SamplingOptions(
      temperature: 1, dryMultiplier: 1, dryBase: 2, dryAllowedLength: 2, dryLastN: 7)
    let tokens = [1, 2, 3, 4, 5, 6, 2, 3]
    #expect(try Self.found(tokens, vocabulary: 7, options)[4] > 0.5)
    options.dryLastN = 6
    #expect(try Self.found(tokens, vocabulary: 7, options)[4] == 0)
    // The window of the other penalties may be longer or shorter.
    for repeatLastN in [0, 3, 50] {
      options.repeatLastN = repeatLastN
      #expect(try Self.found(tokens, vocabulary: 7, options)[4] == 0)
    }
  }

  @Test func `the other penalties see their own window beside that of DRY`() throws {
    var options = SamplingOptions(
      temperature: 1, repeatLastN: 2, presencePenalty: 1, dryMultiplier: 1, dryAllowedLength: 50,
      dryLastN: 100)
    let long = try Self.found([1, 2, 3, 4], vocabulary: 5, options)
    #expect(zip(long, [0, 0, 0, 1, 1]).allSatisfy { abs($0 - $1) < 1e-6 })
    (options.repeatLastN, options.dryLastN) = (100, 2)
    let short = try Self.found([1, 2, 3, 4], vocabulary: 5, options)
    #expect(zip(short, [0, 1, 1, 1, 1]).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func `random repetitions have the penalties of the definition`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let vocabulary = Int.random(in: 2...6, using: &random)
    let options = SamplingOptions(
      temperature: 1, repeatLastN: Int.random(in: 0...30, using: &random),
      dryMultiplier: Double.random(in: 0.01...0.1, using: &random),
      dryBase: Double.random(in: 1...1.2, using: &random),
      dryAllowedLength: Int.random(in: 1...4, using: &random),
      dryLastN: Int.random(in: 1...60, using: &random))
    var sampler = try Sampler(options, vocabularySize: vocabulary)
    var window = PenaltyWindow(capacity: options.windowCapacity)
    var tokens: [Int] = []
    let logits = [Float](repeating: 0, count: vocabulary)
    for _ in 0..<100 {
      if Int.random(in: 0..<20, using: &random) == 0, !tokens.isEmpty {
        // A copy of earlier tokens.
        let start = Int.random(in: tokens.indices, using: &random)
        for id in tokens[start...].prefix(12) {
          tokens.append(id)
          window.append(id)
        }
      } else {
        tokens.append(Int.random(in: 0..<vocabulary, using: &random))
        window.append(tokens.last ?? 0)
      }
      let found = sampler.distribution(logits.span, after: window)
      let penalties = Self.penalties(tokens, vocabulary: vocabulary, options)
      // The sampler keeps logits in float32.
      let expected = AdvancedSamplerTests.softmax(penalties.map { Float(-$0) })
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-7 }, "\(tokens) \(options)")
    }
  }

  @Test func `the penalty of a very long repetition is finite`() throws {
    let options = SamplingOptions(
      temperature: 1, dryMultiplier: 1e300, dryBase: 1e300, dryAllowedLength: 1, dryLastN: 5000)
    var sampler = try Sampler(options, vocabularySize: 2)
    var window = PenaltyWindow(capacity: options.windowCapacity)
    for _ in 0..<5000 { window.append(1) }
    #expect(sampler.distribution([0, 50].span, after: window) == [1, 0])
    // A vocabulary that is penalized as a whole still has a most likely token.
    var single = try Sampler(options, vocabularySize: 2, banned: [0])
    #expect(single.sample([0, 0].span, after: window, uniform: 0.5) == 1)
  }

  @Test func `a window of 4096 equal tokens takes less than a millisecond`() throws {
    let options = SamplingOptions(dryMultiplier: 1, dryLastN: 4096)
    var sampler = try Sampler(options, vocabularySize: 100)
    var window = PenaltyWindow(capacity: options.windowCapacity)
    for _ in 0..<4096 { window.append(3) }
    let logits = [Float](repeating: 0, count: 100)
    var sum = 0
    let time = ContinuousClock().measure {
      for _ in 0..<100 { sum += sampler.sample(logits.span, after: window, uniform: 0.5) }
    }
    print("sample with DRY over 4096 tokens: \(time / 100)")
    #expect(sum > 0)
    // A comparison of all pairs of positions would take 8 million steps.
    #if !DEBUG
    #expect(time / 100 < .milliseconds(1))
    #endif
  }
}
