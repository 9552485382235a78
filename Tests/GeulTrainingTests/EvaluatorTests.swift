import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

struct EvaluatorTests {
  static func evaluator(
    _ cell: CellKind, _ corpus: Corpus, _ set: InstructionSet = .best
  ) -> (evaluator: Evaluator, reference: ReferenceNetwork) {
    let network = Network(
      Architecture(cell: cell, layers: 2, hidden: 20), vocabulary: corpus.vocabulary.count)
    var random = SeededGenerator(seed: 5)
    let tensors = network.tensorShapes.map { name, shape in
      NamedTensor(name: name, shape: shape, values: random.floats(shape.reduce(1, *), 0.5))
    }
    let evaluator = Evaluator(
      network, parameters: network.parameters(from: tensors),
      context: ComputeContext(Kernels(set), threads: 2))
    let reference = ReferenceNetwork(
      cell: cell.rawValue,
      tensors: tensors.map { ($0.name, $0.shape, $0.values.map(Double.init)) })
    return (evaluator, reference)
  }

  static func nats(_ reference: ReferenceNetwork, _ ids: [Int32]) -> Double {
    let steps = reference.read(ids.dropLast().map(Int.init), from: reference.zeroState)
    return zip(steps, ids.dropFirst()).reduce(0) {
      $0 + ReferenceNetwork.nats($1.0.logits, Int($1.1))
    }
  }

  /// The loss of a token has an error of about sqrt(100) roundings of logits of size 5; the mean of 600, whose errors have
  /// either sign, has less than 1e-5.
  @Test(arguments: CellKind.allCases)
  func `the loss matches the float64 reference across block boundaries`(cell: CellKind) throws {
    let corpus = try Corpus.read([.text(TrainingFixture.text)])
    let (evaluator, reference) = Self.evaluator(cell, corpus)
    for range in [0..<corpus.count, 0..<256, 0..<257, 3..<260, 10..<12, 100..<612] {
      let loss = evaluator.loss(corpus, range)
      #expect(loss.tokens == range.count - 1)
      let nats = Self.nats(reference, corpus.ids(range))
      #expect(abs(loss.natsPerToken - nats / Double(loss.tokens)) < 1e-5)
      #expect(abs(loss.bitsPerToken * 0.6931471805599453 - loss.natsPerToken) < 1e-12)
    }
  }

  @Test func `the loss has the same bits for any instruction set`() throws {
    let corpus = try Corpus.read([.text(TrainingFixture.text)])
    let losses = InstructionSet.available.map {
      Self.evaluator(.lstm, corpus, $0).evaluator.loss(corpus, 0..<400)
    }
    #expect(losses.allSatisfy { $0 == losses[0] })
  }

  @Test func `tokens that the vocabulary does not contain are skipped and counted`() throws {
    let known = try Corpus.read([.text(TrainingFixture.text)])
    let text = String(TrainingFixture.text.prefix(300))
    let strange = text.enumerated().map { $0 % 7 == 3 ? "\($1)§" : "\($1)" }.joined()
    var options = CorpusOptions()
    options.vocabulary = known.vocabulary
    let clean = try Corpus.read([.text(text)], options: options)
    let dirty = try Corpus.read([.text(strange)], options: options)
    let evaluator = Self.evaluator(.gru, known).evaluator
    let a = evaluator.loss(clean, 0..<clean.count)
    let b = evaluator.loss(dirty, 0..<dirty.count)
    #expect(abs(a.nats - b.nats) < 1e-9 && a.tokens == b.tokens)
    #expect(a.unknown == 0 && b.unknown == dirty.count - clean.count)
  }

  @Test func `an evaluation stops when it is told to`() throws {
    let corpus = try Corpus.read([.text(TrainingFixture.text)])
    let evaluator = Self.evaluator(.rnn, corpus).evaluator
    var calls = 0
    let loss = evaluator.loss(corpus, 0..<corpus.count) {
      calls += 1
      return calls == 2
    }
    #expect(loss == nil && calls == 2)
    let whole = evaluator.loss(corpus, 0..<corpus.count, unless: { false })
    #expect(whole == evaluator.loss(corpus, 0..<corpus.count))
  }

  /// The streams of a sample start from another state than the carried one; after 64 tokens the two differ little.
  ///
  /// A short range has one stream, which begins as the exact loss does.
  @Test(arguments: CellKind.allCases)
  func `the sampled loss is near the exact one, for one stream and many`(cell: CellKind) throws {
    let corpus = try Corpus.read([.text(String(repeating: TrainingFixture.text, count: 4))])
    let evaluator = Self.evaluator(cell, corpus).evaluator
    for range in [0..<corpus.count, 7..<900, 0..<100, 50..<52] {
      let loss = evaluator.loss(corpus, range)
      let sampled = evaluator.sampledLoss(corpus, range, limit: 1_000_000)
      #expect(abs(sampled.natsPerToken / loss.natsPerToken - 1) < 0.01, "\(range)")
      #expect(sampled.tokens >= loss.tokens && sampled.tokens <= loss.tokens + 64)
    }
    let part = evaluator.sampledLoss(corpus, 0..<corpus.count, limit: 600)
    #expect(600...602 ~= part.tokens)
    #expect(evaluator.sampledLoss(corpus, 5..<6, limit: 100).tokens == 0)
  }

  /// The logits of a position are so many that a block has fewer steps than the streams' warm-up.
  @Test func `the sampled loss is near the exact one with a vocabulary of 70,000`() throws {
    let scalars = (0x20000..<0x20000 + 70_000).compactMap(Unicode.Scalar.init)
    var text = String.UnicodeScalarView(scalars)
    text.append(contentsOf: scalars.prefix(2000))
    let corpus = try Corpus.read(
      [.text(String(text))],
      options: CorpusOptions(tokenizer: Tokenizer(unit: .codepoint, normalization: .none)))
    let evaluator = Self.evaluator(.rnn, corpus).evaluator
    let range = 70_000..<71_500
    let (loss, sampled) = (
      evaluator.loss(corpus, range), evaluator.sampledLoss(corpus, range, limit: 2000)
    )
    #expect(abs(sampled.natsPerToken / loss.natsPerToken - 1) < 0.01)
    #expect(sampled.tokens >= loss.tokens && sampled.tokens <= loss.tokens + 64)
  }
}
