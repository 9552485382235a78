public import GeulCompute
public import GeulModel
public import GeulText

/// Scores text with a network, without dropout.
public struct Evaluator: Sendable {
  private let weights: PackedNetwork
  private let kernels: Kernels
  private let pool: ThreadPool

  /// A scorer of these parameters, with factors of products as wide as `precision` says.
  public init(
    _ network: Network, parameters: ParameterStorage, precision: Precision = .float32,
    kernels: Kernels,
    pool: ThreadPool
  ) {
    weights = PackedNetwork(
      network, parameters: parameters, precision: precision, backward: false, kernels: kernels,
      pool: pool)
    self.kernels = kernels
    self.pool = pool
  }

  /// ln 2.
  public static let natsPerBit = 0.693147180559945309417

  /// What scoring a stretch of text gave.
  public struct Score: Sendable, Equatable {
    /// The sum of the losses, in nats.
    public var nats: Double
    /// How many units were scored.
    public var units: Int
    /// How many were passed over because the vocabulary does not hold them.
    public var unknown = 0

    /// Mean cross-entropy, in nats a unit.
    public var natsPerUnit: Double { nats / Double(units) }
    /// The same in bits.
    public var bitsPerUnit: Double { natsPerUnit / Evaluator.natsPerBit }
  }

  /// Scores all but the first unit of a stretch, one after the other, from a zero state that is carried to the end.
  ///
  /// Units that the vocabulary does not hold are passed over, as if they were not in the text.
  public func score(_ corpus: Corpus, _ range: Range<Int>) -> Score {
    score(corpus, range, unless: { false }) ?? Score(nats: 0, units: 0)
  }

  /// The same with a model that reads the stretch unit by unit, and may learn from what it has read.
  public static func score(_ corpus: Corpus, _ range: Range<Int>, with model: DynamicEvaluator)
    -> Score
  {
    var model = model
    var score = Score(nats: 0, units: 0)
    var known = 0
    corpus.forEachKnownID(in: range) { id in
      known += 1
      if let nats = model.nats(of: id) {
        score.nats += nats
        score.units += 1
      }
      model.read(id)
    }
    score.unknown = range.count - known
    return score
  }

  /// The same, unless `shouldStop`, which is asked now and then, says so: then nil.
  public func score(
    _ corpus: Corpus, _ range: Range<Int>, unless shouldStop: () -> Bool
  ) -> Score? {
    let length = 256
    var portion = makePortion(rows: 1, length: length)
    var score = Score(nats: 0, units: 0)
    var last: Int32?
    var place = range.lowerBound
    while place < range.upperBound {
      if shouldStop() { return nil }
      let all = corpus.ids(place..<min(place + length, range.upperBound))
      let block = all.filter { $0 >= 0 }
      score.unknown += all.count - block.count
      place += all.count
      let sequence = (last.map { [$0] } ?? []) + block
      last = sequence.last
      guard sequence.count > 1 else { continue }
      portion.fill(row: 0, sequence)
      let steps = sequence.count - 1
      portion.forward(weights, kernels, steps: steps)
      portion.carryState(after: steps)
      for step in 0..<steps { score.nats += portion.losses[step] }
      score.units += steps
    }
    return score
  }

  /// Scores up to about `limit` units of a stretch in many streams at once, much faster than `score` and close to it.
  ///
  /// Each stream begins with a zero state some units before its own part, so that it has read something when it is
  /// scored.
  public func estimate(_ corpus: Corpus, _ range: Range<Int>, limit: Int) -> Score {
    let warm = 64
    let units = min(range.count - 1, limit)
    guard units > 0 else { return Score(nats: 0, units: 0) }
    let (streams, length) = Self.window(units: units, vocabulary: weights.network.vocabulary)
    let own = (units + streams - 1) / streams
    var portions = BatchShard.cut(batch: streams, pool: pool.count).map { rows in
      makePortion(firstRow: rows.lowerBound, rows: rows.count, length: length)
    }
    // What each stream scores: its part of the stretch, spread evenly over what has units before it to read.
    let first = range.lowerBound + (streams == 1 ? 0 : warm)
    let spread = Double(range.upperBound - 1 - own - first) / Double(max(1, streams - 1))
    let starts = (0..<streams).map { first + Int((Double($0) * spread).rounded(.down)) }
    let (weights, kernels) = (weights, kernels)
    pool.forEach(&portions) { portion in
      let rows = portion.firstRow..<portion.firstRow + portion.rows
      // One stream begins where the stretch does: there is nothing to read before.
      for begin in stride(from: streams == 1 ? 0 : -warm, to: own, by: length) {
        for row in rows {
          // Before the stretch, and after the stream's own part, nothing counts.
          var ids = [Int32](repeating: -1, count: length + 1)
          let low = max(range.lowerBound, starts[row] + begin)
          let high = min(range.upperBound, starts[row] + begin + length + 1)
          if low < high {
            let known = corpus.ids(low..<high)
            ids.replaceSubrange(
              (low - starts[row] - begin)..<(high - starts[row] - begin), with: known)
          }
          portion.fill(
            row: row - portion.firstRow, ids,
            counting: min(length, max(0, -begin))..<min(length, own - begin))
        }
        portion.forward(weights, kernels)
        portion.carryState()
        portion.tally()
      }
    }
    return portions.reduce(into: Score(nats: 0, units: 0)) { score, portion in
      score.nats = portion.counted.nats.reduce(score.nats, +)
      score.units += portion.counted.units
    }
  }

  /// How many streams, and how many steps of each, `estimate` reads at once: fewer for a vocabulary so large that its
  /// scores would fill the memory.
  static func window(units: Int, vocabulary: Int) -> (streams: Int, length: Int) {
    let streams = max(1, min(64, units / 256))
    return (streams, max(1, min(64, (1 << 24) / vocabulary / streams)))
  }

  private func makePortion(firstRow: Int = 0, rows: Int, length: Int) -> BatchShard {
    BatchShard(
      weights.network, firstRow: firstRow, rows: rows, length: length,
      precision: weights.precision,
      dropout: false, backward: false)
  }
}
