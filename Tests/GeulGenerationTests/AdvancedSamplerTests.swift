import Foundation
import GeulGeneration
import TestSupport
import Testing

/// Top-n-sigma, locally typical sampling and the dynamic temperature against the formulas of their papers.
struct AdvancedSamplerTests {
  static let logits: [Float] = [2, -1, 0.5, 4, 4, -3, 1.25, 3]

  static func distribution(
    _ logits: [Float], _ options: SamplingOptions
  ) throws -> [Double] {
    try SamplerChainTests.distribution(logits, options)
  }

  static func softmax(_ logits: [Float], _ temperature: Double = 1) -> [Double] {
    let maximum = Double(logits.max() ?? 0)
    let weights = logits.map { exp((Double($0) - maximum) / temperature) }
    return weights.map { $0 / weights.reduce(0, +) }
  }

  /// Returns the softmax over the tokens that a filter keeps.
  static func softmax(
    _ logits: [Float], _ temperature: Double = 1, where isKept: (Int) -> Bool
  ) -> [Double] {
    softmax(logits.indices.map { isKept($0) ? logits[$0] : -.infinity }, temperature)
  }

  static func isClose(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 }
  }

  static func randomLogits(_ random: inout SeededGenerator) -> [Float] {
    (0..<Int.random(in: 1...200, using: &random)).map { _ in
      Bool.random(using: &random)
        ? Float.random(in: -9...9, using: &random) : Float(Int.random(in: -6...6, using: &random))
    }
  }

  /// The ids with logits of at least max - n * sigma.
  static func isWithinSigmas(_ logits: [Float], _ n: Double) -> (Int) -> Bool {
    let values = logits.map(Double.init).filter(\.isFinite)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    let threshold = (values.max() ?? 0) - n * variance.squareRoot()
    return { Double(logits[$0]) >= threshold }
  }

  @Test(arguments: [0.01, 0.3, 0.5, 1, 2, 3, 10] as [Double])
  func `top-n-sigma keeps the logits of at least max - n * sigma`(n: Double) throws {
    var random = SeededGenerator(seed: 4)
    for logits in [Self.logits] + (0..<40).map({ _ in Self.randomLogits(&random) }) {
      // Not at temperature 1: the set of tokens does not depend on the temperature.
      let found = try Self.distribution(logits, .init(temperature: 1.5, topNSigma: n))
      let expected = Self.softmax(logits, 1.5, where: Self.isWithinSigmas(logits, n))
      #expect(Self.isClose(found, expected), "\(logits)")
    }
  }

  @Test func `top-n-sigma of logits computed by hand`() throws {
    // The mean is 2, the variance (4 + 0 + 0 + 4) / 4 = 2: the threshold is 4 - 1.4142 n.
    let logits: [Float] = [0, 2, 2, 4]
    #expect(try Self.distribution(logits, .init(topNSigma: 1.414)) == [0, 0, 0, 1])
    #expect(
      try Self.distribution(logits, .init(topNSigma: 1.415)).map { $0 > 0 }
        == [false, true, true, true])
  }

  /// The ids of locally typical sampling: the smallest set, by the distance of -log p from the entropy, with a probability of
  /// at least `p`.
  static func typical(_ logits: [Float], _ p: Double) -> Set<Int> {
    let probabilities = softmax(logits)
    let entropy = -probabilities.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
    let order = logits.indices.sorted { a, b in
      let (x, y) = (
        abs(-log(probabilities[a]) - entropy), abs(-log(probabilities[b]) - entropy)
      )
      // Equal logits have equal distances; the smaller id comes first.
      return logits[a] == logits[b] ? a < b : x < y
    }
    var (sum, kept) = (0.0, Set<Int>())
    for id in order {
      kept.insert(id)
      sum += probabilities[id]
      if sum >= p { break }
    }
    return kept
  }

  @Test(arguments: [0.01, 0.2, 0.5, 0.77, 0.95, 0.999] as [Double])
  func `typical-p keeps the tokens whose surprisal is closest to the entropy`(p: Double) throws {
    var random = SeededGenerator(seed: 5)
    var removals = 0
    for logits in [Self.logits] + (0..<60).map({ _ in Self.randomLogits(&random) }) {
      let found = try Self.distribution(logits, .init(temperature: 0.7, typicalP: p))
      let kept = Self.typical(logits, p)
      #expect(
        Self.isClose(found, Self.softmax(logits, 0.7, where: kept.contains)), "\(logits)")
      let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
      if !kept.contains(best) { removals += 1 }
    }
    if p == 0.2 { #expect(removals > 0) }
  }

  @Test func `typical-p can remove the most likely token`() throws {
    // -log p is 0.92 and six times 2.30; the entropy is 1.75, so the other tokens are closer to it.
    let logits = ([0.4] + [Double](repeating: 0.1, count: 6)).map { Float(log($0)) }
    let found = try Self.distribution(logits, .init(temperature: 1, typicalP: 0.25))
    let expected = [0, 1.0 / 3, 1.0 / 3, 1.0 / 3, 0, 0, 0]
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-7 }, "\(found)")
    // The filters after it see the most likely of the remaining tokens.
    let later = try Self.distribution(logits, .init(temperature: 1, minP: 1, typicalP: 0.25))
    #expect(later.filter { $0 > 0 }.count >= 1 && later[0] == 0)
  }

  /// The temperature of llama.cpp's dynamic temperature for probabilities at temperature 1.
  static func temperature(_ probabilities: [Double], _ options: SamplingOptions) -> Double {
    let entropy = -probabilities.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
    let normalized = min(1, entropy / log(Double(probabilities.count)))
    let minimum = max(0, options.temperature - options.dynatempRange)
    let maximum = options.temperature + options.dynatempRange
    return minimum + (maximum - minimum) * pow(normalized, options.dynatempExponent)
  }

  @Test(arguments: [0.1, 0.5, 0.8, 3] as [Double], [0.3, 1, 2.5] as [Double])
  func `the dynamic temperature depends on the entropy`(range: Double, exponent: Double) throws {
    var random = SeededGenerator(seed: 6)
    let options = SamplingOptions(
      temperature: 0.8, dynatempRange: range, dynatempExponent: exponent)
    for logits in [Self.logits] + (0..<60).map({ _ in Self.randomLogits(&random) })
    where logits.count > 1 {
      let temperature = Self.temperature(Self.softmax(logits), options)
      #expect(
        Self.isClose(
          try Self.distribution(logits, options), Self.softmax(logits, temperature)), "\(logits)")
    }
  }

  @Test func `the dynamic temperature sees the entropy of the tokens that the filters kept`() throws
  {
    // Two tokens remain; their entropy is ln 2, the maximum, so the temperature is 1.5.
    let found = try Self.distribution(
      [1, 5, 5, 2], .init(temperature: 1, topK: 2, dynatempRange: 0.5))
    #expect(found == [0, 0.5, 0.5, 0])
    let two = try Self.distribution(
      [1, 5, 4, 2], .init(temperature: 1, topK: 2, dynatempRange: 0.5))
    let options = SamplingOptions(temperature: 1, dynatempRange: 0.5)
    let expected = Self.softmax([5, 4], Self.temperature(Self.softmax([5, 4]), options))
    #expect(Self.isClose(two, [0, expected[0], expected[1], 0]))
  }

  @Test func `a dynamic temperature of 0 takes the most likely token`() throws {
    // The entropy is 0 in float64, so the temperature is 0.5 - 0.5.
    let found = try Self.distribution([0, 2000, 0], .init(temperature: 0.5, dynatempRange: 0.5))
    #expect(found == [0, 1, 0])
    let greedy = SamplingOptions(temperature: 0, dynatempRange: 0.5)
    #expect(try Self.distribution([3, 3, 1], greedy) == [1, 0, 0])
  }

  @Test func `the filters apply in the order of llama.cpp's chain`() throws {
    func kept(_ logits: [Float], _ options: SamplingOptions) throws -> [Int] {
      let found = try Self.distribution(logits, options)
      return found.indices.filter { found[$0] > 0 }
    }
    // The standard deviation of all logits is 2.5; that of the three best, which top-k keeps, is 0.05.
    let logits: [Float] = [5, 4.9, 4.88, 0, 0, 0]
    #expect(try kept(logits, .init(topK: 3, topNSigma: 1)) == [0, 1, 2])
    // Of all tokens, the most typical with 0.45 of the probability are 1 to 5.
    let mixed: [Float] = [0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1].map { Float(log($0)) }
    #expect(try kept(mixed, .init(typicalP: 0.45)) == [1, 2, 3, 4, 5])
    #expect(try kept(mixed, .init(topK: 1, typicalP: 0.5)) == [0])
    // Top-p applies to what typical-p keeps: tokens 1 to 5 with 0.2 each.
    #expect(try kept(mixed, .init(topP: 0.41, typicalP: 0.45)) == [1, 2, 3])
    #expect(try kept(mixed, .init(topP: 0.2)) == [0])
  }

  static let everyFilter: [SamplingOptions] = [
    .init(topNSigma: 0.5), .init(typicalP: 0.3), .init(dynatempRange: 0.8),
    .init(mirostat: 2, mirostatTau: 0.5),
    .init(dryMultiplier: 1, dryAllowedLength: 1),
    .init(
      topK: 3, topP: 0.9, minP: 0.1, repeatPenalty: 1.5, topNSigma: 1, typicalP: 0.8,
      dryMultiplier: 1, dryAllowedLength: 1, dynatempRange: 0.3, dynatempExponent: 2),
  ]

  @Test(arguments: everyFilter)
  func `extreme logits never give NaN, and one token at least is kept`(
    options: SamplingOptions
  ) throws {
    let cases: [[Float]] = [
      [0], [.nan], [-.infinity], [.infinity], [3, 3, 3, 3], [.nan, 1, .nan],
      [-.infinity, -5000, 0],
      [.infinity, .greatestFiniteMagnitude, 0, -.greatestFiniteMagnitude, -.infinity, .nan],
      [1000, -1000, 0], [.leastNonzeroMagnitude, 0, -.leastNonzeroMagnitude],
    ]
    for logits in cases {
      for temperature in [1e-300, 0.8, 1e300] as [Double] {
        var options = options
        options.temperature = temperature
        var sampler = try Sampler(options, vocabularySize: logits.count)
        var window = PenaltyWindow(capacity: options.windowCapacity)
        for id in [0, 0, 0] { window.append(id) }
        let found = sampler.distribution(logits.span, after: window)
        #expect(abs(found.reduce(0, +) - 1) < 1e-12, "\(logits) \(temperature)")
        for uniform in [0, 0.5, (1.0).nextDown] as [Double] {
          let id = sampler.sample(logits.span, after: window, uniform: uniform)
          #expect(found[id] > 0)
        }
        // A token without probability stays without it, if others exist.
        if logits.contains(where: { $0 > -.infinity }) {
          #expect(logits.indices.allSatisfy { logits[$0] > -.infinity || found[$0] == 0 })
        }
      }
    }
  }

  @Test(arguments: everyFilter)
  func `equal logits have equal probabilities unless a filter must choose`(
    options: SamplingOptions
  ) throws {
    var options = options
    (options.typicalP, options.topK, options.topP) = (1, 0, 1)
    let found = try Self.distribution([1.5, 1.5, 1.5, 1.5], options)
    // Mirostat keeps the first of equal tokens whose surprisal, 2 bits, exceeds twice its target.
    #expect(found == (options.mirostat == 2 ? [1, 0, 0, 0] : [0.25, 0.25, 0.25, 0.25]))
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `a sampler whose options are off gives the same bits`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let logits = Self.randomLogits(&random)
    let plain = SamplingOptions(
      temperature: 0.9, topK: 30, topP: 0.95, minP: 0.01, repeatPenalty: 1.2)
    var off = plain
    // The other options of samplers that are off have no effect.
    (off.dryBase, off.dryAllowedLength, off.dryLastN) = (3, 1, 5)
    (off.mirostatTau, off.mirostatEta, off.dynatempExponent) = (0.1, 1, 4)
    let recent = (0..<100).map { _ in Int.random(in: logits.indices, using: &random) }
    let expected = try SamplerChainTests.distribution(logits, plain, after: recent)
    #expect(try SamplerChainTests.distribution(logits, off, after: recent) == expected)
    (off.dryMultiplier, off.dryLastN) = (5, 0)
    #expect(try SamplerChainTests.distribution(logits, off, after: recent) == expected)
  }
}
