internal import GeulCompute
internal import GeulModel
internal import GeulNGrams

/// A sequence with the tokens of its prompt that the network has not read.
struct PendingSequence: Sendable {
  var sequence: GeneratedSequence
  /// The tokens that are read before the first step, which reads the last token of the prompt.
  fileprivate let prompt: [Int32]
  /// The number of tokens of `prompt` that were read.
  fileprivate var readCount = 0
  /// The state after these tokens; nil for the zero state.
  fileprivate var state: RecurrentState.Row?
  /// Indicates whether the cache was searched for the prompt.
  fileprivate var isLookedUp = false
  /// Indicates whether the state depends on `prompt` alone.
  fileprivate let isCacheable: Bool
  /// The request's tokens, with their positions in the text of the prompt; empty unless they are scored.
  ///
  /// Where the network reads the token of a label, this is the line feed.
  private let scoredTokens: [(id: Int, offset: Int)]
  /// The n-grams after the tokens that were scored; nil for a network alone.
  private var predictor: NGramMixture.Predictor?

  /// Creates a sequence whose prompt is read after a state, by default the zero state.
  init(
    _ sequence: GeneratedSequence, prompt: [Int32], after state: RecurrentState.Row? = nil,
    scoredTokens: [(id: Int, offset: Int)] = [], predictor: NGramMixture.Predictor? = nil
  ) {
    self.predictor = predictor
    self.sequence = sequence
    self.prompt = prompt
    self.state = state
    self.scoredTokens = scoredTokens
    isCacheable = state == nil
  }

  /// Creates a sequence that continues from `state`, after its prompt.
  init(resuming sequence: GeneratedSequence, _ state: RecurrentState.Row) {
    self.init(sequence, prompt: [], after: state)
  }

  /// The event of the sequence, which has ended before it was active.
  var event: GenerationEngine.Event {
    var sequence = sequence
    return sequence.event(state: { nil })
  }

  fileprivate var isRead: Bool { readCount == prompt.count }

  fileprivate var isScored: Bool { sequence.promptScores != nil }

  /// The number of tokens up to the end of the prompt or to the next state that is cached.
  fileprivate var runLength: Int {
    let block = PrefixCache.blockLength
    return min(block - readCount % block, prompt.count - readCount)
  }

  /// Returns true if another prompt is probably the same, so that reading one of them is enough.
  fileprivate func resembles(_ other: PendingSequence) -> Bool {
    prompt.count == other.prompt.count && isCacheable && other.isCacheable && !isScored
      && !other.isScored && prompt.suffix(16) == other.prompt.suffix(16)
  }

  /// Adds the score of the first token, which has no prediction unless the token of a label is read before it.
  fileprivate mutating func scoreFirstToken() {
    guard isScored, isCacheable, prompt.count < scoredTokens.count else { return }
    append { TokenScore(firstToken: $0) }
  }

  /// Adds the score of the token after the first `read` ones of `prompt`.
  fileprivate mutating func scoreToken(after read: Int, _ networkLogits: [Float]) {
    var logits = networkLogits
    predictor?.read(prompt[read - 1])
    predictor?.mix(&logits)
    let count = sequence.alternatives ?? 0
    append { TokenScore($0, logits: logits, alternativeCount: count) }
  }

  private mutating func append(_ score: (_ id: Int) -> TokenScore) {
    let token = scoredTokens[sequence.promptScores?.count ?? 0]
    var score = score(token.id)
    score.offset = token.offset
    sequence.promptScores?.append(score)
  }
}

/// A reader of prompts: several at a time, in chunks, and with a cache of states.
///
/// Unchecked: one thread uses it at a time.
final class PromptReader: @unchecked Sendable {
  /// The maximum number of tokens of a prompt that are read between two steps.
  static let chunkLength = 64
  /// The maximum number of prompts that are read together.
  private static let maximumRows = 8

  /// The sequences whose prompts are not read, in the order of their admission.
  private(set) var pending: [PendingSequence] = []
  /// The sequences whose prompts are read, with the states after all tokens but the last.
  private(set) var ready: [(sequence: GeneratedSequence, state: RecurrentState.Row)] = []
  private(set) var cache: PrefixCache
  /// The number of prompt tokens that were read, without those whose state was cached.
  private(set) var readCount = 0

  private let weights: PackedNetwork
  private let context: ComputeContext
  private let shard: BatchShard
  private let maximumRows: Int
  private let zeroState: RecurrentState.Row
  private var logits: [[Float]] = []

