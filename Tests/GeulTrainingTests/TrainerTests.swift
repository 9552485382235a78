import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

@Suite("A trainer")
struct TrainerTests {
  @Test("learns a text that repeats itself", arguments: CellKind.allCases, Precision.trained)
  func learns(cell: CellKind, precision: Precision) throws {
    let trial = try TrainingFixture(
      cell, layers: 1, hidden: 32, batch: 8, length: 16, precision: precision,
      text: String(repeating: "hello world ", count: 200))
    var trainer = trial.trainer()
    let first = trainer.step(trial.corpus, of: 150)
    // It begins by knowing nothing: the logarithm of a vocabulary of 9, the newline included.
    #expect(abs(first.nats - naturalLogarithm(Double(trial.corpus.vocabulary.count))) < 0.3)
    var last = first
    for _ in 1..<150 { last = trainer.step(trial.corpus, of: 150) }
    #expect(last.isSound && last.nats < 0.1, "\(last.nats) nats")
  }

  @Test(
    "reports the loss, norm and rate that the reference has, and moves by one step",
    arguments: CellKind.allCases)
  func oneStep(cell: CellKind) throws {
    var trial = try TrainingFixture(cell, hidden: 5, batch: 3, length: 4)
    trial.settings.gradientClip = 0.01
    trial.settings.weightDecay = 0.1
    var trainer = trial.trainer()
    var states: [[ReferenceLayer.State]] = []
    for step in 0..<3 {
      let network = trainer.weights.network
      let before = trainer.state
      let windows = trainer.windows
      let reference = ReferenceNetwork(
        cell: cell.rawValue,
        tensors: network.tensors(of: before.parameters).map {
          ($0.name, $0.shape, $0.values.map(Double.init))
        })
      if windows.isAtStart { states = Array(repeating: reference.zeroState, count: 3) }
      var nats = 0.0
      var gradients = reference.tensors.map { $0.values.map { _ in 0.0 } }
      for row in 0..<3 {
        let start = windows.start(row: row)
        let ids = trial.corpus.ids(start..<start + 5).map(Int.init)
        let moments = reference.read(Array(ids.dropLast()), from: states[row])
        states[row] = moments[3].steps.map(\.after)
        for t in 0..<4 { nats += ReferenceNetwork.nats(moments[t].scores, ids[t + 1]) / 12 }
        for (index, share) in reference.gradients(moments, targets: Array(ids.dropFirst()))
          .enumerated()
        {
          for place in share.indices { gradients[index][place] += share[place] / 12 }
        }
      }
      // The vanilla cell and the LSTM have one bias where the reference has two with the same
      // gradient.
      let norm = zip(reference.tensors, gradients)
        .filter { cell == .gru || !$0.0.name.contains("bias_hh") }
        .flatMap(\.1).reduce(0) { $0 + $1 * $1 }.squareRoot()

      let outcome = trainer.step(trial.corpus, of: 100)
      #expect(abs(outcome.nats - nats) < 1e-6)
      #expect(abs(outcome.gradientNorm / norm - 1) < 1e-5)
      #expect(outcome.learningRate == trial.settings.schedule.rate(step: step, of: 100))
      #expect(norm > 0.02, "the gradient is clipped")

      // Adam's first moment gains a tenth of the clipped gradient, that of matrices, which is Muon's, a twentieth.
      let after = trainer.state
      for (index, tensor) in network.tensors(of: after.first).enumerated() {
        if tensor.name.contains("bias_hh"), cell != .gru { continue }
        let old = network.tensors(of: before.first)[index].values
        let keep = network.matrices.contains { $0.name == tensor.name } ? 0.95 : 0.9
        for (place, value) in tensor.values.enumerated() {
          let expected =
            keep * Double(old[place]) + (1 - keep) * gradients[index][place] * 0.01 / norm
          #expect(abs(Double(value) - expected) < 1e-8, "\(tensor.name)")
        }
      }
      #expect(after.step == step + 1 && after.parameters != before.parameters)

      // The mean begins with the parameters, of which a tenth of all steps count at most.
      let kept = Float(step + 1) / Float(step + 10)
      for index in 0..<after.average.values.count {
        let expected =
          kept * before.average.values[index] + (1 - kept) * after.parameters.values[index]
        #expect(abs(after.average.values[index] - expected) <= 2e-7 * abs(expected) + 1e-9)
      }
    }
  }

  @Test("leaves everything as it was when the loss is not a number", arguments: Precision.trained)
  func notANumber(precision: Precision) throws {
    let trial = try TrainingFixture(.lstm, hidden: 8, precision: precision)
    var trainer = trial.trainer()
    for _ in 0..<3 { _ = trainer.step(trial.corpus, of: 10) }
    let good = trainer.state
    var bad = good
    bad.parameters[trainer.weights.network.decoderBias, 0, 0, 2] = .nan
    trainer.restore(bad)
    let outcome = trainer.step(trial.corpus, of: 10)
    #expect(!outcome.isSound)
    let after = trainer.state
    #expect(firstDifference(after.parameters.values.array, bad.parameters.values.array) == nil)
    #expect(after.first == bad.first && after.second == bad.second)
    #expect(after.step == 3 && after.windows == bad.windows)
    // Going back makes all good again.
    trainer.restore(good)
    #expect(trainer.step(trial.corpus, of: 10).isSound)
  }

  @Test("starts each epoch from a zero state, and carries it in between")
  func carriesState() throws {
    let trial = try TrainingFixture(.gru, layers: 1, hidden: 8, batch: 2, length: 64)
    var trainer = trial.trainer()
    #expect(trainer.state.hidden.allSatisfy { $0 == 0 })
    while trainer.windows.epoch == 0 {
      _ = trainer.step(trial.corpus, of: nil)
      #expect(trainer.state.hidden.allSatisfy { $0 != 0 })
    }
    // The state that an epoch left plays no part in the next.
    var forgetful = trainer
    var state = trainer.state
    state.hidden = state.hidden.map { _ in 0 }
    state.cells = state.hidden
    forgetful.restore(state)
    #expect(forgetful.step(trial.corpus, of: nil).nats == trainer.step(trial.corpus, of: nil).nats)
    #expect(forgetful.state == trainer.state)
  }
}
