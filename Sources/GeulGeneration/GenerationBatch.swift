internal import GeulCompute
internal import GeulModel
internal import GeulText

/// The active sequences that are stepped as one batch, by one thread or by all threads together.
///
/// Row i of the shard belongs to sequence i.
struct GenerationBatch: Sendable {
  private(set) var sequences: [GeneratedSequence] = []
  private let shard: BatchShard
  private let capacity: Int
  private var logits: [[Float]] = []

  init(_ weights: PackedNetwork, capacity: Int) {
    self.capacity = capacity
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

  mutating func cancel(_ id: GenerationEngine.SequenceID) {
    if let row = sequences.firstIndex(where: { $0.id == id }) { evict(row) }
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
    if sequences.contains(where: { $0.needsToken }) {
      for row in sequences.indices { shard.tokens[row] = Int32(sequences[row].lastToken) }
      shard.step(weights, context, logits: &logits)
    }
    for row in sequences.indices { sequences[row].advance(logits[row]) }
  }

  /// Ends all sequences.
  mutating func interrupt() {
    for row in sequences.indices { sequences[row].interrupt() }
  }

  /// Appends the events of sequences that have new text or have ended, and evicts the latter.
  mutating func collectEvents(into events: inout [GenerationEngine.Event]) {
    for row in sequences.indices.reversed() {
      let ending = sequences[row].ending
      if ending != nil || !sequences[row].piece.isEmpty {
        events.append(
          GenerationEngine.Event(id: sequences[row].id, text: sequences[row].piece, ending: ending))
      }
      if ending != nil { evict(row) }
    }
  }
}

/// A sequence that is being generated: its request, sampler, decoder and position.
struct GeneratedSequence: Sendable {
  let id: GenerationEngine.SequenceID
  /// The token that the next step reads.
  private(set) var lastToken: Int
  /// The text that the last step completed.
  private(set) var piece = ""
  private(set) var ending: GenerationEngine.Ending?
  private let length: Int
  private var count = 0
  private var window: PenaltyWindow
  private let draws: RandomDraws
  private var decoder: StreamDecoder
  private var stops: StopStrings
  private var sampler: Sampler

  init(
    id: GenerationEngine.SequenceID, request: SequenceRequest, lastToken: Int,
    decoder: StreamDecoder, stops: StopStrings, sampler: Sampler
  ) {
    self.id = id
    self.lastToken = lastToken
    self.decoder = decoder
    self.stops = stops
    self.sampler = sampler
    length = request.length
    window = PenaltyWindow(capacity: request.sampling.repeatLastN)
    for id in request.prompt {
      window.append(id)
      // The first generated tokens may complete a Hangul syllable at the end of the prompt.
      _ = self.decoder.append(id)
    }
    draws = RandomDraws(seed: request.seed, sample: UInt64(request.sampleIndex))
  }

  /// Indicates whether fewer tokens than requested were generated.
  var needsToken: Bool { count < length }

  /// Samples the next token and decodes it; ends the sequence at the requested length or at a
  /// stop string.
  mutating func advance(_ logits: [Float]) {
    piece = ""
    if needsToken {
      lastToken = sampler.sample(logits.span, after: window, uniform: draws[UInt64(count)])
      window.append(lastToken)
      count += 1
      append(decoder.append(lastToken))
    }
    guard ending == nil, !needsToken else { return }
    finish(.length)
  }

  /// Ends the sequence before it has the requested length.
  mutating func interrupt() {
    piece = ""
    finish(.interrupted)
  }

  /// Completes the text, which may end with a stop string.
  private mutating func finish(_ reason: GenerationEngine.Ending) {
    // An incomplete character at the end is dropped; without generated tokens it is part of the prompt and kept.
    append(length > 0 ? decoder.finishTruncated() : decoder.finish())
    guard ending == nil else { return }
    let (rest, isStopped) = stops.finish()
    piece += rest
    ending = isStopped ? .stop : reason
  }

  private mutating func append(_ text: String) {
    let (shown, stopped) = stops.append(text)
    piece += shown
    if stopped { ending = .stop }
  }
}
