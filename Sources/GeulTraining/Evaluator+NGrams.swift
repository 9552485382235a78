internal import GeulCompute
internal import GeulModel
internal import GeulNGrams
internal import GeulText

extension Evaluator {
  /// The number of tokens that are read at a time.
  private static let blockLength = 256

  /// Estimates the loss of a network that is mixed with n-grams; see `sampledLoss(_:_:limit:communicator:)`.
  ///
  /// The sequences are read one after the other by this process alone.
  func sampledLoss(
    _ corpus: Corpus, _ sequences: SampledSequences, with ngrams: NGramMixture
  ) -> Loss {
    var loss = Loss()
    for row in sequences.starts.indices {
      let range = sequences.tokens(ofRows: row..<row + 1)
      let first = corpus.knownIDs(in: range.prefix(sequences.warmup + 1)).count
      let known = corpus.knownIDs(in: range.prefix(sequences.warmup + 1 + sequences.counted))
      var predictor = ngrams.makePredictor(kernels: context.kernels)
      for id in known.prefix(max(1, first)) { predictor.read(id) }
      forEachPrediction(known, from: max(1, first)) { id, logits in
        loss.add(predictor.losses(of: id, logits: logits))
        loss.tokens += 1
        predictor.read(id)
      }
    }
    return loss
  }

  /// Reads tokens from a zero state, and calls `body` with each from index `start` on and the network's logits for it, `[v]`.
  ///
  /// - Precondition: `start` is at least 1: the first token has no prediction.
  func forEachPrediction(
    _ ids: [Int32], from start: Int, _ body: (_ id: Int32, _ logits: [Float]) -> Void
  ) {
    let shard = makeShard(rows: 1, length: Self.blockLength)
    var logits: [[Float]] = []
    for begin in stride(from: 0, to: ids.count - 1, by: Self.blockLength) {
      let steps = min(Self.blockLength, ids.count - 1 - begin)
      shard.setTokens(row: 0, Array(ids[begin...begin + steps]))
      shard.readWithLogits(weights, context, steps: steps, logits: &logits)
      shard.carryState(after: steps)
      for step in 0..<steps where begin + step + 1 >= start {
        body(ids[begin + step + 1], logits[step])
      }
    }
  }
}
