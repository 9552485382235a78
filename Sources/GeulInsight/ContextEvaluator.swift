internal import GeulCompute
internal import GeulModel

/// An evaluator of the loss with a limited context: the model reads a fixed number of preceding tokens.
struct ContextEvaluator: Sendable {
  private let weights: PackedNetwork
  private let context: ComputeContext

  init(_ model: Model, context: ComputeContext) {
    weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: .float32, backward: false,
      context: context)
    self.context = context
  }

  /// Returns the losses, in nats, at up to `positionCount` positions of a text.
  ///
  /// Each loss is computed from a zero state and the `contextLength` tokens before its position. The
  /// positions are at least `maximumContextLength` tokens after the start of the text, so they are
  /// the same for all context lengths.
  func losses(
    _ tokens: [Int32], contextLength: Int, maximumContextLength: Int, positionCount: Int
  ) -> [Double] {
    let (weights, kernels) = (weights, context.kernels)
    let positions = evenlySpaced(positionCount, in: maximumContextLength..<tokens.count)
    let length = min(64, contextLength)
    var shards = BatchShard.partition(
      batch: positions.count, threads: context.pool.count
    ).map { rows in
      (
        batch: BatchShard(
          weights.network, firstRow: rows.lowerBound, rows: rows.count, length: length,
          precision: .float32, dropout: false, backward: false), losses: [Double]()
      )
    }
    context.pool.forEach(&shards) { shard in
      for start in stride(from: 0, to: contextLength, by: length) {
        let steps = min(length, contextLength - start)
        for row in 0..<shard.batch.rows {
          let first = positions[shard.batch.firstRow + row] - contextLength + start
          shard.batch.setTokens(row: row, Array(tokens[first...(first + steps)]))
        }
        guard start + steps == contextLength else {
          shard.batch.read(weights, ComputeContext(kernels), steps: steps)
          shard.batch.carryState(after: steps)
          continue
        }
        shard.batch.forward(weights, kernels, steps: steps)
        let rows = shard.batch.rows
        shard.losses = (0..<rows).map { shard.batch.losses[(steps - 1) * rows + $0] }
      }
    }
    return shards.flatMap(\.losses)
  }
}

/// Returns up to `count` evenly spaced elements of a range, starting with the first.
package func evenlySpaced(_ count: Int, in range: Range<Int>) -> [Int] {
  let count = min(count, range.count)
  return (0..<count).map { range.lowerBound + $0 * range.count / count }
}
