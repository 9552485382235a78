import GeulCompute
import GeulModel
import GeulTraining
import Synchronization
import TestSupport
import Testing

struct OptimizerTests {
  static let network = Network(
    Architecture(cell: .lstm, layers: 2, hidden: 20), vocabulary: 30)

  static func random(_ seed: UInt64, _ bound: Float) -> ParameterStorage {
    var random = SeededGenerator(seed: seed)
    let tensors = network.tensorShapes.map { name, shape in
      NamedTensor(name: name, shape: shape, values: random.floats(shape.reduce(1, *), bound))
    }
    return network.parameters(from: tensors)
  }

  @Test(arguments: Optimizer.Kind.allCases)
  func `a step is that of the Muon and AdamW kernels`(kind: Optimizer.Kind) {
    let context = ComputeContext(Kernels(.best), threads: 2)
    var configuration = Optimizer.Configuration()
    configuration.kind = kind
    (configuration.beta1, configuration.beta2) = (0.8, 0.98)
    (configuration.weightDecay, configuration.momentum) = (0.1, 0.9)
    configuration.muonLearningRateScale = 3
    var optimizer = Optimizer(configuration, for: Self.network)
    var parameters = Self.random(1, 0.5)

    let layout = Self.network.layout
    let matrices = kind == .muon ? Self.network.matrices : []
    let others = layout.slots.filter { !matrices.contains($0) }
    #expect(others.count == layout.slots.count - matrices.count)
    var workspaces = matrices.map { Orthogonalizer($0) }
    var (expected, first, second) = (
      parameters, ParameterStorage(layout), ParameterStorage(layout)
    )
    for step in 1...3 {
      var gradients = Self.random(UInt64(10 + step), 0.1)
      var sameGradients = gradients
      optimizer.step(
        &parameters, gradients: &gradients, learningRate: 0.01, gradientScale: 0.5,
        context: context)
      context.muon(
        Muon(learningRate: 0.03, momentum: 0.9, weightDecay: 0.1), gradientScale: 0.5,
        workspaces: &workspaces, parameters: &expected, gradients: &sameGradients,
        firstMoment: &first, preconditioners: &second, renewsPreconditioners: step != 2)
      context.adamW(
        AdamW(learningRate: 0.01, beta1: 0.8, beta2: 0.98, weightDecay: 0.1), slots: others,
        step: step, gradientScale: 0.5, parameters: &expected, gradients: sameGradients,
        firstMoment: &first, secondMoment: &second)
      #expect(firstDifference(parameters.values.array, expected.values.array) == nil)
      let state = optimizer.state
      #expect(state.step == step && state.firstMoment == first && state.secondMoment == second)
    }
  }

  @Test(arguments: Optimizer.Kind.allCases)
  func `a training step updates the parameters by the optimizer with the clipped gradient`(
    kind: Optimizer.Kind
  ) throws {
    var fixture = try TrainingFixture(.gru, hidden: 24)
    fixture.configuration.optimizerKind = kind
    fixture.configuration.muonLearningRateScale = 4
    fixture.configuration.weightDecay = 0.2
    fixture.configuration.beta2 = 0.95
    let captured = Captured()
    var trainer = fixture.trainer()
    trainer.gradientHook = { _, gradients in captured.gradients.withLock { $0 = gradients } }
    let network = trainer.weights.network
    var optimizer = Optimizer(fixture.configuration.optimizer, for: network)
    var expected = trainer.state.parameters
    for step in 1...3 {
      let metrics = trainer.step(fixture.corpus, of: 10)
      var gradients = try #require(captured.gradients.withLock { $0 })
      #expect(metrics.gradientNorm > 0.05, "the gradient is clipped")
      let clip = Float(min(1, Double(0.05 as Float) / (metrics.gradientNorm + 1e-6)))
      optimizer.step(
        &expected, gradients: &gradients, learningRate: metrics.learningRate, gradientScale: clip,
        context: ComputeContext(Kernels(.best)))
      let state = trainer.state
      #expect(
        firstDifference(state.parameters.values.array, expected.values.array) == nil,
        "step \(step)")
      #expect(state.optimizer == optimizer.state)
    }
  }

  private final class Captured: Sendable {
    let gradients = Mutex<ParameterStorage?>(nil)
  }
}
