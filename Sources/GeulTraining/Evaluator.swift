public import GeulCompute
public import GeulModel
internal import GeulNGrams
public import GeulText

/// Computes the loss of a network on a text, without dropout.
///
/// ```swift
/// let evaluator = Evaluator(model, context: context)
/// let loss = evaluator.loss(corpus, 0..<corpus.count)
/// print(loss.natsPerToken, loss.bitsPerToken)
/// ```
public struct Evaluator: Sendable {
  let weights: PackedNetwork
  let context: ComputeContext
  private var ngrams: NGramMixture?

  /// Creates an evaluator of a model, with its n-grams.
  public init(_ model: Model, precision: Precision = .float32, context: ComputeContext) {
    self.init(
      model.network, parameters: model.parameters, precision: precision, context: context)
    ngrams = model.ngrams
  }

  /// Creates an evaluator of a network alone, without n-grams.
  public init(
    _ network: Network, parameters: ParameterStorage, precision: Precision = .float32,
    context: ComputeContext
  ) {
    weights = PackedNetwork(
      network, parameters: parameters, precision: precision, backward: false, context: context)
    self.context = context
  }

  /// ln 2.
  public static let natsPerBit = 0.693147180559945309417

  /// The loss on a range of a text.
  public struct Loss: Sendable, Equatable {
    /// The sum of the losses, in nats.
    public var nats: Double
    /// The sum of the losses of the network alone, in nats; 0 for a model without n-grams.
    public var networkNats = 0.0
    /// The number of tokens that were predicted.
    public var tokens: Int
    /// The number of tokens that were skipped because the vocabulary does not contain them.
    public var unknown = 0
    /// The number of items that were scored; 0 for a text that is not a list.
    public var items = 0

    /// Creates a loss.
    public init(nats: Double = 0, tokens: Int = 0) {
      self.nats = nats
      self.tokens = tokens
    }

    /// Adds the losses of a token.
    mutating func add(_ nats: (mixture: Double, network: Double)) {
      self.nats += nats.mixture
      networkNats += nats.network
    }

    /// The mean cross-entropy, in nats/token.
    public var natsPerToken: Double { nats / Double(tokens) }
    /// The mean cross-entropy, in bits/token.
    public var bitsPerToken: Double { natsPerToken / Evaluator.natsPerBit }
  }

  /// Computes the loss of all but the first token of a range, from a zero state that is carried to the end.
  ///
  /// Tokens that the vocabulary does not contain are skipped, as if they were not in the text. Each item of a list is scored by
  /// itself, from the state in which its generation starts.
  public func loss(_ corpus: Corpus, _ range: Range<Int>) -> Loss {
    loss(corpus, range, unless: { false }) ?? Loss()
  }

  /// Computes the loss of all but the first token of a range, and returns nil as soon as `shouldStop` returns true.
  ///
  /// `shouldStop` is called every 256 tokens.
  public func loss(
    _ corpus: Corpus, _ range: Range<Int>, unless shouldStop: () -> Bool
  ) -> Loss? {
    if corpus.list != nil { return itemLoss(corpus, range, unless: shouldStop) }
    let losses = losses(
      upTo: [range.upperBound], from: range.lowerBound, labels: corpus.vocabulary.labels,
      unless: shouldStop
    ) { corpus.ids($0) }
    return losses?.last
  }

  /// Computes the losses of the tokens from `start` on up to each of several positions, in one pass.
  ///
  /// Each is the loss of all but the first token before the position. The difference of two is the loss of the tokens between the
  /// positions.
  ///
  /// - Parameters:
  ///   - ends: The positions in ascending order, none of them before `start`.
  ///   - start: The first position.
  ///   - labels: The tokens of the labels of the vocabulary.
  ///   - shouldStop: Called every 256 tokens.
  ///   - ids: Returns the ids of a range of tokens; those that the vocabulary does not contain are negative.
  /// - Returns: The loss up to each position; nil if `shouldStop` returned true.
  func losses(
    upTo ends: [Int], from start: Int = 0, labels: LabelTokens?,
    unless shouldStop: () -> Bool = { false }, ids: (Range<Int>) -> [Int32]
  ) -> [Loss]? {
    let length = 256
    let shard = makeShard(rows: 1, length: length)
    var loss = Loss()
    var last: Int32?
    var position = start
    var losses: [Loss] = []
    var predictor = ngrams?.makePredictor(kernels: context.kernels)
    var logits: [[Float]] = []
    for end in ends {
      while position < end {
        if shouldStop() { return nil }
        let all = ids(position..<min(position + length, end))
        let known = all.filter { $0 >= 0 }
        loss.unknown += all.count - known.count
        position += all.count
        let sequence = (last.map { [$0] } ?? []) + known
        if last == nil, let first = sequence.first { predictor?.read(first) }
        last = sequence.last
        guard sequence.count > 1 else { continue }
        shard.setTokens(row: 0, sequence, labels: labels)
        let steps = sequence.count - 1
        if predictor == nil {
          shard.forward(weights, context.kernels, steps: steps)
          for step in 0..<steps { loss.nats += shard.losses[step] }
        } else {
          shard.readWithLogits(weights, context, steps: steps, logits: &logits)
          for (id, logits) in zip(sequence.dropFirst(), logits) {
            if let nats = predictor?.losses(of: id, logits: logits) { loss.add(nats) }
            predictor?.read(id)
          }
        }
        shard.carryState(after: steps)
        loss.tokens += steps
      }
      losses.append(loss)
    }
    return losses
  }

