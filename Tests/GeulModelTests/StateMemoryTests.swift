import GeulCompute
import GeulModel
import Testing

/// Buffers of states are written in place: none is copied.
struct StateMemoryTests {
  /// The addresses of the states of all layers.
  private func addresses(_ shard: BatchShard) -> [UInt] {
    shard.layers.flatMap { [$0.hidden.address, $0.float32State.address] }
  }

  /// Two sequences of a network of two layers, with its weights.
  private func makeShard(
    _ precision: Precision, length: Int, backward: Bool
  ) throws -> (BatchShard, PackedNetwork, ComputeContext) {
    let fixture = NetworkFixture(
      .lstm, layers: 2, hidden: 20, vocabulary: 11, rows: 2, length: length)
    let context = ComputeContext(Kernels(try InstructionSet.chosen()))
    let weights = PackedNetwork(
      fixture.network, parameters: fixture.parameters, precision: precision, backward: backward,
      context: context)
    let shard = BatchShard(
      fixture.network, firstRow: 0, rows: 2, length: length, precision: precision, dropout: false,
      backward: backward)
    return (shard, weights, context)
  }

  @Test(arguments: Precision.allCases)
  func `a step of generation copies no state`(precision: Precision) throws {
    let (shard, weights, context) = try makeShard(precision, length: 1, backward: false)
    var logits: [[Float]] = [[], []]
    let before = addresses(shard)
    for _ in 0..<5 { shard.step(weights, context, logits: &logits) }
    #expect(addresses(shard) == before)
  }

  @Test(arguments: Precision.trainable)
  func `a step of training copies no state`(precision: Precision) throws {
    let (shard, weights, context) = try makeShard(precision, length: 3, backward: true)
    var workspace = shard.makeBackwardWorkspace()
    let before = addresses(shard)
    for _ in 0..<3 {
      shard.forward(weights, context.kernels, scale: 1)
      shard.backward(weights, context.kernels, workspace: &workspace)
      shard.carryState()
    }
    #expect(addresses(shard) == before)
  }
}
