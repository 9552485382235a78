internal import GeulCompute
internal import GeulModel
internal import GeulText

/// A trained network from whose predictions a run learns, as well as from the text: knowledge distillation (Hinton, Vinyals and
/// Dean 2015).
///
/// With the predictions q_1 to q_n of the teachers, the weight w and the one-hot vector y of the next token, the target distribution
/// of a position is
///
///     (1 - w) y + w / n (q_1 + ... + q_n),
///
/// so that the gradient at the logits is p - y - w / n sum_k (q_k - y). The temperature of all softmax functions is 1. The teachers
/// read the same windows, without dropout, and carry their own states.
struct Teacher: Sendable {
  private let weights: PackedNetwork
  /// The shards, which have the rows of those of the trainer.
  let shards: [BatchShard]
  /// The shape of the network.
  let architecture: Architecture

  /// Creates a teacher for a batch that is partitioned as `shards`.
  init(_ model: Model, shards: [BatchShard], precision: Precision, context: ComputeContext) {
    architecture = model.metadata.architecture
    weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: precision, backward: false,
      context: context)
    self.shards = shards.map { [network = model.network] shard in
      BatchShard(
        network, firstRow: shard.firstRow, rows: shard.rows, length: shard.length,
        precision: precision, dropout: false, backward: false, logitGradients: true)
    }
  }

  /// Reads the window of a shard of the trainer, and adds its part of the gradient at the logits.
  ///
  /// - Parameters:
  ///   - shard: The shard, after its forward pass.
  ///   - index: The index of the shard.
  ///   - corpus: The text.
  ///   - batcher: The position in the text.
  ///   - kernels: The kernels.
  ///   - scale: w / n, divided by the number of tokens of the batch.
  func addGradient(
    to shard: BatchShard, index: Int, _ corpus: Corpus, _ batcher: SequenceBatcher,
    _ kernels: Kernels, scale: Float
  ) {
    let own = shards[index]
    batcher.load(corpus, into: own)
    own.forward(weights, kernels, scale: -scale)
    shard.addLogitGradients(of: own)
  }
}
