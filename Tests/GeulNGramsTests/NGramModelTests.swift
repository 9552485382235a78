import GeulCompute
import GeulNGrams
import TestSupport
import Testing

struct NGramModelTests {
  /// A text of words of a small vocabulary, so that n-grams repeat.
  static func text(_ count: Int, vocabulary: Int = 12, seed: UInt64 = 1) -> [Int32] {
    var random = SeededGenerator(seed: seed)
    let words = (0..<20).map { _ in
      (0..<Int.random(in: 1...5, using: &random)).map { _ in
        Int32.random(in: 0..<Int32(vocabulary - 1), using: &random)
      }
    }
    return Array(
      (0..<count).flatMap { _ in words.randomElement(using: &random) ?? [] }.prefix(count))
  }

  /// Calls `body` with the context after each beginning of a text.
  static func forEachContext(
    _ model: NGramModel, _ text: [Int32], _ body: (NGramModel.Context) -> Void
  ) {
    var context = model.makeContext()
    body(context)
    for id in text {
      model.advance(&context, by: id)
      body(context)
    }
  }

  static func probabilities(_ model: NGramModel, _ context: NGramModel.Context) -> [Double] {
    var probabilities = [Double](repeating: .nan, count: model.vocabulary)
    model.probabilities(after: context, into: &probabilities)
    return probabilities
  }

