public import GeulCompute
public import GeulText

/// A part of the batch, with its tokens, activations and losses for one window.
///
/// Sequences are independent, so the forward and backward pass of a shard runs through the whole window and all layers
/// without synchronization with other shards. The partition of a batch depends on the number of threads; the sums over
/// the batch do not.
///
/// Unchecked: one thread uses it at a time.
public final class BatchShard: @unchecked Sendable {
  /// The index of the first sequence in the batch.
  public let firstRow: Int
  /// The number of sequences: `b`; see `resize`.
  public private(set) var rows: Int
  /// The number of steps of a window: `t`.
  public let length: Int
  /// The input tokens, `[t, b]`.
  public var tokens: Buffer<Int32>
  /// The target tokens, `[t, b]`: the next token at each position, or -1 to exclude the position from the loss.
  public var targets: Buffer<Int32>
  /// The losses in nats, `[t, b]`, computed by `forward`.
  public private(set) var losses: Buffer<Double>
  /// The activations of each layer.
  public let layers: [LayerActivations]
  /// The sums of `accumulateLosses`: the losses of each sequence in nats, `[b]`, and the number of targets.
  public private(set) var lossSums: (nats: [Double], count: Int)
  /// The times of the forward and backward pass of the last window in seconds, set by the caller.
  public var seconds = (forward: 0.0, backward: 0.0)

  private let hasDropout: Bool
  private let logits: Logits

  /// Allocates a shard of `rows` sequences with a zero state, without what only `backward`, or the gradient at the logits, needs
  /// if these are false.
  public init(
    _ network: Network, firstRow: Int, rows: Int, length: Int, precision: Precision, dropout: Bool,
    backward: Bool, logitGradients: Bool = false
  ) {
    self.firstRow = firstRow
    self.rows = rows
    self.length = length
    let count = length * rows
    lossSums = (Array(repeating: 0, count: rows), 0)
    tokens = Buffer(zeros: count)
    targets = Buffer(zeros: count)
    losses = Buffer(zeros: count)
    layers = network.layers.map { layer in
      LayerActivations(
        cell: layer.cell, length: length, rows: rows, width: layer.width, precision: precision,
        dropout: dropout, backward: backward)
    }
    hasDropout = dropout
    logits = Logits(
      rows: count, vocabulary: network.vocabulary, precision: precision,
      backward: backward || logitGradients)
  }

  /// Allocates a workspace for the backward pass of this shard, or of one with at most as many rows.
  public func makeBackwardWorkspace() -> BackwardWorkspace {
    BackwardWorkspace(length: length, rows: rows, width: layers[0].width)
  }

  /// Partitions the rows of a batch into shards for a number of threads.
  ///
  /// Large shards are faster, because the weights are read once per step of a shard. But a shard has at most 25
  /// sequences, so that one step's activations stay in the L2 cache, and each thread gets two shards if they have at
  /// least six sequences, because threads may differ in speed. Larger shards come first, so that threads finish
  /// together.
  public static func partition(batch: Int, threads: Int) -> [Range<Int>] {
    let shardsPerThread = threads > 1 && batch >= 12 * threads ? 2 : 1
    let count = min(
      batch, threads * max(shardsPerThread, (batch + 25 * threads - 1) / (25 * threads)))
    return (0..<count).map { index in
      let first = batch / count * index + min(index, batch % count)
      return first..<first + batch / count + (index < batch % count ? 1 : 0)
    }
  }

  /// The dropout masks of one training step.
  public struct DropoutMasks: Sendable {
    /// The probability that an output of a layer is set to zero.
    public var rate: Float
    /// The key of the masks, which differs for each training step.
    public var key: UInt64

    /// Creates the masks of one step.
    public init(rate: Float, key: UInt64) {
      self.rate = rate
      self.key = key
    }

    /// Returns the mask of a layer of a shard.
    package func dropout(layer: Int, firstRow: Int) -> Dropout {
      Dropout(rate: rate, key: key &+ UInt64(layer) &* 0xD1B5_4A32_D192_ED03, firstRow: firstRow)
    }
  }

  private func input(ofLayer index: Int) -> LayerInput {
    index == 0 ? .tokens(tokens) : .output(of: layers[index - 1])
  }

  /// Sets the tokens and targets of one sequence.
  ///
  /// - Parameters:
  ///   - row: The index of the sequence.
  ///   - sequence: `length + 1` tokens, or fewer for a shorter window; -1 is read as token 0 and excluded from the
  ///     loss.
  ///   - counting: The steps whose targets contribute to the loss; all by default.
  ///   - labels: The tokens of labels, whose target is the line feed; nil if there are none.
  public func setTokens(
    row: Int, _ sequence: [Int32], counting: Range<Int>? = nil, labels: LabelTokens? = nil
  ) {
    let counted = counting ?? 0..<sequence.count - 1
    for step in 0..<sequence.count - 1 {
      tokens[step * rows + row] = max(0, sequence[step])
      let target = counted.contains(step) ? sequence[step + 1] : -1
      targets[step * rows + row] = labels?.target(target) ?? target
    }
  }