  /// Computes the loss of a model that reads the range token by token and may adapt to what it has read (dynamic
  /// evaluation).
  public static func loss(
    _ corpus: Corpus, _ range: Range<Int>, with evaluator: consuming DynamicEvaluator
  ) -> Loss {
    var loss = Loss()
    var evaluator = evaluator
    var known = 0
    corpus.forEachKnownID(in: range) { id in
      known += 1
      if let nats = evaluator.nats(of: id) {
        loss.nats += nats
        loss.tokens += 1
      }
      evaluator.read(id)
    }
    loss.unknown = range.count - known
    return loss
  }

  /// Estimates the loss from about `limit` tokens of a range, read in a large batch: much faster than `loss`.
  ///
  /// Each sequence of the batch starts from a zero state 64 tokens before the first token that counts. With several ranks,
  /// each evaluates some of the sequences; a model with n-grams is evaluated by each rank alone. Of a list, whose order is random,
  /// the first items are scored.
  public func sampledLoss(
    _ corpus: Corpus, _ range: Range<Int>, limit: Int,
    communicator: any Communicator = LocalCommunicator()
  ) -> Loss {
    if corpus.list != nil { return itemLoss(corpus, range.prefix(limit)) ?? Loss() }
    guard
      let sequences = SampledSequences(
        range, limit: limit, vocabulary: weights.network.vocabulary)
    else { return Loss() }
    if let ngrams { return sampledLoss(corpus, sequences, with: ngrams) }
    let (starts, counted, length) = (sequences.starts, sequences.counted, sequences.length)
    let own = (0..<communicator.count).map { sequences.rows(rank: $0, of: communicator.count) }
    let rows = own[communicator.rank]
    var shards = BatchShard.partition(batch: rows.count, threads: context.pool.count).map { part in
      makeShard(firstRow: rows.lowerBound + part.lowerBound, rows: part.count, length: length)
    }
    let (weights, kernels) = (weights, context.kernels)
    context.pool.forEach(&shards) { shard in
      let rows = shard.firstRow..<shard.firstRow + shard.rows
      for begin in stride(from: -sequences.warmup, to: counted, by: length) {
        for row in rows {
          // -1 before and after the range: it does not count.
          var ids = [Int32](repeating: -1, count: length + 1)
          let low = max(range.lowerBound, starts[row] + begin)
          let high = min(range.upperBound, starts[row] + begin + length + 1)
          if low < high {
            let known = corpus.ids(low..<high)
            ids.replaceSubrange(
              (low - starts[row] - begin)..<(high - starts[row] - begin), with: known)
          }
          shard.setTokens(
            row: row - shard.firstRow, ids,
            counting: min(length, max(0, -begin))..<min(length, counted - begin),
            labels: corpus.vocabulary.labels)
        }
        // In the warm-up no target counts.
        if begin + length <= 0 {
          shard.read(weights, ComputeContext(kernels))
        } else {
          shard.forward(weights, kernels)
          shard.accumulateLosses()
        }
        shard.carryState()
      }
    }
    let nats = communicator.allGather(
      shards.flatMap(\.lossSums.nats), counts: own.map(\.count), zero: 0)
    let counts = communicator.allGather(
      [shards.reduce(0) { $0 + $1.lossSums.count }], counts: own.map { _ in 1 }, zero: 0)
    return Loss(nats: nats.reduce(0, +), tokens: counts.reduce(0, +))
  }

  /// The batch size and sequence length of `sampledLoss`: shorter for a large vocabulary, whose logits take much memory.
  static func batchShape(tokens: Int, vocabulary: Int) -> (batch: Int, length: Int) {
    let batch = max(1, min(64, tokens / 256))
    return (batch, max(1, min(64, (1 << 24) / vocabulary / batch)))
  }

  /// The sequences of `sampledLoss`, spread evenly over a range of a text.
  struct SampledSequences {
    /// The number of tokens that each sequence reads at a time.
    let length: Int
    /// The number of tokens of each sequence that count, and of those before them that warm up its state.
    let counted: Int
    let warmup: Int
    /// The position of the first token of each sequence that counts.
    let starts: [Int]
    private let range: Range<Int>

    /// Chooses the sequences; nil if the range is too short to evaluate.
    init?(_ range: Range<Int>, limit: Int, vocabulary: Int) {
      let tokens = min(range.count - 1, limit)
      guard tokens > 0 else { return nil }
      let (batch, length) = batchShape(tokens: tokens, vocabulary: vocabulary)
      let counted = (tokens + batch - 1) / batch
      // A single sequence begins with the range and has no warm-up.
      let warmup = batch == 1 ? 0 : 64
      let first = range.lowerBound + warmup
      let spread = Double(range.upperBound - 1 - counted - first) / Double(max(1, batch - 1))
      starts = (0..<batch).map { first + Int((Double($0) * spread).rounded(.down)) }
      (self.range, self.length, self.counted, self.warmup) = (range, length, counted, warmup)
    }

    /// The sequences that a rank evaluates.
    func rows(rank: Int, of ranks: Int) -> Range<Int> {
      starts.count * rank / ranks..<starts.count * (rank + 1) / ranks
    }

    /// A range of tokens that contains some of the sequences.
    func tokens(ofRows rows: Range<Int>) -> Range<Int> {
      guard let first = rows.first, let last = rows.last else {
        return range.lowerBound..<range.lowerBound
      }
      let end = starts[last] + counted + length + 1
      return (starts[first] - warmup..<max(starts[first], end)).clamped(to: range)
    }
  }

  func makeShard(firstRow: Int = 0, rows: Int, length: Int) -> BatchShard {
    BatchShard(
      weights.network, firstRow: firstRow, rows: rows, length: length,
      precision: weights.precision, dropout: false, backward: false)
  }
}