  @Test(arguments: 1...8)
  func `after every context the probabilities are positive and have the sum 1`(order: Int) {
    let model = NGramModel(Self.text(600), vocabulary: 12, order: order)
    Self.forEachContext(model, Self.text(200, seed: 2)) { context in
      let probabilities = Self.probabilities(model, context)
      #expect(probabilities.allSatisfy { $0 > 0 })
      // Each of the terms has a relative error of about the order times 2^-53.
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-14)
    }
  }

  @Test func `the probability of one token has the bits of that among all`() {
    let model = NGramModel(Self.text(600), vocabulary: 12, order: 5)
    Self.forEachContext(model, Self.text(100, seed: 3)) { context in
      let alone = (0..<12).map { model.probability(of: $0, after: context) }
      #expect(firstDifference(alone, Self.probabilities(model, context)) == nil)
    }
  }

  @Test func `a token that follows a context often is likely, and unknown contexts are shortened`()
  {
    let text: [Int32] = Array(repeating: [0, 1, 2, 3], count: 50).flatMap { $0 }
    let model = NGramModel(text, vocabulary: 6, order: 4)
    var context = model.makeContext()
    for id: Int32 in [0, 1, 2] { model.advance(&context, by: id) }
    #expect(model.probability(of: 3, after: context) > 0.95)
    #expect(model.longestMatch(context).length == 3)
    // 5 never occurs: only what follows it counts.
    for id: Int32 in [5, 1] { model.advance(&context, by: id) }
    #expect(model.longestMatch(context).length == 1)
    #expect(model.probability(of: 2, after: context) > 0.5)
    model.advance(&context, by: 5)
    #expect(model.longestMatch(context) == (0, 0))
    #expect(abs(Self.probabilities(model, context).reduce(0, +) - 1) < 1e-14)
  }

  @Test(arguments: [[], [3], [3, 3], [0, 1]] as [[Int32]])
  func `the smallest texts have a model`(text: [Int32]) {
    for order in 1...3 {
      let model = NGramModel(text, vocabulary: 4, order: order)
      Self.forEachContext(model, text) { context in
        #expect(abs(Self.probabilities(model, context).reduce(0, +) - 1) < 1e-14)
      }
      #expect(
        NGramModel(bytes: model.bytes, vocabulary: 4, discounts: model.storedDiscounts) == model)
    }
  }

  // MARK: Bytes

  @Test(arguments: [1, 3, 8])
  func `a model is read from its bytes`(order: Int) throws {
    for model in [
      NGramModel(Self.text(900), vocabulary: 300, order: order),
      try #require(
        NGramModel(Self.text(900), vocabulary: 300, order: order).pruned(toBytes: 700)),
    ] {
      let bytes = model.bytes
      #expect(bytes.count == model.byteCount)
      let again = NGramModel(bytes: bytes, vocabulary: 300, discounts: model.storedDiscounts)
      #expect(again == model)
    }
  }

  @Test func `damaged bytes are rejected, or are those of another valid model`() {
    let model = NGramModel(Self.text(300), vocabulary: 12, order: 3)
    let bytes = model.bytes
    for count in bytes.indices {
      let part = Array(bytes[..<count])
      #expect(
        NGramModel(bytes: part, vocabulary: 12, discounts: model.storedDiscounts) == nil)
    }
    var random = SeededGenerator(seed: 9)
    for _ in 0..<2000 {
      var damaged = bytes
      let index = Int.random(in: damaged.indices, using: &random)
      damaged[index] = UInt8.random(in: .min ... .max, using: &random)
      guard
        let other = NGramModel(bytes: damaged, vocabulary: 12, discounts: model.storedDiscounts)
      else { continue }
      Self.forEachContext(other, Self.text(20, seed: 4)) { context in
        #expect(Self.probabilities(other, context).allSatisfy { $0 >= 0 && $0.isFinite })
      }
    }
    #expect(NGramModel(bytes: bytes + [0], vocabulary: 12, discounts: model.storedDiscounts) == nil)
    #expect(NGramModel(bytes: bytes, vocabulary: 5, discounts: model.storedDiscounts) == nil)
    #expect(NGramModel(bytes: bytes, vocabulary: 12, discounts: []) == nil)
    #expect(
      NGramModel(bytes: bytes, vocabulary: 12, discounts: [[0, 1, 1], [1, 1, 1], [1, 1, 1]]) == nil)
  }

  @Test func `counts whose sum has more than 32 bits are rejected`() {
    // Two tokens: the count of the first one is 2^32 - 1 or 2^32 - 2, that of the second one 1.
    for (low, isValid): (UInt8, Bool) in [(255, false), (254, true)] {
      let bytes: [UInt8] = [2, 1, low, 255, 255, 255, 15, 1, 1]
      let model = NGramModel(bytes: bytes, vocabulary: 2, discounts: [[0.5, 1, 1.5]])
      #expect((model != nil) == isValid)
    }
    // After one token, a token with the count 1, and others with a count of 2^32 - 1 or 2^32 - 2 that were removed.
    for (low, isValid): (UInt8, Bool) in [(255, false), (254, true)] {
      let bytes: [UInt8] = [1, 1, 1, 3, low, 255, 255, 255, 15, 1, 1]
      let model = NGramModel(
        bytes: bytes, vocabulary: 2, discounts: [[0.5, 1, 1.5], [0.5, 1, 1.5]])
      #expect((model != nil) == isValid)
    }
  }

  @Test(
    arguments: [[1.5, 1, 1], [0.5, 2.5, 1], [0.5, 1, 3.5], [1e-300, 1, 1], [Double.nan, 1, 1]]
      as [[Double]])
  func `discounts that are too large or too small are rejected`(discounts: [Double]) {
    let bytes = NGramModel(Self.text(100), vocabulary: 12, order: 1).bytes
    #expect(NGramModel(bytes: bytes, vocabulary: 12, discounts: [[0.5, 1, 1]]) != nil)
    #expect(NGramModel(bytes: bytes, vocabulary: 12, discounts: [discounts]) == nil)
  }

  // MARK: Pruning

  @Test func `a model is pruned to a number of bytes, the rarest and longest n-grams first`() throws
  {
    let model = NGramModel(Self.text(5000, vocabulary: 40), vocabulary: 40, order: 6)
    #expect(model.pruned(toBytes: model.byteCount) == model)
    var last = model
    for limit in stride(from: model.byteCount - 1, to: 200, by: -(model.byteCount / 7)) {
      let pruned = try #require(model.pruned(toBytes: limit))
      #expect(pruned.byteCount <= limit && pruned.count <= last.count)
      Self.forEachContext(pruned, Self.text(100, vocabulary: 40, seed: 5)) { context in
        #expect(abs(Self.probabilities(pruned, context).reduce(0, +) - 1) < 1e-14)
      }
      last = pruned
    }
    #expect(last.count < model.count / 4 && model.pruned(toBytes: 20) == nil)
    // The loss of another text changes little.
    let half = try #require(model.pruned(toBytes: model.byteCount / 2))
    let losses = [model, half].map { model in
      var nats = 0.0
      var context = model.makeContext()
      for id in Self.text(2000, vocabulary: 40, seed: 1).suffix(500) {
        nats -= naturalLogarithm(model.probability(of: id, after: context))
        model.advance(&context, by: id)
      }
      return nats
    }
    #expect(losses[1] < 1.25 * losses[0])
  }
}
