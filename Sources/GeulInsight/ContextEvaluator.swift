internal import GeulCompute
internal import GeulModel

/// Scores units of a text when only so many before them are seen.
struct ContextEvaluator: Sendable {
  private let weights: PackedNetwork
  private let kernels: Kernels
  private let pool: ThreadPool

  init(_ model: Model, kernels: Kernels, pool: ThreadPool) {
    weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: .float32, backward: false,
      kernels: kernels, pool: pool)
    self.kernels = kernels
    self.pool = pool
  }

  /// The losses, in nats, at up to `places` places, each from a zero state and the `seen` units before it.
  ///
  /// Places have at least `most` units before them, so that they are the same for whatever is seen.
  func nats(_ ids: [Int32], seen: Int, most: Int, places: Int) -> [Double] {
    let (weights, kernels) = (weights, kernels)
    let targets = evenly(places, in: most..<ids.count)
    let length = min(64, seen)
    var trials = BatchShard.cut(batch: targets.count, pool: pool.count).map { rows in
      (
        portion: BatchShard(
          weights.network, firstRow: rows.lowerBound, rows: rows.count, length: length,
          precision: .float32, dropout: false, backward: false), nats: [Double]()
      )
    }
    pool.forEach(&trials) { trial in
      for begin in stride(from: 0, to: seen, by: length) {
        let steps = min(length, seen - begin)
        for row in 0..<trial.portion.rows {
          let first = targets[trial.portion.firstRow + row] - seen + begin
          trial.portion.fill(row: row, Array(ids[first...(first + steps)]))
        }
        trial.portion.forward(weights, kernels, steps: steps)
        trial.portion.carryState(after: steps)
        if begin + steps == seen {
          let rows = trial.portion.rows
          trial.nats = (0..<rows).map { trial.portion.losses[(steps - 1) * rows + $0] }
        }
      }
    }
    return trials.flatMap(\.nats)
  }
}

/// Up to so many places of a range, spread evenly from its first on.
package func evenly(_ count: Int, in range: Range<Int>) -> [Int] {
  let count = min(count, range.count)
  return (0..<count).map { range.lowerBound + $0 * range.count / count }
}
