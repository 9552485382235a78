import Foundation
import GeulGeneration
import TestSupport
import Testing

/// Tests of each filter against results computed by hand or from its definition.
struct SamplerChainTests {
  /// Returns the distribution for logits, options and the most recent tokens.
  static func distribution(
    _ logits: [Float], _ options: SamplingOptions, after recentTokens: [Int] = [],
    banned: Set<Int> = []
  ) throws -> [Double] {
    var sampler = try Sampler(options, vocabularySize: logits.count, banned: banned)
    var window = PenaltyWindow(capacity: options.repeatLastN)
    for id in recentTokens { window.append(id) }
    return sampler.distribution(logits.span, after: window)
  }

  static func isClose(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-7 }
  }

  /// The logits of the probabilities 1/8, 1/2, 1/8 and 1/4.
  static let logits: [Float] = [
    Float(log(0.125)), Float(log(0.5)), Float(log(0.125)), Float(log(0.25)),
  ]

  @Test func `without filters the distribution is the softmax`() throws {
    #expect(
      Self.isClose(
        try Self.distribution(Self.logits, .init(temperature: 1)), [0.125, 0.5, 0.125, 0.25]))
  }

  @Test func `temperature 2 takes the square root of each probability, 0.5 squares it`() throws {
    let roots = [0.125, 0.5, 0.125, 0.25].map { $0.squareRoot() }
    #expect(
      Self.isClose(
        try Self.distribution(Self.logits, .init(temperature: 2)),
        roots.map { $0 / roots.reduce(0, +) }))
    #expect(
      Self.isClose(
        try Self.distribution(Self.logits, .init(temperature: 0.5)),
        [1, 16, 1, 4].map { $0 / 22 }))
  }

  @Test func `top-k keeps the most likely tokens and breaks ties by the smaller id`() throws {
    func kept(_ k: Int) throws -> [Double] {
      try Self.distribution(Self.logits, .init(temperature: 1, topK: k))
    }
    #expect(Self.isClose(try kept(1), [0, 1, 0, 0]))
    #expect(Self.isClose(try kept(2), [0, 2.0 / 3, 0, 1.0 / 3]))
    #expect(Self.isClose(try kept(3), [1.0 / 7, 4.0 / 7, 0, 2.0 / 7]))
    #expect(try kept(4) == kept(0))
    #expect(try kept(5) == kept(0))
    #expect(try kept(.max) == kept(0))
  }

  @Test func `top-p keeps the smallest set with a cumulative probability of p`() throws {
    func kept(_ p: Double) throws -> [Double] {
      try Self.distribution(Self.logits, .init(temperature: 1, topP: p))
    }
    #expect(Self.isClose(try kept(.leastNonzeroMagnitude), [0, 1, 0, 0]))
    #expect(Self.isClose(try kept(0.4), [0, 1, 0, 0]))
    #expect(Self.isClose(try kept(0.6), [0, 2.0 / 3, 0, 1.0 / 3]))
    #expect(Self.isClose(try kept(0.8), [1.0 / 7, 4.0 / 7, 0, 2.0 / 7]))
    #expect(try kept(0.99) == kept(1))
  }

  @Test func `min-p keeps the tokens with a fraction of the maximum probability`() throws {
    func kept(_ p: Double) throws -> [Double] {
      try Self.distribution(Self.logits, .init(temperature: 1, minP: p))
    }
    #expect(try kept(0.24) == kept(0))
    #expect(Self.isClose(try kept(0.26), [0, 2.0 / 3, 0, 1.0 / 3]))
    #expect(Self.isClose(try kept(0.51), [0, 1, 0, 0]))
    #expect(Self.isClose(try kept(1), [0, 1, 0, 0]))
    #expect(try Self.distribution([1, 3, 3], .init(temperature: 1, minP: 1)) == [0, 0.5, 0.5])
  }

  @Test func `the repeat penalty divides positive logits and multiplies negative ones, once`()
    throws
  {
    let options = SamplingOptions(temperature: 1, repeatPenalty: 2, repeatLastN: 3)
    #expect(
      try Self.distribution([2, -1, 4, 0], options, after: [1, 2, 2])
        == Self.distribution([2, -2, 2, 0], .init(temperature: 1)))
    // A token that left the window is not penalized, and a logit of zero stays zero.
    #expect(
      try Self.distribution([2, -1, 4, 0], options, after: [0, 1, 3, 1])
        == Self.distribution([2, -2, 4, 0], .init(temperature: 1)))
  }

  @Test func `a repeat penalty over a window of 0 tokens has no effect`() throws {
    #expect(
      try Self.distribution(
        [2, -1], .init(temperature: 1, repeatPenalty: 2, repeatLastN: 0), after: [0, 1])
        == Self.distribution([2, -1], .init(temperature: 1)))
  }

  @Test func `top-p applies to the result of top-k, and the temperature comes last`() throws {
    // After top-k 2: 2/3 and 1/3. So top-p 0.6 keeps one token; of all four it would keep two.
    #expect(
      Self.isClose(
        try Self.distribution(Self.logits, .init(temperature: 1, topK: 2, topP: 0.6)), [0, 1, 0, 0])
    )
    // At temperature 100 the probabilities are almost equal: applied first, top-p would keep three.
    let flat = try Self.distribution(Self.logits, .init(temperature: 100, topP: 0.6))
    #expect(flat.filter { $0 > 0 }.count == 2)
    // At temperature 0.1 one token has almost all of the probability: applied first, min-p would
    // keep one.
    let sharp = try Self.distribution(Self.logits, .init(temperature: 0.1, minP: 0.4))
    #expect(sharp.filter { $0 > 0 }.count == 2)
    // The penalty comes before top-k, which then keeps a different token.
    let penalized = try Self.distribution(
      [3, 2, 1], .init(temperature: 1, topK: 1, repeatPenalty: 10), after: [0])
    #expect(penalized == [0, 1, 0])
  }

  @Test func `banned tokens are removed before the other filters`() throws {
    #expect(
      Self.isClose(
        try Self.distribution(Self.logits, .init(temperature: 1, topK: 2), banned: [1]),
        [1.0 / 3, 0, 0, 2.0 / 3]))
    #expect(
      try Self.distribution([9, 1, 1], .init(temperature: 0), banned: [0, 77, -3]) == [0, 1, 0])
  }

  /// Returns the distribution by the definitions of the filters, with a sort instead of the heap.
  ///
  /// A token whose logit is minus infinity is banned.
  static func reference(_ logits: [Float], _ options: SamplingOptions) -> [Double] {
    var order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
    if options.temperature == 0 { return logits.indices.map { $0 == order[0] ? 1 : 0 } }
    if options.topK > 0 { order = Array(order.prefix(options.topK)) }
    func softmax(_ temperature: Double) -> [Double] {
      let weights = order.map { exp(Double(logits[$0] - logits[order[0]]) / temperature) }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    var sum = 0.0
    let nucleus = softmax(1).prefix { probability in
      defer { sum += probability }
      return sum < options.topP
    }
    order = Array(order.prefix(nucleus.count))
    let best = softmax(1)
    order = Array(order.prefix(best.prefix { $0 >= options.minP * best[0] }.count))
    var result = [Double](repeating: 0, count: logits.count)
    for (id, probability) in zip(order, softmax(options.temperature)) { result[id] = probability }
    return result
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `random filter chains match their definitions`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let vocabulary = Int.random(in: 1...300, using: &random)
    let logits = (0..<vocabulary).map { _ in
      // A coarse grid, for many ties.
      Float(Int.random(in: -40...40, using: &random)) / 8
    }
    let options = SamplingOptions(
      temperature: Double.random(in: 0.1...3, using: &random),
      topK: Bool.random(using: &random) ? 0 : Int.random(in: 1...350, using: &random),
      topP: Bool.random(using: &random) ? 1 : Double.random(in: 0.01...1, using: &random),
      minP: Bool.random(using: &random) ? 0 : Double.random(in: 0...1, using: &random))
    let found = try Self.distribution(logits, options)
    let expected = Self.reference(logits, options)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-12 }, "\(options)")
    #expect(abs(found.reduce(0, +) - 1) <= 1e-12)
  }
}
