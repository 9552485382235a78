import GeulCompute
import Testing

@Suite("A fault of the program traps before it touches memory")
struct FaultTests {
  @Test("An index out of range")
  func indexOutOfRange() async {
    await #expect(processExitsWith: .failure) { _ = Buffer<Float>(zeros: 16)[16] }
    await #expect(processExitsWith: .failure) { _ = Buffer<Float>(zeros: 16)[-1] }
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer<Float>(zeros: 16)
      buffer[16] = 1
    }
  }

  @Test("A move beyond either end")
  func moveOutOfRange() async {
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer<Float>(zeros: 16)
      buffer.move(8..<17, to: 0)
    }
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer<Float>(zeros: 16)
      buffer.move(0..<8, to: 9)
    }
  }

  @Test("No thread at all, and a buffer of less than nothing")
  func negativeCounts() async {
    await #expect(processExitsWith: .failure) { _ = ThreadPool(0) }
    await #expect(processExitsWith: .failure) { _ = Buffer<Float>(zeros: -1) }
  }

  @Test("A token or a target that the vocabulary does not have")
  func unknownTokens() async {
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

  @Test("Inputs shorter than the shapes say")
  func shortInputs() async {
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

  @Test("Arenas of different layouts")
  func differentLayouts() async {
    await #expect(processExitsWith: .failure) {
      var (small, large) = (ParameterLayout(), ParameterLayout())
      _ = small.reserve("a", depth: 1, gates: 1, units: 16)
      _ = large.reserve("a", depth: 2, gates: 1, units: 16)
      var (parameters, first, second) = (
        ParameterStorage(large), ParameterStorage(large), ParameterStorage(large)
      )
      Kernels(.portable).adam(
        AdamW(learningRate: 1), slots: large.slots, step: 1, scale: 1, parameters: &parameters,
        gradients: ParameterStorage(small), first: &first, second: &second, pool: ThreadPool(1))
    }
  }

  @Test("A logarithm of what has none")
  func logarithm() async {
    await #expect(processExitsWith: .failure) { _ = naturalLogarithm(0) }
    await #expect(processExitsWith: .failure) { _ = naturalLogarithm(-1) }
    await #expect(processExitsWith: .failure) { _ = naturalLogarithm(.nan) }
    await #expect(processExitsWith: .failure) { _ = naturalLogarithm(.infinity) }
  }
}