  /// Creates a reader of prompts for `capacity` sequences.
  init(_ weights: PackedNetwork, kernels: Kernels, capacity: Int, cacheBytes: Int) {
    self.weights = weights
    context = ComputeContext(kernels)
    maximumRows = min(Self.maximumRows, capacity)
    shard = BatchShard(
      weights.network, firstRow: 0, rows: maximumRows, length: Self.chunkLength,
      precision: weights.precision, dropout: false, backward: false)
    zeroState = RecurrentState(weights.network.architecture, rows: 1)[0]
    cache = PrefixCache(byteLimit: cacheBytes)
  }

  /// Adds a sequence whose prompt is read after the others.
  func append(_ sequence: PendingSequence) { pending.append(sequence) }

  /// Adds a sequence before the others.
  func insertFirst(_ sequence: PendingSequence) { pending.insert(sequence, at: 0) }

  /// Removes and returns a pending sequence; nil if it is not pending.
  @discardableResult
  func remove(_ id: GenerationEngine.SequenceID) -> PendingSequence? {
    pending.firstIndex { $0.sequence.id == id }.map { pending.remove(at: $0) }
  }

  /// Removes and returns all pending sequences.
  func takePending() -> [PendingSequence] {
    defer { pending = [] }
    return pending
  }

  /// Returns the sequences that are ready, and forgets them.
  func takeReady() -> [(sequence: GeneratedSequence, state: RecurrentState.Row)] {
    defer { ready = [] }
    return ready
  }

  /// Reads at most `steps` tokens of each of the first prompts, until `limit` sequences are ready.
  ///
  /// Sequences whose state is known are ready without steps.
  func read(limit: Int, steps: Int) {
    var remaining = steps
    while true {
      let rows = nextRows(limit: limit)
      guard !rows.isEmpty, remaining > 0 else { return }
      let count = rows.reduce(remaining) { min($0, pending[$1].runLength) }
      read(rows, count)
      remaining -= count
    }
  }

  /// Moves sequences whose prompts are read to `ready`, and returns the indices of those to read next.
  private func nextRows(limit: Int) -> [Int] {
    var rows: [Int] = []
    var index = 0
    while index < pending.count, rows.count < maximumRows, ready.count + rows.count < limit {
      guard !rows.contains(where: { pending[$0].resembles(pending[index]) }) else {
        index += 1
        continue
      }
      lookUp(index)
      if pending[index].isRead {
        let finished = pending.remove(at: index)
        ready.append((finished.sequence, finished.state ?? zeroState))
        continue
      }
      rows.append(index)
      index += 1
    }
    return rows
  }

  /// Takes the state of the longest beginning of a prompt from the cache.
  ///
  /// A scored prompt is read as a whole. A prompt that was not begun is looked up again, since another one may have
  /// been read meanwhile.
  private func lookUp(_ index: Int) {
    if pending[index].isScored {
      if !pending[index].isLookedUp { pending[index].scoreFirstToken() }
    } else if pending[index].isCacheable, pending[index].readCount == 0,
      let (count, state) = cache.longestPrefix(of: pending[index].prompt[...])
    {
      (pending[index].readCount, pending[index].state) = (count, state)
      pending[index].sequence.cachedTokenCount = count
    }
    pending[index].isLookedUp = true
  }

  /// Reads `count` tokens of the prompts at some indices of `pending`.
  private func read(_ indices: [Int], _ count: Int) {
    shard.resize(rows: indices.count)
    for (row, index) in indices.enumerated() {
      let start = pending[index].readCount
      shard.setState(row: row, pending[index].state ?? zeroState)
      shard.setTokens(row: row, pending[index].prompt[start..<start + count] + [-1])
    }
    if indices.contains(where: { pending[$0].isScored }) {
      shard.readWithLogits(weights, context, steps: count, logits: &logits)
    } else {
      shard.read(weights, context, steps: count)
    }
    shard.carryState(after: count)
    for (row, index) in indices.enumerated() {
      let start = pending[index].readCount
      if pending[index].isScored {
        for step in 0..<count {
          pending[index].scoreToken(after: start + step + 1, logits[step * indices.count + row])
        }
      }
      let state = shard.state(row: row, width: weights.network.architecture.hidden)
      (pending[index].readCount, pending[index].state) = (start + count, state)
      readCount += count
      store(pending[index], state)
    }
  }

  /// Stores a state in the cache at the end of a prompt and after each block.
  private func store(_ sequence: PendingSequence, _ state: RecurrentState.Row) {
    let isStored = sequence.isRead || sequence.readCount % PrefixCache.blockLength == 0
    guard sequence.isCacheable, isStored else { return }
    cache.insert(state, after: sequence.prompt[..<sequence.readCount])
  }
}
