internal import GeulCompute
internal import GeulModel
internal import GeulText

/// A sequence with the tokens of its prompt that the network has not read.
struct PendingSequence: Sendable {
  var sequence: GeneratedSequence
  /// The tokens that are read before the first step, which reads the last token of the prompt.
  fileprivate let prompt: [Int32]
  /// The number of tokens of `prompt` that were read.
  fileprivate var readCount = 0
  /// The state after these tokens; nil for the zero state.
  fileprivate var state: RecurrentState.Row?
  /// Indicates whether the state depends on `prompt` alone.
  fileprivate let isCacheable: Bool
  /// The positions of the request's tokens in the text of the prompt; empty unless these tokens are scored.
  private let offsets: [Int]

  /// Creates a sequence whose prompt is read after a state, by default the zero state.
  init(
    _ sequence: GeneratedSequence, prompt: [Int32], after state: RecurrentState.Row? = nil,
    offsets: [Int] = []
  ) {
    self.sequence = sequence
    self.prompt = prompt
    self.state = state
    self.offsets = offsets
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

  fileprivate mutating func append(_ score: TokenScore) {
    var score = score
    let index = sequence.promptScores?.count ?? 0
    if offsets.indices.contains(index) { score.offset = offsets[index] }
    sequence.promptScores?.append(score)
  }
}

/// A reader of prompts, in chunks and with a cache of states.
struct PromptReader: Sendable {
  /// The maximum number of tokens that are read between two steps.
  static let chunkLength = 64

  private let weights: PackedNetwork
  private let kernels: Kernels
  private let shard: BatchShard
  private let zeroState: RecurrentState.Row
  private var logits: [[Float]] = []
  private(set) var cache: PrefixCache
  /// The number of prompt tokens that were read, without those whose state was cached.
  private(set) var readCount = 0

  init(_ weights: PackedNetwork, kernels: Kernels, cacheBytes: Int) {
    self.weights = weights
    self.kernels = kernels
    shard = BatchShard(
      weights.network, firstRow: 0, rows: 1, length: Self.chunkLength,
      precision: weights.precision, dropout: false, backward: false)
    zeroState = RecurrentState(weights.network.architecture, rows: 1)[0]
    cache = PrefixCache(byteLimit: cacheBytes)
  }

  /// Reads up to `budget` tokens of a prompt; returns the state once all are read.
  mutating func read(_ pending: inout PendingSequence, _ budget: inout Int) -> RecurrentState.Row? {
    let isScored = pending.sequence.promptScores != nil
    if isScored, pending.isCacheable, pending.sequence.promptScores?.isEmpty == true {
      let first = pending.prompt.first.map(Int.init) ?? pending.sequence.lastToken
      pending.append(TokenScore(firstToken: first))
    }
    if pending.readCount == 0, pending.isCacheable, !isScored,
      let (count, state) = cache.longestPrefix(of: pending.prompt[...])
    {
      (pending.readCount, pending.state) = (count, state)
      pending.sequence.cachedTokenCount = count
    }
    while pending.readCount < pending.prompt.count, budget > 0 {
      // A chunk ends where the cache stores a state.
      let block = PrefixCache.blockLength
      let count = min(
        budget, block - pending.readCount % block, pending.prompt.count - pending.readCount)
      readChunk(of: &pending, count, isScored: isScored)
      budget -= count
    }
    guard pending.readCount == pending.prompt.count else { return nil }
    return pending.state ?? zeroState
  }

  private mutating func readChunk(
    of pending: inout PendingSequence, _ count: Int, isScored: Bool
  ) {
    let (start, end) = (pending.readCount, pending.readCount + count)
    shard.setState(row: 0, pending.state ?? zeroState)
    shard.setTokens(row: 0, pending.prompt[start..<end] + [-1])
    let context = ComputeContext(kernels)
    if isScored {
      shard.readWithLogits(weights, context, steps: count, logits: &logits)
      for index in 0..<count {
        let position = start + index + 1
        let next =
          position < pending.prompt.count
          ? Int(pending.prompt[position]) : pending.sequence.lastToken
        pending.append(
          TokenScore(
            next, logits: logits[index], alternativeCount: pending.sequence.alternatives ?? 0))
      }
    } else {
      shard.read(weights, context, steps: count)
    }
    shard.carryState(after: count)
    let state = shard.state(row: 0, width: weights.network.architecture.hidden)
    (pending.readCount, pending.state) = (end, state)
    readCount += count
    guard pending.isCacheable, end == pending.prompt.count || end % PrefixCache.blockLength == 0
    else { return }
    cache.insert(state, after: pending.prompt[..<end])
  }
}
