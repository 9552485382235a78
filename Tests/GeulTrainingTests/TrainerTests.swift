import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

struct TrainerTests {
  @Test(arguments: CellKind.allCases, Precision.trainable)
  func `a trainer learns a text that repeats itself`(cell: CellKind, precision: Precision) throws {
    let fixture = try TrainingFixture(
      cell, layers: 1, hidden: 32, batch: 8, length: 16, precision: precision,
      text: String(repeating: "hello world ", count: 200))
    var trainer = fixture.trainer()
    let first = trainer.step(fixture.corpus, of: 150)
    // The first loss is near that of a uniform distribution over 9 tokens, the newline included.
    #expect(abs(first.nats - naturalLogarithm(Double(fixture.corpus.vocabulary.count))) < 0.3)
    var last = first
    for _ in 1..<150 { last = trainer.step(fixture.corpus, of: 150) }
    #expect(last.isFinite && last.nats < 0.1, "\(last.nats) nats")
  }

  @Test(arguments: CellKind.allCases)
  func `loss, gradient norm and new state of a step match the float64 reference`(
    cell: CellKind
  ) throws {
    var fixture = try TrainingFixture(cell, hidden: 5, batch: 3, length: 4)
    fixture.configuration.gradientClip = 0.01
    fixture.configuration.weightDecay = 0.1
    var trainer = fixture.trainer()
    var states: [[ReferenceLayer.State]] = []
    for step in 0..<3 {
      let network = trainer.weights.network
      let before = trainer.state
      let batcher = trainer.batcher
      let reference = ReferenceNetwork(
        cell: cell.rawValue,
        tensors: network.tensors(of: before.parameters).map {
          ($0.name, $0.shape, $0.values.map(Double.init))
        })
      if batcher.isAtStart { states = Array(repeating: reference.zeroState, count: 3) }
      var nats = 0.0
      var gradients = reference.tensors.map { $0.values.map { _ in 0.0 } }
      for row in 0..<3 {
        let start = batcher.start(row: row)
        let ids = fixture.corpus.ids(start..<start + 5).map(Int.init)
        let steps = reference.read(Array(ids.dropLast()), from: states[row])
        states[row] = steps[3].steps.map(\.after)
        for t in 0..<4 { nats += ReferenceNetwork.nats(steps[t].logits, ids[t + 1]) / 12 }
        let contributions = reference.gradients(steps, targets: Array(ids.dropFirst()))
        for (tensor, values) in contributions.enumerated() {
          for index in values.indices { gradients[tensor][index] += values[index] / 12 }
        }
      }
      // The vanilla cell and the LSTM have one bias where the reference has two of the same gradient.
      let norm = zip(reference.tensors, gradients)
        .filter { cell == .gru || !$0.0.name.contains("bias_hh") }
        .flatMap(\.1).reduce(0) { $0 + $1 * $1 }.squareRoot()

      let metrics = trainer.step(fixture.corpus, of: 100)
      #expect(abs(metrics.nats - nats) < 1e-6)
      #expect(abs(metrics.gradientNorm / norm - 1) < 1e-5)
      #expect(metrics.learningRate == fixture.configuration.schedule.rate(step: step, of: 100))
      #expect(norm > 0.02, "the gradient is clipped")

      // AdamW's first moment takes a tenth of the clipped gradient, Muon's momentum a twentieth.
      let after = trainer.state
      for (index, tensor) in network.tensors(of: after.optimizer.firstMoment).enumerated() {
        if tensor.name.contains("bias_hh"), cell != .gru { continue }
        let old = network.tensors(of: before.optimizer.firstMoment)[index].values
        let keep = network.matrices.contains { $0.name == tensor.name } ? 0.95 : 0.9
        for (position, value) in tensor.values.enumerated() {
          let expected =
            keep * Double(old[position]) + (1 - keep) * gradients[index][position] * 0.01 / norm
          #expect(abs(Double(value) - expected) < 1e-8, "\(tensor.name)")
        }
      }
      #expect(after.step == step + 1 && after.parameters != before.parameters)

      // The average is over a tenth of all steps at most.
      let kept = Float(step + 1) / Float(step + 10)
      for index in 0..<after.averagedParameters.values.count {
        let expected =
          kept * before.averagedParameters.values[index] + (1 - kept)
          * after.parameters.values[index]
        #expect(
          abs(after.averagedParameters.values[index] - expected) <= 2e-7 * abs(expected) + 1e-9)
      }
    }
  }

  @Test(arguments: Precision.trainable)
  func `a step whose loss is not a number changes nothing`(precision: Precision) throws {
    let fixture = try TrainingFixture(.lstm, hidden: 8, precision: precision)
    var trainer = fixture.trainer()
    for _ in 0..<3 { _ = trainer.step(fixture.corpus, of: 10) }
    let good = trainer.state
    var bad = good
    bad.parameters[trainer.weights.network.outputBias, 0, 0, 2] = .nan
    trainer.load(bad)
    let metrics = trainer.step(fixture.corpus, of: 10)
    #expect(!metrics.isFinite)
    let after = trainer.state
    #expect(firstDifference(after.parameters.values.array, bad.parameters.values.array) == nil)
    #expect(after.optimizer.firstMoment == bad.optimizer.firstMoment)
    #expect(after.optimizer.secondMoment == bad.optimizer.secondMoment)
    #expect(after.step == 3 && after.batcher == bad.batcher)
    // A good state that is loaded again is continued.
    trainer.load(good)
    let next = trainer.step(fixture.corpus, of: 10)
    #expect(next.isFinite)
  }

  @Test func `each epoch starts from a zero state, which is carried between its windows`() throws {
    let fixture = try TrainingFixture(.gru, layers: 1, hidden: 8, batch: 2, length: 64)
    var trainer = fixture.trainer()
    let initial = trainer.state.recurrent
    #expect(initial.hidden.allSatisfy { $0 == 0 })
    while trainer.batcher.epoch == 0 {
      _ = trainer.step(fixture.corpus, of: nil)
      let hidden = trainer.state.recurrent.hidden
      #expect(hidden.allSatisfy { $0 != 0 })
    }
    // The state at the end of an epoch does not affect the next.
    let state = trainer.state
    var cleared = state
    cleared.recurrent = RecurrentState(fixture.configuration.architecture, rows: 2)
    #expect(cleared != state)
    var other = fixture.trainer(cleared)
    let (a, b) = (trainer.step(fixture.corpus, of: nil), other.step(fixture.corpus, of: nil))
    #expect(a.nats == b.nats)
    let (after, afterCleared) = (trainer.state, other.state)
    #expect(after == afterCleared)
  }
}
