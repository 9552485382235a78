import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import Testing

/// Data-parallel training with ranks that are threads.
struct DataParallelTests {
  /// Enough text for batches of 16 x 256: eight sub-batches.
  static let text = String(repeating: TrainingFixture.text, count: 12)

  static func fixture(_ cell: CellKind = .lstm, dropout: Float = 0) throws -> TrainingFixture {
    try TrainingFixture(
      cell, layers: 2, hidden: 24, batch: 16, length: 256, dropout: dropout, text: text)
  }

  /// Trains on a number of ranks, and returns the state of rank 0 and the losses.
  static func train(
    _ fixture: TrainingFixture, ranks: Int, threads: Int = 1, from start: TrainerState? = nil,
    steps: Int = 6
  ) -> (state: TrainerState, nats: [Double]) {
    let results = ThreadCommunicator.run(ranks: ranks) { communicator in
      let initial = TrainerState(
        fixture.configuration, vocabulary: fixture.corpus.vocabulary.count,
        tokenCount: fixture.corpus.count)
      var trainer = Trainer(
        fixture.configuration, state: start ?? initial,
        vocabulary: fixture.corpus.vocabulary.count,
        context: ComputeContext(Kernels(.best), threads: threads), communicator: communicator)
      guard communicator.rank == 0 else {
        trainer.follow(fixture.corpus, validation: nil)
        return nil as (TrainerState, [Double])?
      }
      let nats = (0..<steps).map { _ in trainer.step(fixture.corpus, of: 100).nats }
      let state = trainer.state
      trainer.finish()
      return (state, nats)
    }
    guard let first = results[0] else { preconditionFailure("rank 0 returns a state") }
    return first
  }

  @Test(arguments: CellKind.allCases, [Float(0), 0.1])
  func `the number of ranks and threads does not change a bit`(
    cell: CellKind, dropout: Float
  ) throws {
    let fixture = try Self.fixture(cell, dropout: dropout)
    #expect(SubBatches(batch: 16, length: 256).count == 8)
    let alone = Self.train(fixture, ranks: 1)
    let bytes = try fixture.bytes(alone.state)
    for (ranks, threads) in [(2, 1), (3, 1), (4, 2), (5, 1), (8, 1)] {
      let together = Self.train(fixture, ranks: ranks, threads: threads)
      #expect(together.nats == alone.nats, "\(ranks) ranks")
      #expect(try fixture.bytes(together.state).elementsEqual(bytes), "\(ranks) ranks")
    }
  }

  @Test func `a run continues with another number of ranks as if it had not changed`() throws {
    let fixture = try Self.fixture()
    let whole = Self.train(fixture, ranks: 1, steps: 9)
    var state: TrainerState?
    var nats: [Double] = []
    for ranks in [1, 4, 3] {
      let part = Self.train(fixture, ranks: ranks, from: state, steps: 3)
      state = part.state
      nats += part.nats
    }
    #expect(nats == whole.nats)
    #expect(state == whole.state)
  }

  @Test(arguments: [1, 700, 1 << 20])
  func `each rank receives the tokens that it needs, in rounds`(roundCount: Int) throws {
    let whole = try Corpus.read([.text(String(Self.text.prefix(5000)))])
    let cuts = [0, 1200, 1200, whole.count]
    let needs = [
      [0..<30, 4000..<whole.count, 10..<20], [0..<whole.count], [1199..<1201, 1201..<1300],
    ]
    let received = ThreadCommunicator.run(ranks: 3) { communicator -> Corpus? in
      let part = cuts[communicator.rank]..<cuts[communicator.rank + 1]
      guard var collector = try? TokenCollector([part], of: whole) else { return nil }
      try? collector.store(whole.ids(part)[...], at: part.lowerBound)
      guard let corpus = try? collector.finish() else { return nil }
      return try? TokenExchange(corpus, needs: needs, communicator, roundCount: roundCount).run()
    }
    let expected = [[0..<30, 4000..<whole.count], [0..<whole.count], [1199..<1300]]
    for (corpus, ranges) in zip(received, expected) {
      let corpus = try #require(corpus)
      #expect(corpus.storedRanges == ranges)
      for range in ranges { #expect(corpus.ids(range) == whole.ids(range)) }
    }
  }
}
