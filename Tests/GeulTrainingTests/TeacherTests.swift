import GeulCompute
import GeulModel
import GeulStorage
import GeulText
import GeulTraining
import TestSupport
import Testing

/// Knowledge distillation: `TrainingOptions.teachers`.
struct TeacherTests {
  private func trainer(
    _ fixture: TrainingFixture, _ teachers: [Model], state: TrainerState? = nil, threads: Int = 2,
    set: InstructionSet = .best
  ) -> Trainer {
    let vocabulary = fixture.corpus.vocabulary.count
    let context = ComputeContext(Kernels(set), threads: threads)
    guard let state else {
      return Trainer(
        fixture.configuration, vocabulary: vocabulary, tokenCount: fixture.corpus.count,
        teachers: teachers, context: context)
    }
    return Trainer(
      fixture.configuration, state: state, vocabulary: vocabulary, teachers: teachers,
      context: context)
  }

  private func reference(_ network: Network, _ parameters: ParameterStorage) -> ReferenceNetwork {
    ReferenceNetwork(
      cell: network.architecture.cell.rawValue,
      tensors: network.tensors(of: parameters).map {
        ($0.name, $0.shape, $0.values.map(Double.init))
      })
  }

  @Test(arguments: [(Precision.float32, 1e-5), (.bfloat16, 0.02)])
  func `the gradient with teachers is that of the float64 reference, over several windows`(
    precision: Precision, tolerance: Double
  ) throws {
    let (rows, length) = (3, 4)
    // Three windows make an epoch, after which states are zero again.
    var fixture = try TrainingFixture(
      .lstm, hidden: 5, batch: rows, length: length, precision: precision,
      text: String(TrainingFixture.text.prefix(41)))
    fixture.configuration.teacherWeight = 0.7
    let models = [
      fixture.model(.gru, layers: 1, hidden: 7, seed: 1),
      fixture.model(.lstm, layers: 2, hidden: 4, seed: 2),
    ]
    var trainer = trainer(fixture, models)
    let gradients = Recorder()
    trainer.gradientHook = { _, values in gradients.last = values }
    let teachers = models.map { reference($0.network, $0.parameters) }
    var states: [[[ReferenceLayer.State]]] = []
    var ownStates: [[ReferenceLayer.State]] = []
    var starts = 0
    for _ in 0..<5 {
      let (network, batcher) = (trainer.weights.network, trainer.batcher)
      let student = reference(network, trainer.state.parameters)
      if batcher.isAtStart {
        starts += 1
        ownStates = Array(repeating: student.zeroState, count: rows)
        states = teachers.map { Array(repeating: $0.zeroState, count: rows) }
      }
      var sums = student.tensors.map { $0.values.map { _ in 0.0 } }
      for row in 0..<rows {
        let start = batcher.start(row: row)
        let ids = fixture.corpus.ids(start..<start + length + 1).map(Int.init)
        let steps = student.read(Array(ids.dropLast()), from: ownStates[row])
        ownStates[row] = steps[length - 1].steps.map(\.after)
        let predictions = teachers.indices.map { index in
          let read = teachers[index].read(Array(ids.dropLast()), from: states[index][row])
          states[index][row] = read[length - 1].steps.map(\.after)
          return read.map { softmax($0.logits) }
        }
        for (step, next) in ids.dropFirst().enumerated() {
          for token in 0..<fixture.corpus.vocabulary.count {
            // The gradient is linear in the target distribution.
            let taught = predictions.reduce(0) { $0 + $1[step][token] } / 2
            let weight = 0.7 * taught + (token == next ? 0.3 : 0)
            var targets = Array(repeating: -1, count: length)
            targets[step] = token
            for (tensor, values) in student.gradients(steps, targets: targets).enumerated() {
              for index in values.indices {
                sums[tensor][index] += weight * values[index] / Double(rows * length)
              }
            }
          }
        }
      }
      _ = trainer.step(fixture.corpus, of: 100)
      let own = network.tensors(of: try #require(gradients.last))
      for (tensor, expected) in zip(own, sums) where !tensor.name.contains("bias_hh") {
        let norm = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for (value, expected) in zip(tensor.values, expected) {
          #expect(abs(Double(value) - expected) < tolerance * norm, "\(tensor.name)")
        }
      }
    }
    #expect(2...3 ~= starts)
  }

  @Test func `a teacher reads without dropout`() throws {
    var fixture = try TrainingFixture(dropout: 0.5)
    fixture.configuration.teacherWeight = 0.5
    let model = fixture.model(.lstm, layers: 2, hidden: 24, seed: 3)
    func states(dropout: Float) -> [RecurrentState] {
      fixture.configuration.dropout = dropout
      var trainer = trainer(fixture, [model])
      for _ in 0..<2 { _ = trainer.step(fixture.corpus, of: 20) }
      return trainer.state.teacherStates
    }
    #expect(states(dropout: 0.5) == states(dropout: 0))
  }

  @Test func `a teacher whose run held out another part of the text gets a note`() throws {
    let fixture = try TrainingFixture()
    var (same, other) = (
      fixture.model(.lstm, layers: 1, hidden: 8, seed: 1),
      fixture.model(.lstm, layers: 1, hidden: 8, seed: 2)
    )
    same.metadata.training = Model.Metadata.Training(
      step: 1, epochs: 1, corpusHash: fixture.corpus.hash, validationFraction: 0.1)
    other.metadata.training = same.metadata.training
    other.metadata.training?.validationFraction = 0
    var options = TrainingOptions()
    (options.hidden, options.dropout) = (16, 0)
    options.teachers = [same, other]
    let plan = try TrainingPlan(options, corpus: fixture.corpus, context: ComputeContext())
    #expect(plan.notes.filter { $0.contains("Teacher") }.map { $0.prefix(9) } == ["Teacher 2"])
  }

  @Test func `a teacher with the same parameters and all the weight has a gradient of 0`()
    throws
  {
    var fixture = try TrainingFixture()
    fixture.configuration.teacherWeight = 1
    let model = Model(
      Model.Metadata(
        architecture: fixture.configuration.architecture, tokenizer: fixture.corpus.tokenizer,
        vocabulary: fixture.corpus.vocabulary), parameters: fixture.trainer().state.parameters)
    var same = trainer(fixture, [model])
    #expect(same.step(fixture.corpus, of: 10).gradientNorm == 0)
  }

  @Test func `the number of threads and the instruction set do not change the bits`() throws {
    var fixture = try TrainingFixture()
    fixture.configuration.teacherWeight = 0.5
    let model = fixture.model(.lstm, layers: 1, hidden: 24, seed: 3)
    func trained(_ threads: Int, _ set: InstructionSet) -> TrainerState {
      var trainer = trainer(fixture, [model], threads: threads, set: set)
      for _ in 0..<8 { _ = trainer.step(fixture.corpus, of: 20) }
      return trainer.state
    }
    let state = trained(1, .portable)
    for set in InstructionSet.available {
      for threads in 1...3 { #expect(trained(threads, set) == state, "\(set), \(threads)") }
    }
  }

  @Test(arguments: Precision.trainable)
  func `a checkpoint holds the states of the teachers, and training goes on with the same bits`(
    precision: Precision
  ) throws {
    var fixture = try TrainingFixture(precision: precision)
    fixture.configuration.teacherWeight = 0.5
    let models = [
      fixture.model(.lstm, layers: 1, hidden: 24, seed: 3),
      fixture.model(.rnn, layers: 2, hidden: 8, seed: 4),
    ]
    var whole = trainer(fixture, models)
    // Not at the start of an epoch, where states are zero.
    for _ in 0..<4 { _ = whole.step(fixture.corpus, of: 20) }
    var checkpoint = Checkpoint.initial(
      fixture.configuration, text: RunState.TextSelection(sources: ["text"]),
      corpus: fixture.corpus, teachers: models)
    let state = whole.state
    #expect(state.teacherStates.count == 2 && state.teacherStates[0].hidden.contains { $0 != 0 })
    (checkpoint.run.batcher, checkpoint.run.step) = (state.batcher, state.step)
    checkpoint = Checkpoint(model: checkpoint.model.metadata, run: checkpoint.run, trainer: state)
    let read = try Checkpoint(
      SafetensorsFile(bytes: checkpoint.safetensors.serialized(), name: "test"), name: "test")
    #expect(read.run.teachers.map(\.architecture) == models.map(\.metadata.architecture))
    #expect(read.trainer.teacherStates == state.teacherStates)
    var resumed = trainer(fixture, models, state: read.trainer)
    for _ in 0..<8 {
      _ = whole.step(fixture.corpus, of: 20)
      _ = resumed.step(fixture.corpus, of: 20)
    }
    #expect(resumed.state == whole.state)
    // Without the teachers' states, it does not.
    var forgotten = read.trainer
    forgotten.teacherStates =
      TrainerState(
        fixture.configuration, vocabulary: fixture.corpus.vocabulary.count,
        tokenCount: fixture.corpus.count, teachers: models.map(\.metadata.architecture)
      ).teacherStates
    var other = trainer(fixture, models, state: forgotten)
    for _ in 0..<8 { _ = other.step(fixture.corpus, of: 20) }
    #expect(other.state.parameters != whole.state.parameters)
  }

  @Test func `a plan refuses a teacher with another vocabulary`() throws {
    let fixture = try TrainingFixture()
    let other = try TrainingFixture(text: "other letters: xyz\n" + TrainingFixture.text)
    var options = TrainingOptions()
    (options.hidden, options.dropout) = (16, 0)
    options.teachers = [
      fixture.model(.lstm, layers: 1, hidden: 8, seed: 1),
      other.model(.lstm, layers: 1, hidden: 8, seed: 1),
    ]
    let error = #expect(throws: TrainingError.self) {
      try TrainingPlan(options, corpus: fixture.corpus, context: ComputeContext())
    }
    guard case .teacherVocabulary(index: 1) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `with teachers, the network for a time is smaller and reads fewer epochs`() {
    let alone = ConfigurationAdvisorTests.advisor()
    let taught = ConfigurationAdvisor(
      vocabulary: 65, tokenCount: 1_000_000, teacherMultiplyAdds: 2_000_000, seconds: 180,
      multiplyAddsPerSecond: 24e9)
    let (large, small) = (alone.hidden(Architecture()), taught.hidden(Architecture()))
    #expect(small < large)
    var shape = Architecture()
    shape.hidden = large
    #expect(taught.epochs(shape) < alone.epochs(shape))
    // Eight tokens per parameter take the time: within the step of sizes.
    shape.hidden = small
    let parameters = Double(Network(shape, vocabulary: 65).multiplyAdds)
    #expect(0.7...1.4 ~= taught.epochs(shape) * 1e6 / parameters / 8)
  }

  private func softmax(_ logits: [Double]) -> [Double] {
    ReferenceNetwork.lossGradient(logits, 0).enumerated().map { $1 + ($0 == 0 ? 1 : 0) }
  }

  /// The gradients of the last step.
  private final class Recorder: @unchecked Sendable {
    var last: ParameterStorage?
  }
}
