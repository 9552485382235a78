import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

@Suite("A model that goes on learning")
struct DynamicEvaluatorTests {
  static func online(
    _ trial: TrainingFixture, _ learning: DynamicEvaluator.AdaptationConfiguration?,
    _ set: InstructionSet = .best,
    threads: Int = 2
  ) -> DynamicEvaluator {
    var random = SplitMix64(seed: 5)
    let network = Network(trial.settings.architecture, vocabulary: trial.corpus.vocabulary.count)
    return DynamicEvaluator(
      network, parameters: network.initialParameters(&random), learning: learning,
      kernels: Kernels(set), pool: ThreadPool(threads))
  }

  @Test("Without learning, the score is that of the scorer", arguments: CellKind.allCases)
  func stays(cell: CellKind) throws {
    let trial = try TrainingFixture(cell, hidden: 20)
    let network = Network(trial.settings.architecture, vocabulary: trial.corpus.vocabulary.count)
    var random = SplitMix64(seed: 5)
    let scorer = Evaluator(
      network, parameters: network.initialParameters(&random), kernels: Kernels(.best),
      pool: ThreadPool(1))
    let range = 10..<300
    let expected = scorer.score(trial.corpus, range)
    let score = Evaluator.score(trial.corpus, range, with: Self.online(trial, nil))
    #expect(score.units == expected.units)
    #expect(abs(score.nats - expected.nats) < 1e-5 * expected.nats)
  }

  @Test(
    "A step is AdamW's, from the loss of the units that were read, toward where it began",
    arguments: CellKind.allCases)
  func step(cell: CellKind) throws {
    let trial = try TrainingFixture(cell, hidden: 20)
    var learning = DynamicEvaluator.AdaptationConfiguration()
    (learning.length, learning.rate, learning.decay) = (8, 0.01, 0.25)
    let network = Network(trial.settings.architecture, vocabulary: trial.corpus.vocabulary.count)
    var random = SplitMix64(seed: 5)
    let start = network.initialParameters(&random)
    let ids = trial.corpus.ids(0..<12)

    // The same by hand: a window of eight from a zero state, one step, and the rest of the units with what it made.
    let (kernels, pool) = (Kernels(.best), ThreadPool(1))
    var weights = PackedNetwork(
      network, parameters: start, precision: .float32, backward: true, kernels: kernels,
      pool: pool)
    var portion = BatchShard(
      network, firstRow: 0, rows: 1, length: 8, precision: .float32, dropout: false, backward: true)
    portion.fill(row: 0, Array(ids[0...8]))
    portion.forward(weights, kernels, scale: 1 / 8)
    var (room, works) = (portion.backwardWorkspace, [GradientWorkspace()])
    portion.backward(weights, kernels, work: &room)
    var (gradients, first, second) = (
      ParameterStorage(network.layout), ParameterStorage(network.layout),
      ParameterStorage(network.layout)
    )
    network.addGradients(
      of: [portion], to: &gradients, works: &works, kernels: kernels, pool: pool)
    weights.update(kernels, pool) { parameters in
      kernels.adam(
        AdamW(learningRate: 0.01, beta1: 0, beta2: learning.beta2), slots: network.layout.slots,
        step: 1, scale: 1, parameters: &parameters, gradients: gradients, first: &first,
        second: &second, pool: pool)
      for index in 0..<parameters.values.count {
        parameters.values[index] = 0.75 * parameters.values[index] + 0.25 * start.values[index]
      }
    }
    portion.carryState()
    portion.fill(row: 0, Array(ids[8..<12]))
    portion.forward(weights, kernels, steps: 3)

    var online = Self.online(trial, learning)
    for id in ids[..<9] { online.read(id) }
    for place in 9..<12 {
      let nats = try #require(online.nats(of: ids[place]))
      #expect(abs(nats - portion.losses[place - 9]) < 1e-4)
      online.read(ids[place])
    }
  }

  @Test("The same bits for each instruction set and number of threads")
  func sameBits() throws {
    let trial = try TrainingFixture()
    var learning = DynamicEvaluator.AdaptationConfiguration()
    learning.length = 16
    let expected = Evaluator.score(
      trial.corpus, 0..<200, with: Self.online(trial, learning, .portable, threads: 1))
    for set in InstructionSet.available {
      for threads in 1...3 {
        let online = Self.online(trial, learning, set, threads: threads)
        #expect(Evaluator.score(trial.corpus, 0..<200, with: online) == expected)
      }
    }
  }
}
