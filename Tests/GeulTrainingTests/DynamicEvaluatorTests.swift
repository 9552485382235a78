import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

struct DynamicEvaluatorTests {
  static func network(_ fixture: TrainingFixture) -> (
    network: Network, parameters: ParameterStorage
  ) {
    var random = SplitMix64(seed: 5)
    let network = Network(
      fixture.configuration.architecture, vocabulary: fixture.corpus.vocabulary.count)
    return (network, network.initialParameters(&random))
  }

  static func evaluator(
    _ fixture: TrainingFixture, _ adaptation: DynamicEvaluator.Configuration?,
    _ set: InstructionSet = .best, threads: Int = 2
  ) -> DynamicEvaluator {
    let (network, parameters) = network(fixture)
    return DynamicEvaluator(
      network, parameters: parameters, adaptation: adaptation,
      context: ComputeContext(Kernels(set), threads: threads))
  }

  @Test(arguments: CellKind.allCases)
  func `without adaptation the loss is that of Evaluator`(cell: CellKind) throws {
    let fixture = try TrainingFixture(cell, hidden: 20)
    let (network, parameters) = Self.network(fixture)
    let evaluator = Evaluator(
      network, parameters: parameters, context: ComputeContext(Kernels(.best)))
    let range = 10..<300
    let expected = evaluator.loss(fixture.corpus, range)
    let loss = Evaluator.loss(fixture.corpus, range, with: Self.evaluator(fixture, nil))
    #expect(loss.tokens == expected.tokens)
    #expect(abs(loss.nats - expected.nats) < 1e-5 * expected.nats)
  }

  @Test(arguments: CellKind.allCases, [0, 0.05] as [Float])
  func `an update is AdamW's on the loss of the tokens read, and decays to the initial parameters`(
    cell: CellKind, epsilon: Float
  ) throws {
    let fixture = try TrainingFixture(cell, hidden: 20)
    var adaptation = DynamicEvaluator.Configuration(isMixed: false)
    adaptation.epsilon = epsilon
    (adaptation.length, adaptation.rate, adaptation.decay) = (8, 0.01, 0.25)
    let (network, start) = Self.network(fixture)
    let ids = fixture.corpus.ids(0..<12)

    // The same with the kernels: a window of eight from a zero state, one update, and the rest of the tokens with its result.
    let context = ComputeContext(Kernels(.best))
    let weights = PackedNetwork(
      network, parameters: start, precision: .float32, backward: true, context: context)
    let shard = BatchShard(
      network, firstRow: 0, rows: 1, length: 8, precision: .float32, dropout: false, backward: true)
    shard.setTokens(row: 0, Array(ids[0...8]))
    shard.forward(weights, context.kernels, scale: 1 / 8)
    var (backward, workspaces) = (shard.makeBackwardWorkspace(), [GradientWorkspace()])
    shard.backward(weights, context.kernels, workspace: &backward)
    var (gradients, first, second) = (
      ParameterStorage(network.layout), ParameterStorage(network.layout),
      ParameterStorage(network.layout)
    )
    network.addGradients(of: [shard], to: &gradients, workspaces: &workspaces, context: context)
    // The second moment after one update is the square of the gradient.
    let meanSquare =
      gradients.values.array.map { $0 * $0 }.reduce(0, +) / Float(gradients.values.count)
    weights.update(context) { parameters in
      context.adamW(
        AdamW(
          learningRate: 0.01, beta1: 0, beta2: adaptation.beta2,
          epsilon: max(1e-8, epsilon * meanSquare.squareRoot())), slots: network.layout.slots,
        step: 1, gradientScale: 1, parameters: &parameters, gradients: gradients,
        firstMoment: &first, secondMoment: &second)
      for index in 0..<parameters.values.count {
        parameters.values[index] = 0.75 * parameters.values[index] + 0.25 * start.values[index]
      }
    }
    shard.carryState()
    shard.setTokens(row: 0, Array(ids[8..<12]))
    shard.forward(weights, context.kernels, steps: 3)

    var evaluator = Self.evaluator(fixture, adaptation)
    for id in ids[..<9] { evaluator.read(id) }
    for index in 9..<12 {
      let nats = evaluator.nats(of: ids[index])
      #expect(abs(try #require(nats) - shard.losses[index - 9]) < 1e-4)
      evaluator.read(ids[index])
    }
  }

  @Test(arguments: [false, true])
  func `the loss has the same bits for any instruction set and number of threads`(
    isMixed: Bool
  ) throws {
    let fixture = try TrainingFixture()
    var adaptation = DynamicEvaluator.Configuration(isMixed: isMixed)
    adaptation.length = 16
    let expected = Evaluator.loss(
      fixture.corpus, 0..<200, with: Self.evaluator(fixture, adaptation, .portable, threads: 1))
    for set in InstructionSet.available {
      for threads in 1...3 {
        let evaluator = Self.evaluator(fixture, adaptation, set, threads: threads)
        let loss = Evaluator.loss(fixture.corpus, 0..<200, with: evaluator)
        #expect(loss == expected, "\(set), \(threads) threads")
      }
    }
  }

  @Test func `the online mixture predicts a text better than the network that adapts alone`() throws
  {
    let fixture = try TrainingFixture()
    let losses = [false, true].map { isMixed in
      let evaluator = Self.evaluator(fixture, DynamicEvaluator.Configuration(isMixed: isMixed))
      return Evaluator.loss(fixture.corpus, 0..<fixture.corpus.count, with: evaluator).natsPerToken
    }
    #expect(losses[1] < losses[0])
  }

  @Test func `predictions do not depend on whether earlier ones were asked for`() throws {
    let fixture = try TrainingFixture()
    let adaptation = DynamicEvaluator.Configuration()
    let ids = fixture.corpus.ids(0..<100)
    var silent = Self.evaluator(fixture, adaptation)
    var asked = Self.evaluator(fixture, adaptation)
    for id in ids.dropLast() {
      _ = asked.nats(of: id)
      asked.read(id)
      silent.read(id)
    }
    let last = try #require(ids.last)
    let (expected, nats) = (asked.nats(of: last), silent.nats(of: last))
    #expect(nats == expected)
    #expect(nats != nil)
  }
}
