import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

@Suite("Scoring text")
struct EvaluatorTests {
  static func scorer(
    _ cell: CellKind, _ corpus: Corpus, _ set: InstructionSet = .best
  ) -> (scorer: Evaluator, reference: ReferenceNetwork) {
    let network = Network(
      Architecture(cell: cell, layers: 2, hidden: 20), vocabulary: corpus.vocabulary.count)
    var random = SeededGenerator(seed: 5)
    let tensors = network.tensorShapes.map { name, shape in
      NamedTensor(name: name, shape: shape, values: random.floats(shape.reduce(1, *), 0.5))
    }
    let scorer = Evaluator(
      network, parameters: network.parameters(from: tensors), kernels: Kernels(set),
      pool: ThreadPool(2))
    let reference = ReferenceNetwork(
      cell: cell.rawValue,
      tensors: tensors.map { ($0.name, $0.shape, $0.values.map(Double.init)) })
    return (scorer, reference)
  }

  static func nats(_ reference: ReferenceNetwork, _ ids: [Int32]) -> Double {
    let moments = reference.read(ids.dropLast().map(Int.init), from: reference.zeroState)
    return zip(moments, ids.dropFirst()).reduce(0) {
      $0 + ReferenceNetwork.nats($1.0.scores, Int($1.1))
    }
  }

  /// A unit's loss is off by some sqrt(100) roundings of scores of size 5; 600 of them, either way,
  /// by less than 1e-5 on the mean.
  @Test(
    "The score is the reference's, across the borders of its blocks", arguments: CellKind.allCases)
  func score(cell: CellKind) throws {
    let corpus = try Corpus.read([.text(TrainingFixture.text)])
    let (scorer, reference) = Self.scorer(cell, corpus)
    for range in [0..<corpus.count, 0..<256, 0..<257, 3..<260, 10..<12, 100..<612] {
      let score = scorer.score(corpus, range)
      #expect(score.units == range.count - 1)
      let nats = Self.nats(reference, corpus.ids(range))
      #expect(abs(score.natsPerUnit - nats / Double(score.units)) < 1e-5)
      #expect(abs(score.bitsPerUnit * 0.6931471805599453 - score.natsPerUnit) < 1e-12)
    }
  }

  @Test("The score is the same bits for each instruction set")
  func sameBits() throws {
    let corpus = try Corpus.read([.text(TrainingFixture.text)])
    let scores = InstructionSet.available.map {
      Self.scorer(.lstm, corpus, $0).scorer.score(corpus, 0..<400)
    }
    #expect(scores.allSatisfy { $0 == scores[0] })
  }

  @Test("Units that the vocabulary does not hold are passed over")
  func unknownUnits() throws {
    let known = try Corpus.read([.text(TrainingFixture.text)])
    let text = String(TrainingFixture.text.prefix(300))
    let strange = text.enumerated().map { $0 % 7 == 3 ? "\($1)§" : "\($1)" }.joined()
    var options = CorpusOptions()
    options.vocabulary = known.vocabulary
    let clean = try Corpus.read([.text(text)], options: options)
    let dirty = try Corpus.read([.text(strange)], options: options)
    let scorer = Self.scorer(.gru, known).scorer
    let a = scorer.score(clean, 0..<clean.count)
    let b = scorer.score(dirty, 0..<dirty.count)
    #expect(abs(a.nats - b.nats) < 1e-9 && a.units == b.units)
    #expect(a.unknown == 0 && b.unknown == dirty.count - clean.count)
  }

  /// GenerationBatch begin with another state than the one carried from the beginning; after 64 units the
  /// two differ little.
  ///
  /// Of a short stretch there is one stream, which begins as the score does.
  @Test("The estimate is near the score, for one stream and many", arguments: CellKind.allCases)
  func estimate(cell: CellKind) throws {
    let corpus = try Corpus.read([.text(String(repeating: TrainingFixture.text, count: 4))])
    let scorer = Self.scorer(cell, corpus).scorer
    for range in [0..<corpus.count, 7..<900, 0..<100, 50..<52] {
      let score = scorer.score(corpus, range)
      let estimate = scorer.estimate(corpus, range, limit: 1_000_000)
      #expect(abs(estimate.natsPerUnit / score.natsPerUnit - 1) < 0.01, "\(range)")
      #expect(estimate.units >= score.units && estimate.units <= score.units + 64)
    }
    let part = scorer.estimate(corpus, 0..<corpus.count, limit: 600)
    #expect(600...602 ~= part.units)
    #expect(scorer.estimate(corpus, 5..<6, limit: 100).units == 0)
  }

  /// So many scores to a place that a block has fewer steps than streams read before their own part.
  @Test("The estimate is near the score with a vocabulary of 70,000")
  func largeVocabulary() throws {
    let scalars = (0x20000..<0x20000 + 70_000).compactMap(Unicode.Scalar.init)
    var text = String.UnicodeScalarView(scalars)
    text.append(contentsOf: scalars.prefix(2000))
    let corpus = try Corpus.read(
      [.text(String(text))],
      options: CorpusOptions(tokenizer: Tokenizer(unit: .codepoint, normalization: .none)))
    let scorer = Self.scorer(.rnn, corpus).scorer
    let range = 70_000..<71_500
    let (score, estimate) = (
      scorer.score(corpus, range), scorer.estimate(corpus, range, limit: 2000)
    )
    #expect(abs(estimate.natsPerUnit / score.natsPerUnit - 1) < 0.01)
    #expect(estimate.units >= score.units && estimate.units <= score.units + 64)
  }
}
