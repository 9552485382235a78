public import GeulCompute
public import GeulModel
internal import GeulText

/// An engine that generates many sequences concurrently and admits and evicts them between steps (continuous batching).
///
/// A step generates one token for each active sequence. Active rows stay contiguous: the last row replaces
/// the row of a finished sequence, so finished sequences cost nothing. Prompts are read in chunks of at most 64 tokens
/// between steps, so that a long prompt delays others by at most one chunk.
///
/// In float32 and int8, the text of a sequence depends only on the model and its request, not on other sequences.
///
/// ```swift
/// var engine = GenerationEngine(model, capacity: 8, context: context)
/// let id = try engine.admit(SequenceRequest(prompt: ids, length: 200, seed: 1))
/// while !engine.isIdle {
///   for event in engine.step() where event.id == id { print(event.text, terminator: "") }
/// }
/// ```
public struct GenerationEngine: ~Copyable {
  private let model: Model
  private let weights: PackedNetwork
  private let context: ComputeContext
  private var batches: [GenerationBatch]
  /// The decoder that each sequence starts with.
  private let decoder: StreamDecoder
  private let prefill: BatchShard
  private var prefixCache: PrefixCache
  private var pending: [PendingSequence] = []
  private var nextID = 0
  /// The maximum number of active sequences.
  public let capacity: Int

  /// The identifier of an admitted sequence.
  public struct SequenceID: Sendable, Hashable, Comparable {
    let value: Int
    /// Returns true if `a` was admitted before `b`.
    public static func < (a: SequenceID, b: SequenceID) -> Bool { a.value < b.value }
  }

  /// The result of a step for one sequence.
  public struct Event: Sendable {
    /// The sequence.
    public let id: SequenceID
    /// The text that the step completed, valid UTF-8 on its own; may be empty.
    public let text: String
    /// The reason why the sequence ended; nil while it continues.
    public let ending: Ending?
  }

  /// The reason why a sequence ended.
  public enum Ending: String, Codable, Sendable {
    /// The sequence has the requested number of tokens.
    case length
    /// A stop string was generated.
    case stop
    /// The sequence was interrupted.
    case interrupted
  }

  /// The maximum number of tokens of a prompt that are read between two steps.
  private static let chunkLength = 64

  /// Creates an engine.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - precision: The arithmetic of matrix products.
  ///   - capacity: The maximum number of active sequences, at least 1; further sequences are queued.
  ///   - cacheBytes: The maximum size of the prefix cache in bytes.
  ///   - context: The kernels and threads.
  public init(
    _ model: Model, precision: Precision = .float32, capacity: Int, cacheBytes: Int = 1 << 24,
    context: ComputeContext
  ) {
    self.init(
      model,
      weights: PackedNetwork(
        model.network, parameters: model.parameters, precision: precision, backward: false,
        context: context), capacity: capacity, cacheBytes: cacheBytes, context: context)
  }

  init(
    _ model: Model, weights: PackedNetwork, capacity: Int, cacheBytes: Int = 1 << 24,
    context: ComputeContext
  ) {
    precondition(capacity >= 1, "capacity must be at least 1, is \(capacity)")
    self.model = model
    self.weights = weights
    self.context = context
    self.capacity = capacity
    decoder = StreamDecoder(
      tokenizer: model.metadata.tokenizer, vocabulary: model.metadata.vocabulary)
    // A few sequences form one batch whose layers all threads share, so weights are read once for all sequences.
    // Many sequences are split into one batch per thread, or into two if these are large, so that a slow thread
    // does not delay the others.
    let threads = context.pool.count
    let (few, many) = (12, 24 * threads)
    let count = capacity <= few ? 1 : min(capacity, capacity < many ? threads : 2 * threads)
    batches = (0..<count).map { index in
      GenerationBatch(
        weights, capacity: capacity * (index + 1) / count - capacity * index / count)
    }
    prefill = BatchShard(
      model.network, firstRow: 0, rows: 1, length: Self.chunkLength, precision: weights.precision,
      dropout: false, backward: false)
    prefixCache = PrefixCache(byteLimit: cacheBytes)
  }

  /// Indicates whether no sequence is active or pending.
  public var isIdle: Bool { pending.isEmpty && activeCount == 0 }

  /// The number of active sequences.
  public var activeCount: Int { batches.reduce(0) { $0 + $1.sequences.count } }