  /// The sum of the losses of each sequence in the last window, `[b]` nats.
  public var rowLosses: [Double] {
    (0..<rows).map { row in (0..<length).reduce(0) { $0 + losses[$1 * rows + row] } }
  }

  /// Adds the losses of the last window, and the number of targets other than -1, to `lossSums`.
  public func accumulateLosses() {
    for (row, loss) in rowLosses.enumerated() { lossSums.nats[row] += loss }
    for index in 0..<targets.count where targets[index] >= 0 { lossSums.count += 1 }
  }

  /// Computes the activations of a window, but no logits.
  ///
  /// - Parameters:
  ///   - weights: The packed network.
  ///   - context: The kernels and the thread pool.
  ///   - steps: The number of tokens of each sequence to read; the whole window by default.
  ///   - masks: The dropout masks; nil for no dropout.
  public func read(
    _ weights: PackedNetwork, _ context: ComputeContext, steps: Int? = nil,
    masks: DropoutMasks? = nil
  ) {
    let steps = steps ?? length
    for (index, layer) in layers.enumerated() {
      context.forward(
        weights.layers[index], in: weights.parameters, input: input(ofLayer: index), into: layer,
        length: steps)
      if hasDropout, let masks {
        context.kernels.apply(
          masks.dropout(layer: index, firstRow: firstRow), to: layer, length: steps)
      }
    }
  }

  /// Computes the forward pass of a window and the losses of its targets.
  ///
  /// - Parameters:
  ///   - weights: The packed network.
  ///   - kernels: The kernels.
  ///   - steps: The number of tokens of each sequence to read; the whole window by default.
  ///   - scale: The factor that the gradient of the loss is multiplied by; nil if no gradient is needed.
  ///   - masks: The dropout masks; nil for no dropout.
  public func forward(
    _ weights: PackedNetwork, _ kernels: Kernels, steps: Int? = nil, scale: Float? = nil,
    masks: DropoutMasks? = nil
  ) {
    let context = ComputeContext(kernels)
    read(weights, context, steps: steps, masks: masks)
    project(weights, context, rows: (steps ?? length) * rows)
    kernels.crossEntropy(logits, targets: targets, scale: scale, losses: &losses)
  }

  /// Adds the gradient at the logits of another shard, which reads the same tokens, between `forward` and `backward`.
  public func addLogitGradients(of other: BatchShard) { logits.addGradients(of: other.logits) }

  private func project(_ weights: PackedNetwork, _ context: ComputeContext, rows: Int) {
    context.project(
      weights.outputProjection, bias: weights.network.outputBias, in: weights.parameters,
      output: layers[layers.count - 1], rows: rows, into: logits)
  }

  /// Computes the backward pass of the window of the last call of `forward`, which must have read all steps.
  public func backward(
    _ weights: PackedNetwork, _ kernels: Kernels, workspace: inout BackwardWorkspace,
    masks: DropoutMasks? = nil
  ) {
    precondition(
      logits.usedRows == length * rows,
      "the forward pass must read \(length * rows) positions, has read \(logits.usedRows)")
    kernels.projectBack(weights.outputProjection, logits: logits, into: &workspace.dOutput)
    for (index, layer) in layers.enumerated().reversed() {
      if hasDropout, let masks {
        kernels.apply(
          masks.dropout(layer: index, firstRow: firstRow), toGradient: &workspace.dOutput,
          shape: (length, rows, layer.width))
      }
      kernels.backward(weights.layers[index], layer, workspace: &workspace)
      workspace.descend()
    }
  }

  /// The contributions of some sequences to the gradients of all tensors in the order of the layout, after `backward`.
  fileprivate func gradientContributions(_ rows: Range<Int>) -> [GradientContribution] {
    let layerContributions = layers.indices.flatMap { index in
      let layer = GradientContribution.layer(
        layers[index], rows: rows, input: input(ofLayer: index))
      return [layer.input, layer.recurrent] + layer.biases
    }
    let projection = GradientContribution.projection(
      logits, length: length, rows: rows, output: layers[layers.count - 1])
    return layerContributions + [projection.weight, projection.bias]
  }

  /// Reads one token of each sequence, stores the logits of the next token, `[b][v]`, and carries the state over.
  ///
  /// The columns of large matrices are divided among the threads.
  public func step(
    _ weights: PackedNetwork, _ context: ComputeContext, logits result: inout [[Float]]
  ) {
    readWithLogits(weights, context, steps: 1, logits: &result)
    carryState(after: 1)
  }

