public import GeulCompute
public import GeulModel

/// Reads tokens one at a time in float32, from a zero state, without an engine or an evaluator.
public struct NetworkReader {
  private let weights: PackedNetwork
  private let shard: BatchShard
  private let context: ComputeContext
  private var logits: [[Float]] = [[]]

  /// Creates a reader that has read nothing.
  public init(_ model: Model, context: ComputeContext) {
    self.context = context
    weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: .float32, backward: false,
      context: context)
    shard = BatchShard(
      model.network, firstRow: 0, rows: 1, length: 1, precision: .float32, dropout: false,
      backward: false)
  }

  /// Reads a token, and returns the logits of the next one, `[v]`.
  public mutating func read(_ id: Int) -> [Float] {
    shard.tokens[0] = Int32(id)
    shard.step(weights, context, logits: &logits)
    return logits[0]
  }
}
