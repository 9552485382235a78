internal import GeulCompute
internal import GeulModel
internal import GeulText

/// The active sequences, which need tokens, that are stepped as one batch, by one thread or by all threads together.
///
/// Row i of the shard belongs to sequence i.
struct GenerationBatch: Sendable {
  private(set) var sequences: [GeneratedSequence] = []
  /// The number of tokens that were generated.
  private(set) var generatedTokenCount = 0
  private let shard: BatchShard
  private let capacity: Int
  private let width: Int
  private var logits: [[Float]] = []

  init(_ weights: PackedNetwork, capacity: Int) {
    self.capacity = capacity
    width = weights.network.architecture.hidden
    shard = BatchShard(
      weights.network, firstRow: 0, rows: capacity, length: 1,
      precision: weights.precision, dropout: false, backward: false)
    shard.resize(rows: 0)
  }

  var isFull: Bool { sequences.count == capacity }

  /// The fraction of rows in use.
  var load: Double { Double(sequences.count) / Double(capacity) }

  mutating func append(_ sequence: GeneratedSequence, _ state: RecurrentState.Row) {
    sequences.append(sequence)
    logits.append([])
    shard.resize(rows: sequences.count)
    shard.setState(row: sequences.count - 1, state)
  }

  /// Removes a sequence; returns it with its state, or nil if it is not in the batch.
  @discardableResult
  mutating func remove(
    _ id: GenerationEngine.SequenceID
  ) -> (sequence: GeneratedSequence, state: RecurrentState.Row)? {
    guard let row = sequences.firstIndex(where: { $0.id == id }) else { return nil }
    defer { evict(row) }
    return (sequences[row], shard.state(row: row, width: width))
  }

  /// Removes a sequence and moves the last row to its row.
  private mutating func evict(_ row: Int) {
    let last = sequences.count - 1
    shard.copyState(row: last, to: row)
    sequences.swapAt(row, last)
    sequences.removeLast()
    logits.removeLast()
    shard.resize(rows: last)
  }

  /// Generates one token for each sequence.
  mutating func step(_ weights: PackedNetwork, _ context: ComputeContext) {
    guard !sequences.isEmpty else { return }
    generatedTokenCount += sequences.count
    for row in sequences.indices { shard.tokens[row] = Int32(sequences[row].lastToken) }
    shard.step(weights, context, logits: &logits)
    for row in sequences.indices { sequences[row].advance(logits[row]) }
  }

  /// Ends all sequences.
  mutating func interrupt() {
    for row in sequences.indices { sequences[row].end(.interrupted) }
  }

  /// Appends the events of sequences that have new text or have ended, and evicts the latter.
  mutating func collectEvents(into events: inout [GenerationEngine.Event]) {
    for row in sequences.indices.reversed() {
      let ending = sequences[row].ending
      guard ending != nil || sequences[row].hasOutput else { continue }
      let (shard, width) = (shard, width)
      events.append(sequences[row].event(state: { shard.state(row: row, width: width) }))
      if ending != nil { evict(row) }
    }
  }
}
