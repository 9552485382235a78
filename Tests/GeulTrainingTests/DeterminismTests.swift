import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

struct DeterminismTests {
  static let variants = CellKind.allCases.flatMap { cell in [0, 0.1].map { (cell, Float($0)) } }

  @Test(arguments: variants)
  func `fifty float32 steps give the same bytes for any number of threads and instruction set`(
    cell: CellKind, dropout: Float
  ) throws {
    let fixture = try TrainingFixture(cell, dropout: dropout)
    func bytes(_ set: InstructionSet, _ threads: Int) throws -> [UInt8] {
      var trainer = fixture.trainer(set, threads: threads)
      for _ in 0..<50 { _ = trainer.step(fixture.corpus, of: 60) }
      let (step, epoch) = (trainer.step, trainer.batcher.epoch)
      #expect(step == 50)
      #expect(epoch > 1, "offsets and state resets are covered")
      return try fixture.bytes(trainer.state)
    }
    let best = InstructionSet.best
    let first = try bytes(best, 1)
    #expect(first.count > 50_000)
    for threads in [2, 3, 7] {
      #expect(try bytes(best, threads).elementsEqual(first), "\(threads) threads")
    }
    // The portable kernels are slow.
    let isPortable = isThorough || dropout > 0
    for set in InstructionSet.available where set != best && (set != .portable || isPortable) {
      #expect(try bytes(set, 2).elementsEqual(first), "\(set)")
    }
  }

  @Test func `another seed gives other parameters and, with dropout, other masks`() throws {
    var fixture = try TrainingFixture(.gru, layers: 1, hidden: 8, dropout: 0.1)
    var states: [TrainerState] = []
    for seed: UInt64 in [1, 1, 2] {
      fixture.configuration.seed = seed
      var trainer = fixture.trainer()
      for _ in 0..<3 { _ = trainer.step(fixture.corpus, of: 3) }
      states.append(trainer.state)
    }
    #expect(states[0] == states[1])
    #expect(states[0] != states[2])
  }

  @Test(arguments: CellKind.allCases, Precision.trainable)
  func `a trainer resumed from a state ends like one that was not interrupted`(
    cell: CellKind, precision: Precision
  ) throws {
    let fixture = try TrainingFixture(
      cell, hidden: 24, length: 7, dropout: 0.1, precision: precision)
    var whole = fixture.trainer()
    whole.learningRateScale = 0.5
    for _ in 0..<9 { _ = whole.step(fixture.corpus, of: 18) }
    let half = whole.state
    #expect(!half.batcher.isAtStart, "the carried state matters")
    for _ in 0..<9 { _ = whole.step(fixture.corpus, of: 18) }
    let end = whole.state
    let expected = try fixture.bytes(end)

    func finish(_ trainer: consuming Trainer) throws -> [UInt8] {
      for _ in 0..<9 { _ = trainer.step(fixture.corpus, of: 18) }
      return try fixture.bytes(trainer.state)
    }
    let resumed = fixture.trainer(half, threads: 1)
    let restored = resumed.state
    #expect(restored == half)
    #expect(try finish(resumed).elementsEqual(expected))
    // A trainer that has made other steps and loads the state.
    var reloaded = fixture.trainer(end)
    reloaded.load(half)
    #expect(try finish(reloaded).elementsEqual(expected))
    whole.load(half)
    #expect(try finish(whole).elementsEqual(expected))
  }

  @Test(arguments: CellKind.allCases, Precision.trainable)
  func `padding stays zero in parameters and moments`(cell: CellKind, precision: Precision) throws {
    let fixture = try TrainingFixture(cell, hidden: 17, dropout: 0.1, precision: precision)
    var trainer = fixture.trainer()
    for _ in 0..<10 { _ = trainer.step(fixture.corpus, of: 10) }
    let state = trainer.state
    let network = trainer.weights.network
    for slot in network.layout.slots {
      let padding = slot.range.filter { ($0 - slot.offset) % slot.width >= slot.units }
      var storages = [state.parameters, state.optimizer.firstMoment]
      // The second moments of Muon's matrices are preconditioners, which have another shape.
      if !network.matrices.contains(slot) { storages.append(state.optimizer.secondMoment) }
      for storage in storages {
        #expect(padding.allSatisfy { storage.values[$0] == 0 }, "\(slot.name)")
      }
    }
  }
}
