import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import Testing

@Suite("Training is a function of seed and text")
struct DeterminismTests {
  static let variants = CellKind.allCases.flatMap { cell in [0, 0.1].map { (cell, Float($0)) } }

  @Test(
    "Fifty steps in float32 leave the same bytes for any threads and instruction set",
    arguments: variants)
  func sameBytes(cell: CellKind, dropout: Float) throws {
    let trial = try TrainingFixture(cell, dropout: dropout)
    func bytes(_ set: InstructionSet, _ threads: Int) throws -> [UInt8] {
      var trainer = trial.trainer(set, threads: threads)
      for _ in 0..<50 { _ = trainer.step(trial.corpus, of: 60) }
      #expect(trainer.step == 50)
      #expect(trainer.windows.epoch > 1, "offsets and fresh states are among what is tried")
      return try trial.bytes(trainer)
    }
    let best = InstructionSet.best
    let first = try bytes(best, 1)
    #expect(first.count > 50_000)
    for threads in [2, 3, 7] {
      #expect(try bytes(best, threads).elementsEqual(first), "\(threads) threads")
    }
    for set in InstructionSet.available where set != best {
      #expect(try bytes(set, 2).elementsEqual(first), "\(set)")
    }
  }

  @Test("Another seed leaves other bytes, with dropout other masks")
  func otherSeed() throws {
    var trial = try TrainingFixture(.gru, layers: 1, hidden: 8, dropout: 0.1)
    var states: [TrainerState] = []
    for seed: UInt64 in [1, 1, 2] {
      trial.settings.seed = seed
      var trainer = trial.trainer()
      for _ in 0..<3 { _ = trainer.step(trial.corpus, of: 3) }
      states.append(trainer.state)
    }
    #expect(states[0] == states[1])
    #expect(states[0] != states[2])
  }

  @Test(
    "A trainer that goes on from a state ends where one that never stopped does",
    arguments: CellKind.allCases, Precision.trained)
  func goesOn(cell: CellKind, precision: Precision) throws {
    let trial = try TrainingFixture(
      cell, hidden: 24, length: 7, dropout: 0.1, precision: precision)
    var whole = trial.trainer()
    whole.rateScale = 0.5
    for _ in 0..<9 { _ = whole.step(trial.corpus, of: 18) }
    let half = whole.state
    #expect(!half.windows.isAtStart, "the carried state counts")
    for _ in 0..<9 { _ = whole.step(trial.corpus, of: 18) }

    func bytes(_ trainer: Trainer) throws -> [UInt8] {
      var trainer = trainer
      for _ in 0..<9 { _ = trainer.step(trial.corpus, of: 18) }
      return try trial.bytes(trainer)
    }
    let resumed = Trainer(
      trial.settings, state: half, vocabulary: trial.corpus.vocabulary.count,
      kernels: whole.kernels,
      pool: ThreadPool(1))
    #expect(resumed.state == half)
    let expected = try trial.bytes(whole)
    #expect(try bytes(resumed).elementsEqual(expected))
    var back = whole
    back.restore(half)
    #expect(try bytes(back).elementsEqual(expected))
  }

  @Test(
    "What pads a width stays zero in parameters and moments", arguments: CellKind.allCases,
    Precision.trained)
  func paddingStaysZero(cell: CellKind, precision: Precision) throws {
    let trial = try TrainingFixture(cell, hidden: 17, dropout: 0.1, precision: precision)
    var trainer = trial.trainer()
    for _ in 0..<10 { _ = trainer.step(trial.corpus, of: 10) }
    let state = trainer.state
    for slot in trainer.weights.network.layout.slots {
      let padding = slot.range.filter { ($0 - slot.offset) % slot.width >= slot.units }
      for arena in [state.parameters, state.first, state.second] {
        #expect(padding.allSatisfy { arena.values[$0] == 0 }, "\(slot.name)")
      }
    }
  }
}
