import GeulCompute
import GeulModel
import Testing

@Suite("States stay where they lie")
struct StateMemoryTests {
  /// Where the numbers lie; what is held of them to find out is gone with the return.
  private func addresses(_ portion: BatchShard) -> [UInt] {
    portion.traces.map { trace in
      switch trace.hidden {
      case .float32(let buffer): address(buffer.span)
      case .bfloat16(let buffer): address(buffer.span)
      case .int8(let buffer): address(buffer.span)
      }
    }
  }

  private func address<Number>(_ span: Span<Number>) -> UInt {
    unsafe span.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
  }

  /// Two sequences of a network of two layers, with its weights.
  private func trial(
    _ precision: Precision, length: Int, backward: Bool
  ) throws -> (BatchShard, PackedNetwork, Kernels) {
    let trial = NetworkFixture(
      .lstm, layers: 2, hidden: 20, vocabulary: 11, rows: 2, length: length)
    let kernels = Kernels(try InstructionSet.chosen())
    let weights = PackedNetwork(
      trial.network, parameters: trial.parameters, precision: precision, backward: backward,
      kernels: kernels, pool: ThreadPool(1))
    let portion = BatchShard(
      trial.network, firstRow: 0, rows: 2, length: length, precision: precision, dropout: false,
      backward: backward)
    return (portion, weights, kernels)
  }

  @Test("Writing a character copies no state", arguments: Precision.allCases)
  func writes(precision: Precision) throws {
    var (portion, weights, kernels) = try trial(precision, length: 1, backward: false)
    var scores: [[Float]] = [[], []]
    let before = addresses(portion)
    for _ in 0..<5 { portion.step(weights, kernels, pool: ThreadPool(1), scores: &scores) }
    #expect(addresses(portion) == before)
  }

  @Test("A step of training copies no state", arguments: Precision.trained)
  func trains(precision: Precision) throws {
    var (portion, weights, kernels) = try trial(precision, length: 3, backward: true)
    var room = portion.backwardWorkspace
    let before = addresses(portion)
    for _ in 0..<3 {
      portion.forward(weights, kernels, scale: 1)
      portion.backward(weights, kernels, work: &room)
      portion.shares = []
      portion.carryState()
    }
    #expect(addresses(portion) == before)
  }
}
