import Foundation
import GeulGeneration
import TestSupport
import Testing

/// Each filter against what it should leave, reckoned by hand or straight from its definition.
struct SamplerChainTests {
  /// The distribution for logits, options and the last units.
  static func distribution(
    _ logits: [Float], _ options: SamplingOptions, after recent: [Int] = [], banned: Set<Int> = []
  ) throws -> [Double] {
    var sampler = try Sampler(options, vocabulary: logits.count, banned: banned)
    var window = PenaltyWindow(capacity: options.repeatLastN)
    for id in recent { window.append(id) }
    return sampler.distribution(logits.span, after: window)
  }

  static func isClose(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-7 }
  }

  /// Logits whose probabilities are a half, a quarter, an eighth and an eighth, not in that order.
  static let halves: [Float] = [
    Float(log(0.125)), Float(log(0.5)), Float(log(0.125)), Float(log(0.25)),
  ]

  @Test func `without filters the distribution is the softmax`() throws {
    #expect(
      Self.isClose(
        try Self.distribution(Self.halves, .init(temperature: 1)), [0.125, 0.5, 0.125, 0.25]))
  }

  @Test func `temperature 2 takes the square root of each probability, one half squares it`() throws
  {
    let roots = [0.125, 0.5, 0.125, 0.25].map { $0.squareRoot() }
    #expect(
      Self.isClose(
        try Self.distribution(Self.halves, .init(temperature: 2)),
        roots.map { $0 / roots.reduce(0, +) }))
    #expect(
      Self.isClose(
        try Self.distribution(Self.halves, .init(temperature: 0.5)),
        [1, 16, 1, 4].map { $0 / 22 }))
  }

  @Test func `top-k keeps the best, and of equals the smaller id`() throws {
    func kept(_ k: Int) throws -> [Double] {
      try Self.distribution(Self.halves, .init(temperature: 1, topK: k))
    }
    #expect(Self.isClose(try kept(1), [0, 1, 0, 0]))
    #expect(Self.isClose(try kept(2), [0, 2.0 / 3, 0, 1.0 / 3]))
    #expect(Self.isClose(try kept(3), [1.0 / 7, 4.0 / 7, 0, 2.0 / 7]))
    #expect(try kept(4) == kept(0))
    #expect(try kept(5) == kept(0))
    #expect(try kept(.max) == kept(0))
  }

  @Test func `top-p keeps the fewest that have p together`() throws {
    func kept(_ p: Double) throws -> [Double] {
      try Self.distribution(Self.halves, .init(temperature: 1, topP: p))
    }
    #expect(Self.isClose(try kept(.leastNonzeroMagnitude), [0, 1, 0, 0]))
    #expect(Self.isClose(try kept(0.4), [0, 1, 0, 0]))
    #expect(Self.isClose(try kept(0.6), [0, 2.0 / 3, 0, 1.0 / 3]))
    #expect(Self.isClose(try kept(0.8), [1.0 / 7, 4.0 / 7, 0, 2.0 / 7]))
    #expect(try kept(0.99) == kept(1))
  }

  @Test func `min-p keeps those with a share of the best one's probability`() throws {
    func kept(_ p: Double) throws -> [Double] {
      try Self.distribution(Self.halves, .init(temperature: 1, minP: p))
    }
    #expect(try kept(0.24) == kept(0))
    #expect(Self.isClose(try kept(0.26), [0, 2.0 / 3, 0, 1.0 / 3]))
    #expect(Self.isClose(try kept(0.51), [0, 1, 0, 0]))
    #expect(Self.isClose(try kept(1), [0, 1, 0, 0]))
    #expect(try Self.distribution([1, 3, 3], .init(temperature: 1, minP: 1)) == [0, 0.5, 0.5])
  }

  @Test func `the penalty divides positive logits and multiplies negative ones, once`() throws {
    let options = SamplingOptions(temperature: 1, repeatPenalty: 2, repeatLastN: 3)
    #expect(
      try Self.distribution([2, -1, 4, 0], options, after: [1, 2, 2])
        == Self.distribution([2, -2, 2, 0], .init(temperature: 1)))
    // A unit that left the window is not penalised, and zero stays zero.
    #expect(
      try Self.distribution([2, -1, 4, 0], options, after: [0, 1, 3, 1])
        == Self.distribution([2, -2, 4, 0], .init(temperature: 1)))
  }

  @Test func `a penalty over no units changes nothing`() throws {
    #expect(
      try Self.distribution(
        [2, -1], .init(temperature: 1, repeatPenalty: 2, repeatLastN: 0), after: [0, 1])
        == Self.distribution([2, -1], .init(temperature: 1)))
  }

  @Test func `top-p looks at what top-k left, and the temperature comes last`() throws {
    // After top-k 2: 2/3 and 1/3. So top-p 0.6 keeps one, where of all four it would keep two.
    #expect(
      Self.isClose(
        try Self.distribution(Self.halves, .init(temperature: 1, topK: 2, topP: 0.6)), [0, 1, 0, 0])
    )
    // At temperature 100 the probabilities are nearly equal; were it first, top-p would keep three.
    let late = try Self.distribution(Self.halves, .init(temperature: 100, topP: 0.6))
    #expect(late.filter { $0 > 0 }.count == 2)
    // At temperature 0.1 the best has nearly all; were it first, min-p would keep one.
    let sharp = try Self.distribution(Self.halves, .init(temperature: 0.1, minP: 0.4))
    #expect(sharp.filter { $0 > 0 }.count == 2)
    // The penalty comes before top-k, which then keeps another unit.
    let moved = try Self.distribution(
      [3, 2, 1], .init(temperature: 1, topK: 1, repeatPenalty: 10), after: [0])
    #expect(moved == [0, 1, 0])
  }

  @Test func `banned units leave before all others are counted`() throws {
    #expect(
      Self.isClose(
        try Self.distribution(Self.halves, .init(temperature: 1, topK: 2), banned: [1]),
        [1.0 / 3, 0, 0, 2.0 / 3]))
    #expect(
      try Self.distribution([9, 1, 1], .init(temperature: 0), banned: [0, 77, -3]) == [0, 1, 0])
  }

  /// The definitions, with sorting, in place of the heap.
  static func reference(_ logits: [Float], _ options: SamplingOptions) -> [Double] {
    var order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
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
  func `random chains over random logits are as the definitions say`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let vocabulary = Int.random(in: 1...300, using: &random)
    let logits = (0..<vocabulary).map { _ in
      // Coarse, so that there are many equal ones.
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
