public import GeulCompute

/// A part of the batch on its way through a window: tokens, activations, losses.
///
/// Sequences do not depend on each other, so a shard goes forward and back through the whole window and all layers without
/// waiting for other shards. How a batch is partitioned depends on the number of threads; no sum over the batch does.
///
/// Unchecked: one thread uses it at a time.
public final class BatchShard: @unchecked Sendable {
  /// The index of the first sequence in the batch.
  public let firstRow: Int
  /// The number of sequences: `b`; see `resize`.
  public private(set) var rows: Int
  /// The number of steps of a window: `t`.
  public let length: Int
  /// The tokens that the network reads, `[t, b]`.
  public var tokens: Buffer<Int32>
  /// The tokens that follow, `[t, b]`; -1 does not count.
  public var targets: Buffer<Int32>
  /// The losses, `[t, b]` nats, after `forward`.
  public private(set) var losses: Buffer<Double>
  /// The activations of each layer.
  public let layers: [LayerActivations]
  /// The sums of `accumulateLosses`: nats for each sequence, and the number of targets that they belong to.
  public private(set) var lossSums: (nats: [Double], count: Int)
  /// The seconds that the last window took, in each direction; for the caller to fill.
  public var seconds = (forward: 0.0, backward: 0.0)

  private let hasDropout: Bool
  private let logits: Logits

