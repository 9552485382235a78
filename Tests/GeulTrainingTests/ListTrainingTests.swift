import GeulCompute
import GeulModel
import GeulStorage
import GeulText
import GeulTraining
import TestSupport
import Testing

/// Training and evaluation on lists of lines.
struct ListTrainingTests {
  /// Korean names: the product of lists of syllables.
  static let names: [String] = {
    let family = "김 이 박 최 정".split(separator: " ")
    let first = "서 지 민 하 도 수".split(separator: " ")
    let second = "연 우 준 아 현 나라".split(separator: " ")
    return family.flatMap { name in first.flatMap { a in second.map { "\(name)\(a)\($0)" } } }
  }()

  static func corpus(
    _ items: [String] = names, seed: UInt64 = 3, vocabulary: Vocabulary? = nil
  ) throws -> Corpus {
    var options = CorpusOptions(vocabulary: vocabulary)
    options.listSeed = seed
    return try Corpus.read([.text(items.joined(separator: "\n"))], options: options)
  }

  static func items(_ corpus: Corpus) -> [String] {
    corpus.ids(0..<corpus.count).map { corpus.vocabulary.tokens[Int($0)] }.joined()
      .split(separator: "\n").map(String.init)
  }

  // MARK: Order

  @Test func `each epoch has the same items in another order`() throws {
    let corpus = try Self.corpus()
    let training = corpus.split(withoutLast: 0.1).training
    let expected = Self.items(
      corpus.arranged(corpus.itemStarts(in: training.dropLast()), endingAt: training.upperBound - 1)
    )
    #expect(expected == Array(Self.items(corpus).prefix(expected.count)))
    var orders: Set<[String]> = []
    for epoch in 0..<10 {
      let shuffled = corpus.shuffled(training, epoch: epoch)
      #expect(shuffled.count == training.count && shuffled.list == corpus.list)
      #expect(corpus.isSeparator(shuffled.ids(0..<1)[0]))
      #expect(corpus.isSeparator(shuffled.ids(shuffled.count - 1..<shuffled.count)[0]))
      let items = Self.items(shuffled)
      #expect(items.sorted() == expected.sorted())
      orders.insert(items)
      #expect(
        Self.items(corpus.shuffled(training, epoch: epoch)) == items, "a function of the epoch")
    }
    #expect(orders.count == 10)
  }

  @Test func `each permutation of three items is about equally frequent`() throws {
    let corpus = try Self.corpus(["가", "나", "다"])
    var counts: [[String]: Int] = [:]
    for epoch in 0..<6000 {
      counts[Self.items(corpus.shuffled(0..<corpus.count, epoch: epoch)), default: 0] += 1
    }
    // Chi-square with 5 degrees of freedom: above 25.7 with a probability of 1e-4.
    let chiSquare = counts.values.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    #expect(counts.count == 6 && chiSquare < 25.7)
  }

  // MARK: Training

  private static func fixture(batch: Int = 12) throws -> (TrainingConfiguration, Corpus) {
    var configuration = try TrainingFixture(.lstm, hidden: 24, batch: batch).configuration
    configuration.precision = .float32
    return (configuration, try corpus())
  }

  private static func trainer(
    _ configuration: TrainingConfiguration, _ corpus: Corpus, threads: Int = 2
  ) -> Trainer {
    Trainer(
      configuration, vocabulary: corpus.vocabulary.count,
      tokenCount: TrainingLoop.trainingTokenCount(of: corpus, configuration),
      context: ComputeContext(Kernels(.best), threads: threads))
  }

  @Test func `a run that is resumed at any step continues with the same bits`() throws {
    let (configuration, corpus) = try Self.fixture()
    var whole = Self.trainer(configuration, corpus)
    var losses: [Double] = []
    var states: [TrainerState] = []
    for _ in 0..<24 {
      losses.append(whole.step(corpus, of: 24).nats)
      states.append(whole.state)
    }
    #expect(states.last?.batcher.epoch ?? 0 >= 3, "several epochs")
    for stop in [1, 5, 11, 17] {
      var resumed = Trainer(
        configuration, state: states[stop - 1], vocabulary: corpus.vocabulary.count,
        context: ComputeContext(Kernels(.best), threads: 1))
      for step in stop..<24 { #expect(resumed.step(corpus, of: 24).nats == losses[step]) }
      #expect(resumed.state == states[23])
    }
  }

  @Test func `a sequence that begins with an item begins with the zero state`() throws {
    var (configuration, corpus) = try Self.fixture(batch: 1)
    configuration.length = 3
    var trainer = Self.trainer(configuration, corpus)
    var isReset: Set<Bool> = []
    for _ in 0..<20 {
      let position = trainer.batcher.start(row: 0)
      let text = corpus.shuffled(0..<corpus.count, epoch: trainer.batcher.epoch)
      let beginsItem = corpus.isSeparator(text.ids(position..<position + 1)[0])
      var changed = trainer.state
      for index in changed.recurrent.hidden.indices { changed.recurrent.hidden[index] = 0.5 }
      var other = Trainer(
        configuration, state: changed, vocabulary: corpus.vocabulary.count,
        context: ComputeContext(Kernels(.best), threads: 1))
      let isStart = trainer.batcher.isAtStart
      let (a, b) = (trainer.step(corpus, of: 12).nats, other.step(corpus, of: 12).nats)
      #expect((a == b) == (beginsItem || isStart))
      isReset.insert(beginsItem)
    }
    #expect(isReset == [true, false])
  }

  @Test func `a session on a list is resumed to the same bytes, and its model knows the list`()
    throws
  {
    let folder = try Folder()
    let corpus = try Self.corpus()
    var options = TrainingOptions()
    (options.hidden, options.batch, options.length) = (16, 4, 8)
    options.precision = .float32
    options.configuration.patience = 0
    options.budget = .steps(150)
    let plan = try TrainingPlan(
      options, corpus: corpus, context: ComputeContext(Kernels(.best), threads: 2))
    func run(_ name: String, stop: Int) throws -> RunFolder {
      let run = RunFolder(folder.file(name))
      var calls = 0
      _ = try TrainingSession(plan, folder: run).run(
        sampleEvery: 0, baselines: false,
        shouldStop: {
          calls += 1
          return calls > stop
        }, report: { _ in })
      return run
    }
    let whole = try run("whole", stop: .max)
    let parts = try run("parts", stop: 60)
    #expect(try parts.loadLatest().value.run.step == 60)
    _ = try TrainingSession(
      resuming: parts.loadLatest(), in: parts, corpus: corpus, sources: ["-"], validation: nil,
      budget: nil, context: plan.context
    ).run(sampleEvery: 0, baselines: false, report: { _ in })
    for name in ["latest", "best"] {
      #expect(folder.data("parts/\(name).safetensors") == folder.data("whole/\(name).safetensors"))
    }
    let model = try Model(contentsOf: whole.best.path)
    #expect(model.metadata.list == corpus.list.map(Model.Metadata.List.init))
    #expect(Self.names.allSatisfy { model.metadata.list?.items.contains($0) == true })
    #expect(model.metadata.list?.items.contains("김서") == false)
    // The reported loss is that of the part that was held out.
    let loss = Evaluator(model.network, parameters: model.parameters, context: plan.context)
      .loss(corpus, corpus.split(withoutLast: 0.1).heldOut)
    #expect(loss.natsPerToken == model.metadata.training?.validationNats)
    // Another order is another text.
    #expect(throws: TrainingError.self) {
      _ = try TrainingSession(
        resuming: parts.loadLatest(), in: parts, corpus: Self.corpus(seed: 4), sources: ["-"],
        validation: nil, budget: nil, context: plan.context)
    }
  }

  @Test func `of a list of a few items none is held out`() throws {
    let plan = try TrainingPlan(
      TrainingOptions(), corpus: Self.corpus(Array(Self.names.prefix(9))),
      context: ComputeContext(Kernels(.best), threads: 1))
    #expect(plan.configuration.validationFraction == 0)
    #expect(plan.notes.first == "The list is too small to hold out a part for validation.")
    #expect(plan.trainingTokenCount == plan.corpus.count)
  }

  // MARK: Evaluation

  @Test(arguments: CellKind.allCases)
  func `each item is scored from a zero state after a line feed`(cell: CellKind) throws {
    let long = String(repeating: "서준", count: 100)
    let corpus = try Self.corpus(Self.names.prefix(150) + [long])
    let (evaluator, reference) = EvaluatorTests.evaluator(cell, corpus)
    let loss = evaluator.loss(corpus, 0..<corpus.count)
    let expected = Self.items(corpus).reduce(0.0) { sum, item in
      let ids = ("\n" + item + "\n").map { Int32(corpus.vocabulary.id(of: String($0)) ?? -1) }
      return sum + EvaluatorTests.nats(reference, ids)
    }
    #expect((loss.items, loss.tokens, loss.unknown) == (151, corpus.count - 1, 0))
    #expect(abs(loss.natsPerToken - expected / Double(loss.tokens)) < 1e-5)
  }

  @Test func `the loss does not depend on threads, on other items or on the instruction set`()
    throws
  {
    let corpus = try Self.corpus()
    var losses: [Evaluator.Loss] = []
    for set in InstructionSet.available {
      let (evaluator, _) = EvaluatorTests.evaluator(.gru, corpus, set)
      losses.append(evaluator.loss(corpus, 0..<corpus.count))
    }
    #expect(losses.allSatisfy { $0 == losses[0] })
    let (evaluator, _) = EvaluatorTests.evaluator(.gru, corpus)
    let starts = corpus.itemStarts(in: 0..<corpus.count)
    let single = zip(starts, starts.dropFirst()).reduce(0.0) {
      $0 + evaluator.loss(corpus, $1.0..<$1.1 + 1).nats
    }
    #expect(abs(single - losses[0].nats) < 1e-9)
  }

  @Test func `tokens that the vocabulary does not contain are skipped`() throws {
    let known = try Self.corpus()
    let (evaluator, _) = EvaluatorTests.evaluator(.lstm, known)
    let strange = try Self.corpus(
      Self.names.map { "§" + $0.prefix(1) + "§" + $0.dropFirst() }, vocabulary: known.vocabulary)
    let (a, b) = (
      evaluator.loss(known, 0..<known.count), evaluator.loss(strange, 0..<strange.count)
    )
    #expect(b.unknown == 2 * Self.names.count && a.unknown == 0)
    #expect(a.tokens == b.tokens && abs(a.nats - b.nats) < 1e-9)
  }

  @Test func `a sample of a list has its first items, and an evaluation can be stopped`() throws {
    let corpus = try Self.corpus()
    let (evaluator, _) = EvaluatorTests.evaluator(.rnn, corpus)
    let starts = corpus.itemStarts(in: 0..<corpus.count)
    let first = evaluator.loss(corpus, 0..<starts[20] + 1)
    #expect(evaluator.sampledLoss(corpus, 0..<corpus.count, limit: starts[20] + 1) == first)
    #expect(first.items == 20)
    #expect(evaluator.loss(corpus, 0..<corpus.count, unless: { true }) == nil)
  }
}