  /// Reads `steps` tokens of each sequence and stores the logits of the next token at each position, `[t * b][v]`.
  public func readWithLogits(
    _ weights: PackedNetwork, _ context: ComputeContext, steps: Int, logits result: inout [[Float]]
  ) {
    let count = steps * rows
    read(weights, context, steps: steps)
    project(weights, context, rows: count)
    while result.count < count { result.append([]) }
    for row in 0..<count { logits.copy(row: row, to: &result[row]) }
  }
}

extension BatchShard {
  /// Copies the state after `steps` steps, by default after the whole window, to the initial state of the next window.
  public func carryState(after steps: Int? = nil) {
    for layer in layers { layer.carryState(after: steps) }
  }

  /// Sets the initial state of all sequences to zero.
  public func resetState() {
    for row in 0..<rows { resetState(row: row) }
  }

  /// Changes the number of sequences, at most that of the initializer, and keeps the states of the remaining ones.
  public func resize(rows: Int) {
    for layer in layers { layer.resize(rows: rows) }
    self.rows = rows
  }

  /// Sets the initial state of one sequence to zero.
  public func resetState(row: Int) {
    for layer in layers { layer.setState(row: row, hidden: [], float32State: []) }
  }

  /// Copies the state of one sequence to another.
  public func copyState(row source: Int, to target: Int) {
    for layer in layers { layer.copyState(row: source, to: target) }
  }

  /// Returns the state of one sequence, `[l][width]`, where `width` is the number of units without padding.
  public func state(row: Int, width: Int) -> RecurrentState.Row {
    let states = layers.map { $0.state(row: row) }
    return RecurrentState.Row(
      hidden: states.map { Array($0.hidden.prefix(width)) },
      float32State: states.map { Array($0.float32State.prefix(width)) })
  }

  /// Sets the state of one sequence.
  public func setState(row: Int, _ state: RecurrentState.Row) {
    for (index, layer) in layers.enumerated() {
      layer.setState(
        row: row, hidden: state.hidden[index], float32State: state.float32State[index])
    }
  }
}

extension Network {
  /// Adds the gradients of all shards to `gradients`.
  ///
  /// - Parameters:
  ///   - shards: The shards of the batch, or of the part that this process computes.
  ///   - subBatches: The sequences of each sub-batch, in order; their number is a power of two. By default all
  ///     sequences are one sub-batch.
  ///   - gradients: The storage to add to.
  ///   - workspaces: One for each thread.
  ///   - context: The kernels and threads.
  public func addGradients(
    of shards: [BatchShard], subBatches: [Range<Int>]? = nil, to gradients: inout ParameterStorage,
    workspaces: inout [GradientWorkspace], context: ComputeContext
  ) {
    let subBatches = (subBatches ?? [0..<shards.reduce(0) { max($0, $1.firstRow + $1.rows) }])
      .map { rows in
        shards.enumerated().compactMap { index, shard in shard.part(index, of: rows) }
      }
    let contributions = subBatches.map { parts in
      parts.map { shards[$0.shard].gradientContributions($0.rows) }
    }
    precondition(
      contributions.joined().allSatisfy { $0.count == layout.slots.count },
      "the shards have the tensors of another network")
    func index(_ slot: ParameterSlot) -> Int {
      guard let index = layout.slots.firstIndex(of: slot) else {
        preconditionFailure("the network has no tensor \(slot.name)")
      }
      return index
    }
    func gradient(_ slot: ParameterSlot) -> TensorGradient {
      let index = index(slot)
      return TensorGradient(slot, contributions.map { $0.map { $0[index] } })
    }
    func embedding(_ slot: ParameterSlot) -> EmbeddingGradient {
      let index = index(slot)
      return EmbeddingGradient(
        slot, shards.map { $0.gradientContributions(0..<$0.rows)[index] },
        occurrences: TokenOccurrences(
          subBatches, length: shards[0].length, vocabulary: slot.depth))
    }
    var matrices = layers.flatMap { layer in
      let recurrent = MatrixGradient(
        gradient(layer.recurrent),
        biases: [layer.bias, layer.recurrentBias].compactMap { $0.map(gradient) },
        embedding: layer.readsTokens ? embedding(layer.input) : nil)
      return [recurrent]
        + (layer.readsTokens ? [] : [MatrixGradient(gradient(layer.input), biases: [])])
    }
    matrices.append(MatrixGradient(gradient(outputProjection), biases: [gradient(outputBias)]))
    context.addGradients(matrices, to: &gradients, workspaces: &workspaces)
  }
}

extension BatchShard {
  /// Returns the sequences of this shard, which has the index `index`, that are among `rows` of the batch; nil if none is.
  fileprivate func part(_ index: Int, of rows: Range<Int>) -> TokenOccurrences.Part? {
    let own = rows.clamped(to: firstRow..<firstRow + self.rows)
    guard !own.isEmpty else { return nil }
    return TokenOccurrences.Part(
      shard: index, tokens: tokens, stepRows: self.rows,
      rows: own.lowerBound - firstRow..<own.upperBound - firstRow)
  }
}