  /// Allocates a shard of `rows` sequences, with a zero state.
  public init(
    _ network: Network, firstRow: Int, rows: Int, length: Int, precision: Precision, dropout: Bool,
    backward: Bool
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
      rows: count, vocabulary: network.vocabulary, precision: precision, backward: backward)
  }

  /// Allocates a workspace for `backward` of this shard, or of another with no more rows.
  public func makeBackwardWorkspace() -> BackwardWorkspace {
    BackwardWorkspace(length: length, rows: rows, width: layers[0].width)
  }

  /// Partitions a batch for a number of threads.
  ///
  /// The weights are read once for each step of a shard, so a shard is large: at most 25 sequences, so that one step's
  /// activations stay in the L2 cache, and, where that leaves at least six, half of a thread's share, because one thread may
  /// be slower than another. Larger shards come first, so that threads finish together.
  public static func partition(batch: Int, threads: Int) -> [Range<Int>] {
    let each = threads > 1 && batch >= 12 * threads ? 2 : 1
    let count = min(batch, threads * max(each, (batch + 25 * threads - 1) / (25 * threads)))
    return (0..<count).map { index in
      let first = batch / count * index + min(index, batch % count)
      return first..<first + batch / count + (index < batch % count ? 1 : 0)
    }
  }

  /// The dropout masks of one training step.
  public struct DropoutMasks: Sendable {
    /// The fraction of a layer's outputs that become zero.
    public var rate: Float
    /// A number that differs for each step.
    public var key: UInt64

    /// Creates masks.
    public init(rate: Float, key: UInt64) {
      self.rate = rate
      self.key = key
    }

    /// The mask of a layer of a shard.
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
  ///   - row: the sequence.
  ///   - sequence: `length + 1` tokens, or fewer for a shorter window. -1 is read as 0 and does not count.
  ///   - counting: the steps whose targets count; all by default.
  public func setTokens(row: Int, _ sequence: [Int32], counting: Range<Int>? = nil) {
    let counted = counting ?? 0..<sequence.count - 1
    for step in 0..<sequence.count - 1 {
      tokens[step * rows + row] = max(0, sequence[step])
      targets[step * rows + row] = counted.contains(step) ? sequence[step + 1] : -1
    }
  }

  /// The sum of each sequence's losses in the last window, in nats; adding these does not depend on the partition.
  public var rowLosses: [Double] {
    (0..<rows).map { row in (0..<length).reduce(0) { $0 + losses[$1 * rows + row] } }
  }

  /// Adds the losses of the last window, and the number of targets that counted, to `lossSums`.
  public func accumulateLosses() {
    for (row, loss) in rowLosses.enumerated() { lossSums.nats[row] += loss }
    for index in 0..<targets.count where targets[index] >= 0 { lossSums.count += 1 }
  }

  /// Reads a window without computing logits: only activations change.
  ///
  /// - Parameters:
  ///   - weights: the network.
  ///   - context: the kernels and threads.
  ///   - steps: the number of tokens of each sequence to read; a whole window by default.
  ///   - masks: dropout; nil for none.
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

  /// Reads a window and computes the losses of its targets.
  ///
  /// - Parameters:
  ///   - weights: the network.
  ///   - kernels: the kernels.
  ///   - steps: the number of tokens of each sequence to read; a whole window by default.
  ///   - scale: the factor of the loss's gradient; nil when no gradient is needed.
  ///   - masks: dropout; nil for none.
  public func forward(
    _ weights: PackedNetwork, _ kernels: Kernels, steps: Int? = nil, scale: Float? = nil,
    masks: DropoutMasks? = nil
  ) {
    let context = ComputeContext(kernels)
    read(weights, context, steps: steps, masks: masks)
    project(weights, context, rows: (steps ?? length) * rows)
    kernels.crossEntropy(logits, targets: targets, scale: scale, losses: &losses)
  }

  private func project(_ weights: PackedNetwork, _ context: ComputeContext, rows: Int) {
    context.project(
      weights.outputProjection, bias: weights.network.outputBias, in: weights.parameters,
      output: layers[layers.count - 1], rows: rows, into: logits)
  }

  /// Propagates gradients back through the window that `forward` has read.
  public func backward(
    _ weights: PackedNetwork, _ kernels: Kernels, workspace: inout BackwardWorkspace,
    masks: DropoutMasks? = nil
  ) {
    precondition(
      logits.usedRows == length * rows,
      "the forward pass read \(logits.usedRows) positions, not \(length * rows)")
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

  /// The contributions to the gradients, in the layout's order, after `backward`.
  fileprivate var gradientContributions: [GradientContribution] {
    let layerContributions = layers.indices.flatMap { index in
      let layer = GradientContribution.layer(layers[index], input: input(ofLayer: index))
      return [layer.input, layer.recurrent] + layer.biases
    }
    let projection = GradientContribution.projection(
      logits, length: length, output: layers[layers.count - 1])
    return layerContributions + [projection.weight, projection.bias]
  }

  /// Reads one token of each sequence and carries the state; fills `logits` with `[b][v]` logits of the next token.
  ///
  /// The threads share the columns of large matrices.
  public func step(
    _ weights: PackedNetwork, _ context: ComputeContext, logits result: inout [[Float]]
  ) {
    read(weights, context, steps: 1)
    project(weights, context, rows: rows)
    for row in 0..<rows { logits.copy(row: row, to: &result[row]) }
    carryState(after: 1)
  }
}

extension BatchShard {
  /// Makes the state after `steps` steps, by default a whole window, the one that the next window begins with.
  public func carryState(after steps: Int? = nil) {
    for layer in layers { layer.carryState(after: steps) }
  }

  /// Makes the state that the next window begins with zero.
  public func resetState() {
    for row in 0..<rows { resetState(row: row) }
  }

  /// Changes the number of sequences, at most that of the initializer; the states of those that remain are kept.
  public func resize(rows: Int) {
    for layer in layers { layer.resize(rows: rows) }
    self.rows = rows
  }

  /// Makes the state of one sequence zero.
  public func resetState(row: Int) {
    for layer in layers { layer.setState(row: row, hidden: [], float32State: []) }
  }

  /// Copies the state of one sequence to another's place.
  public func copyState(row source: Int, to target: Int) {
    for layer in layers { layer.copyState(row: source, to: target) }
  }

  /// Reads the state of one sequence, `h` units for each layer.
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
  /// Adds the contributions of all shards to the gradients; each thread has a workspace.
  public func addGradients(
    of shards: [BatchShard], to gradients: inout ParameterStorage,
    workspaces: inout [GradientWorkspace], context: ComputeContext
  ) {
    let contributions = shards.map(\.gradientContributions)
    precondition(
      contributions.allSatisfy { $0.count == layout.slots.count },
      "the shards belong to another network")
    func gradient(_ slot: ParameterSlot) -> TensorGradient {
      guard let index = layout.slots.firstIndex(of: slot) else {
        preconditionFailure("the network has no tensor \(slot.name)")
      }
      return TensorGradient(slot, contributions.map { $0[index] })
    }
    var matrices = layers.flatMap { layer in
      let biases = [layer.bias, layer.recurrentBias].compactMap(\.self)
      let fused = biases + (layer.readsTokens ? [layer.input] : [])
      let inputs = layer.readsTokens ? [] : [layer.input]
      return [MatrixGradient(gradient(layer.recurrent), fusedReductions: fused.map(gradient))]
        + inputs.map { MatrixGradient(gradient($0), fusedReductions: []) }
    }
    matrices.append(
      MatrixGradient(gradient(outputProjection), fusedReductions: [gradient(outputBias)]))
    context.addGradients(matrices, to: &gradients, workspaces: &workspaces)
  }
}
