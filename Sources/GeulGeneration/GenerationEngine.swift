public import GeulCompute
public import GeulModel

/// An engine that generates many sequences concurrently and admits and evicts them between steps (continuous batching).
///
/// A step generates one token for each active sequence. Active rows stay contiguous: the last row replaces
/// the row of a finished sequence, so finished sequences cost nothing. Meanwhile at most eight prompts are read, in
/// chunks of at most 64 tokens, so that a long prompt delays others by at most one chunk. States at the ends of prompts and after every
/// 256 tokens are cached, so that a prompt with the same beginning is read from there.
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
  private let preparer: SequencePreparer
  private let weights: PackedNetwork
  private let context: ComputeContext
  private var batches: [GenerationBatch]
  private let reader: PromptReader
  private var suspended: [SequenceID: PendingSequence] = [:]
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
    /// The scores of the tokens of the text, if the request asks for them.
    public let scores: [TokenScore]
    /// The scores of the prompt's tokens, in the first event of a sequence whose request asks for them.
    public let promptScores: [TokenScore]?
    /// The reason why the sequence ended; nil while it continues.
    public let ending: Ending?
    /// The number of tokens that were generated so far.
    public let generatedTokenCount: Int
    /// The number of tokens of the prompt whose state was cached.
    public let cachedTokenCount: Int
    /// The state at the end of the sequence, if the request asks for it.
    public let state: SequenceState?
  }

  /// The reason why a sequence ended.
  public enum Ending: String, Codable, Sendable {
    /// The sequence has the requested number of tokens.
    case length
    /// A stop string was generated.
    case stop
    /// The sequence was interrupted.
    case interrupted
    /// The text satisfies its constraint, and the next token would not belong to it.
    case pattern
    /// The constraint of the sequence permits no further token.
    case noCandidates = "no_candidates"
  }

  /// The number of active sequences up to which they form one batch.
  ///
  /// The threads share the layers of that batch, so weights are read once for all sequences.
  private static let singleBatchCount = 12

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
    preparer = SequencePreparer(model, kernels: context.kernels)
    self.weights = weights
    self.context = context
    self.capacity = capacity
    // Many sequences are split into one batch per thread, or into two if these are large, so that a slow thread
    // does not delay the others.
    let threads = context.pool.count
    let many = 24 * threads
    let count =
      capacity <= Self.singleBatchCount
      ? 1 : min(capacity, capacity < many ? threads : 2 * threads)
    batches = (0..<count).map { index in
      GenerationBatch(
        weights, capacity: capacity * (index + 1) / count - capacity * index / count)
    }
    reader = PromptReader(
      weights, kernels: context.kernels, capacity: capacity, cacheBytes: cacheBytes)
  }

  /// Indicates whether no sequence is active or pending; suspended ones do not count.
  public var isIdle: Bool { reader.pending.isEmpty && activeCount == 0 }

  /// The number of active sequences.
  public var activeCount: Int { batches.reduce(0) { $0 + $1.sequences.count } }

  /// The number of admitted sequences that are not active yet.
  public var pendingCount: Int { reader.pending.count }

  /// The number of suspended sequences.
  public var suspendedCount: Int { suspended.count }

  /// The size of the prefix cache in bytes, and the number of its states.
  public var cacheSize: (bytes: Int, states: Int) { (reader.cache.byteCount, reader.cache.count) }

  /// The number of tokens that were generated.
  public var generatedTokenCount: Int { batches.reduce(0) { $0 + $1.generatedTokenCount } }

  /// The number of prompt tokens that were read, without those whose state was cached.
  public var readTokenCount: Int { reader.readCount }

  /// Admits a sequence; its prompt is read before the next steps.
  ///
  /// - Throws: `SamplingError` if an option is out of its range.
  public mutating func admit(_ request: SequenceRequest) throws(SamplingError) -> SequenceID {
    admit(try preparer.prepare(request))
  }

  /// Admits a sequence that another thread may have prepared, for the same model.
  public mutating func admit(_ prepared: PreparedSequence) -> SequenceID {
    let id = SequenceID(value: nextID)
    nextID += 1
    var pending = prepared.pending
    pending.sequence.id = id
    reader.append(pending)
    return id
  }

  /// Removes a sequence; has no effect if it has ended.
  public mutating func cancel(_ id: SequenceID) {
    suspended[id] = nil
    reader.remove(id)
    for index in batches.indices { batches[index].remove(id) }
  }

  /// Suspends a sequence, so that it takes no time and no capacity; has no effect if it has ended.
  public mutating func suspend(_ id: SequenceID) {
    if let sequence = reader.remove(id) { suspended[id] = sequence }
    for index in batches.indices {
      guard let (sequence, state) = batches[index].remove(id) else { continue }
      suspended[id] = PendingSequence(resuming: sequence, state)
    }
  }

  /// Continues a suspended sequence before the pending ones; has no effect if it is not suspended.
  public mutating func resume(_ id: SequenceID) {
    guard let sequence = suspended.removeValue(forKey: id) else { return }
    reader.insertFirst(sequence)
  }

  /// Ends all sequences: active, pending and suspended.
  ///
  /// - Returns: The events of the sequences with the text that was held back, in the order of their admission.
  public mutating func interrupt() -> [Event] {
    var events: [Event] = []
    for index in batches.indices {
      batches[index].interrupt()
      batches[index].collectEvents(into: &events)
    }
    for var waiting in reader.takePending() + suspended.values {
      waiting.sequence.end(.interrupted)
      events.append(waiting.event)
    }
    suspended = [:]
    events.sort { $0.id < $1.id }
    return events
  }

  /// Reads at most one chunk of some prompts, and generates one token for each active sequence, at the same time.
  ///
  /// - Returns: The events of the sequences that have new text or have ended, in the order of their admission.
  public mutating func step() -> [Event] {
    var events: [Event] = []
    // Without active sequences there is nothing else to do while prompts are read.
    let mustRead = activeCount == 0
    reader.read(limit: capacity - activeCount, steps: mustRead ? PromptReader.chunkLength : 0)
    activateReady(&events)
    let used = batches.indices.filter { !batches[$0].sequences.isEmpty }
    let canRead = !mustRead && activeCount < capacity && !reader.pending.isEmpty
    if used.count > 1 || canRead {
      // Each batch is stepped by one thread.
      let (weights, inner) = (weights, context.singleThreaded)
      let (reader, limit) = (reader, capacity - activeCount)
      context.pool.forEach(&batches) { batch in
        batch.step(weights, inner)
      } alongside: {
        if canRead { reader.read(limit: limit, steps: PromptReader.chunkLength) }
      }
    } else {
      // A single batch uses all threads.
      for index in used { batches[index].step(weights, context) }
    }
    for index in batches.indices { batches[index].collectEvents(into: &events) }
    activateReady(&events)
    if events.count > 1 { events.sort { $0.id < $1.id } }
    return events
  }

  /// Activates the sequences whose prompts are read.
  ///
  /// A sequence without tokens to generate ends at once.
  private mutating func activateReady(_ events: inout [Event]) {
    for (sequence, state) in reader.takeReady() {
      if sequence.needsToken {
        batches[nextBatch].append(sequence, state)
      } else {
        var sequence = sequence
        sequence.end(sequence.reasonWithoutToken)
        events.append(sequence.event(state: { state }))
      }
    }
  }

  /// The batch that takes the next sequence, if not all are full.
  private var nextBatch: Int {
    if activeCount < Self.singleBatchCount, !batches[0].isFull { return 0 }
    return batches.indices.min { batches[$0].load < batches[$1].load } ?? 0
  }
}