  /// Admits a sequence; its prompt is read before the next steps.
  ///
  /// - Throws: `SamplingError` if an option is out of its range.
  public mutating func admit(_ request: SequenceRequest) throws(SamplingError) -> SequenceID {
    let vocabulary = model.metadata.vocabulary
    let excluded = Set(vocabulary.unknownID.map { [$0] } ?? [])
    let sampler = try Sampler(
      request.sampling, vocabularySize: model.network.vocabulary, banned: excluded,
      kernels: context.kernels)
    let id = SequenceID(value: nextID)
    nextID += 1
    let prompt = request.prompt.isEmpty ? [vocabulary.lineBreakID] : request.prompt
    let sequence = GeneratedSequence(
      id: id, request: request, lastToken: prompt[prompt.count - 1], decoder: decoder,
      stops: StopStrings(request.stops, of: model.metadata), sampler: sampler)
    pending.append(PendingSequence(sequence: sequence, unread: prompt.dropLast()))
    return id
  }

  /// Removes a sequence; has no effect if it has ended.
  public mutating func cancel(_ id: SequenceID) {
    pending.removeAll { $0.sequence.id == id }
    for index in batches.indices { batches[index].cancel(id) }
  }

  /// Ends all sequences, active and pending.
  ///
  /// - Returns: The events of the sequences with the text that was held back, in the order of their admission.
  public mutating func interrupt() -> [Event] {
    var events: [Event] = []
    for index in batches.indices {
      batches[index].interrupt()
      batches[index].collectEvents(into: &events)
    }
    events += pending.map { Event(id: $0.sequence.id, text: "", ending: .interrupted) }
    pending = []
    events.sort { $0.id < $1.id }
    return events
  }

  /// Reads at most one chunk of a prompt, and generates one token for each active sequence.
  ///
  /// - Returns: The events of the sequences that have new text or have ended, in the order of their admission.
  public mutating func step() -> [Event] {
    if !pending.isEmpty { activatePending() }
    // Each of several batches is stepped by one thread; a single batch uses all threads.
    if batches.count == 1 {
      batches[0].step(weights, context)
    } else {
      let (weights, inner) = (weights, context.singleThreaded)
      context.pool.forEach(&batches) { batch in batch.step(weights, inner) }
    }
    var events: [Event] = []
    for index in batches.indices { batches[index].collectEvents(into: &events) }
    if events.count > 1 { events.sort { $0.id < $1.id } }
    return events
  }

  /// Activates pending sequences, in order, while there is capacity and their prompts are read.
  private mutating func activatePending() {
    var budget = Self.chunkLength
    while !pending.isEmpty,
      let target = batches.indices.min(by: { batches[$0].load < batches[$1].load }),
      !batches[target].isFull
    {
      guard let state = readPrompt(&budget) else { return }
      batches[target].append(pending.removeFirst().sequence, state)
    }
  }

  /// Reads up to `budget` tokens of the first pending prompt; returns the state once all are read.
  private mutating func readPrompt(_ budget: inout Int) -> RecurrentState.Row? {
    let width = model.network.architecture.hidden
    let prompt = pending[0].prompt
    if pending[0].state == nil, let cached = prefixCache[prompt] { return cached }
    var state = pending[0].state ?? RecurrentState(model.network.architecture, rows: 1)[0]
    prefill.setState(row: 0, state)
    let block = pending[0].unread.prefix(budget)
    if !block.isEmpty {
      prefill.setTokens(row: 0, block.map(Int32.init) + [-1])
      prefill.read(weights, ComputeContext(context.kernels), steps: block.count)
      prefill.carryState(after: block.count)
      pending[0].unread = pending[0].unread.dropFirst(block.count)
      budget -= block.count
    }
    state = prefill.state(row: 0, width: width)
    guard pending[0].unread.isEmpty else {
      pending[0].state = state
      return nil
    }
    prefixCache[prompt] = state
    return state
  }
}

/// A sequence whose prompt is being read.
private struct PendingSequence {
  let sequence: GeneratedSequence
  /// The tokens of the prompt without the last, which the first step reads.
  let prompt: [Int]
  var unread: ArraySlice<Int>
  /// The state after the tokens that were read; nil before the first.
  var state: RecurrentState.Row?

  init(sequence: GeneratedSequence, unread: ArraySlice<Int>) {
    self.sequence = sequence
    prompt = Array(unread)
    self.unread = unread
  }
}

extension Vocabulary {
  /// The token that an empty prompt stands for: a line break if the vocabulary has one, else the most frequent token.
  var lineBreakID: Int { id(of: "\n") ?? id(of: "\r\n") ?? (unknownID == 0 ? 1 : 0) }
}
