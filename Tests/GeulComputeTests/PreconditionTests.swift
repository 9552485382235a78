import GeulCompute
import Testing

/// Violated preconditions trap before memory is accessed.
struct PreconditionTests {
  @Test func `an index out of range traps`() async {
    await #expect(processExitsWith: .failure) { _ = Buffer<Float>(zeros: 16)[16] }
    await #expect(processExitsWith: .failure) { _ = Buffer<Float>(zeros: 16)[-1] }
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer<Float>(zeros: 16)
      buffer[16] = 1
    }
    await #expect(processExitsWith: .failure) {
      let elements = ElementBuffer(zeros: 16, .float32)
      _ = elements[16]
    }
    await #expect(processExitsWith: .failure) {
      let elements = ElementBuffer(zeros: 16, .float32)
      elements.store([1, 2], at: 15)
    }
  }

  @Test func `a copy beyond either end traps`() async {
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer<Float>(zeros: 16)
      buffer.copy(8..<17, to: 0)
    }
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer<Float>(zeros: 16)
      buffer.copy(0..<8, to: 9)
    }
  }

  @Test func `a pool without threads and a buffer of negative size trap`() async {
    await #expect(processExitsWith: .failure) { _ = ThreadPool(0) }
    await #expect(processExitsWith: .failure) { _ = Buffer<Float>(zeros: -1) }
  }

  @Test func `a token or a target outside of the vocabulary traps`() async {
    await #expect(processExitsWith: .failure) {
      var layer = LayerFixture(.lstm, inputs: 3, readsTokens: true, hidden: 2, rows: 1, length: 1)
      layer.tokens[0] = 3
      _ = layer.run(.portable, .float32)
    }
    await #expect(processExitsWith: .failure) {
      var layer = LayerFixture(.lstm, inputs: 3, readsTokens: true, hidden: 2, rows: 1, length: 1)
      layer.tokens[0] = -1
      _ = layer.run(.portable, .float32)
    }
    await #expect(processExitsWith: .failure) {
      var projection = ProjectionFixture(hidden: 2, vocabulary: 3, rows: 1)
      projection.targets[0] = 3
      _ = projection.run(.portable, .float32)
    }
  }

  @Test func `inputs smaller than the shapes need trap`() async {
    await #expect(processExitsWith: .failure) {
      var layer = LayerFixture(.gru, inputs: 3, readsTokens: false, hidden: 2, rows: 2, length: 2)
      layer.inputs.removeLast(16)
      _ = layer.run(.portable, .float32)
    }
    await #expect(processExitsWith: .failure) {
      var projection = ProjectionFixture(hidden: 2, vocabulary: 3, rows: 2)
      projection.hiddenStates.removeLast()
      _ = projection.run(.portable, .float32)
    }
  }

  @Test func `parameter storages of different layouts trap`() async {
    await #expect(processExitsWith: .failure) {
      var (small, large) = (ParameterLayout(), ParameterLayout())
      _ = small.reserve("a", depth: 1, gates: 1, units: 16)
      _ = large.reserve("a", depth: 2, gates: 1, units: 16)
      var (parameters, first, second) = (
        ParameterStorage(large), ParameterStorage(large), ParameterStorage(large)
      )
      ComputeContext(Kernels(.portable)).adamW(
        AdamW(learningRate: 1), slots: large.slots, step: 1, gradientScale: 1,
        parameters: &parameters, gradients: ParameterStorage(small), firstMoment: &first,
        secondMoment: &second)
    }
  }

  @Test func `the logarithm of a number that has none traps`() async {
    await #expect(processExitsWith: .failure) { _ = naturalLogarithm(0) }
    await #expect(processExitsWith: .failure) { _ = naturalLogarithm(-1) }
    await #expect(processExitsWith: .failure) { _ = naturalLogarithm(.nan) }
    await #expect(processExitsWith: .failure) { _ = naturalLogarithm(.infinity) }
  }
}
