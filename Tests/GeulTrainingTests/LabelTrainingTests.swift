import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

/// Training and evaluation with labels.
struct LabelTrainingTests {
  private static func corpus(listSeed: UInt64? = nil) throws -> Corpus {
    let text = ListTrainingTests.names.enumerated().map { number, name in
      "\(["강", "산", "들"][number % 3])\t\(name)\n"
    }.joined()
    var options = CorpusOptions()
    options.labels = LabelRule(.line)
    options.listSeed = listSeed
    return try Corpus.read([.text(text)], options: options)
  }

  /// The inputs and targets of a text: a label is read in place of a line feed, which is predicted.
  private static func nats(
    _ reference: ReferenceNetwork, _ corpus: Corpus, _ range: Range<Int>
  ) throws -> Double {
    let labels = try #require(corpus.vocabulary.labels)
    let ids = corpus.ids(range)
    let steps = reference.read(ids.dropLast().map(Int.init), from: reference.zeroState)
    return zip(steps, ids.dropFirst()).reduce(0) {
      $0 + ReferenceNetwork.nats($1.0.logits, Int(labels.target($1.1)))
    }
  }

  @Test func `the line feed is predicted where the token of a label follows`() throws {
    let corpus = try Self.corpus()
    let (evaluator, reference) = EvaluatorTests.evaluator(.lstm, corpus)
    let loss = evaluator.loss(corpus, 0..<corpus.count)
    let nats = try Self.nats(reference, corpus, 0..<corpus.count)
    #expect(abs(loss.nats - nats) < 1e-5 * Double(loss.tokens))
    // A sample of all tokens in one sequence is the same sum.
    let sampled = evaluator.sampledLoss(corpus, 0..<200, limit: 200)
    let first = try Self.nats(reference, corpus, 0..<200)
    #expect(sampled.tokens == 199 && abs(sampled.nats - first) < 1e-5 * 199)
  }

  @Test func `the items of a list are scored with their labels`() throws {
    let corpus = try Self.corpus(listSeed: 1)
    let (evaluator, reference) = EvaluatorTests.evaluator(.gru, corpus)
    let loss = evaluator.loss(corpus, 0..<corpus.count)
    let starts = corpus.itemStarts(in: 0..<corpus.count)
    let nats = try zip(starts, starts.dropFirst()).reduce(0.0) {
      try $0 + Self.nats(reference, corpus, $1.0..<$1.1 + 1)
    }
    #expect(loss.items == ListTrainingTests.names.count)
    #expect(abs(loss.nats - nats) < 1e-5 * Double(loss.tokens))
  }

  @Test(arguments: [nil, 3] as [UInt64?])
  func `a run with labels that is resumed continues with the same bits`(listSeed: UInt64?) throws {
    var configuration = try TrainingFixture(.lstm, hidden: 24).configuration
    configuration.validationFraction = 0.1
    let corpus = try Self.corpus(listSeed: listSeed)
    var whole = Trainer(
      configuration, vocabulary: corpus.vocabulary.count,
      tokenCount: TrainingLoop.trainingTokenCount(of: corpus, configuration),
      context: ComputeContext(Kernels(.best), threads: 2))
    let before = whole.state.parameters
    for _ in 0..<7 { _ = whole.step(corpus, of: 20) }
    var resumed = Trainer(
      configuration, state: whole.state, vocabulary: corpus.vocabulary.count,
      context: ComputeContext(Kernels(.best), threads: 1))
    for _ in 7..<20 {
      #expect(whole.step(corpus, of: 20).nats == resumed.step(corpus, of: 20).nats)
    }
    #expect(whole.state == resumed.state)
    // All labels are read, and the line feed itself where a label is omitted.
    let labels = try #require(corpus.vocabulary.labels)
    let table = whole.weights.network.layers[0].input
    for id in Array(labels.ids) + [labels.lineFeedID] {
      let changes = (0..<table.units).map {
        abs(whole.weights.parameters[table, id, 0, $0] - before[table, id, 0, $0])
      }
      #expect(changes.reduce(0, +) > 0.01, "token \(id)")
    }
  }
}
