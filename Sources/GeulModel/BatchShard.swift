public import GeulCompute

/// A part of the batch on its way through a window: what the forward pass leaves for the way back.
///
/// Sequences do not depend on each other, so a portion goes forward and back through the whole window and all
/// layers with no other portion to wait for. How a batch is cut depends on the threads; no sum over the batch does.
public struct BatchShard: Sendable {
  /// The place of its first sequence in the batch.
  public let firstRow: Int
  /// How many sequences it has.
  public let rows: Int
  /// How many steps a window has.
  public let length: Int
  /// `[t, b]`: what the network reads.
  public var tokens: Buffer<Int32>
  /// `[t, b]`: what came next; -1 counts nothing.
  public var targets: Buffer<Int32>
  /// `[t, b]` nats, after `forward`.
  public private(set) var losses: Buffer<Double>
  /// What each layer computed.
  public var traces: [LayerActivations]
  /// What `tally` has added up: each sequence's nats, and how many targets they belong to.
  public private(set) var counted: (nats: [Double], units: Int)
  /// How long the last window took, each way; for whoever runs it to fill.
  public var seconds = (forward: 0.0, backward: 0.0)
  /// Its share in the gradient of each tensor, in the layout's order, after `backward`.
  public var shares: [GradientContribution] = []

  /// `[t, b, h]`: the output of each layer after dropout; empty without.
  private var dropped: [ElementBuffer]
  private var logits: Logits

  /// Room for `rows` sequences of a network, with a zero state.
  public init(
    _ network: Network, firstRow: Int, rows: Int, length: Int, precision: Precision, dropout: Bool,
    backward: Bool
  ) {
    self.firstRow = firstRow
    self.rows = rows
    self.length = length
    let count = length * rows
    let width = network.layers[0].width
    counted = (Array(repeating: 0, count: rows), 0)
    tokens = Buffer(zeros: count)
    targets = Buffer(zeros: count)
    losses = Buffer(zeros: count)
    traces = network.layers.map { layer in
      LayerActivations(
        cell: layer.cell, length: length, rows: rows, width: width, precision: precision,
        backward: backward)
    }
    dropped =
      dropout ? network.layers.map { _ in ElementBuffer(zeros: count * width, precision) } : []
    logits = Logits(
      rows: count, vocabulary: network.vocabulary, precision: precision, backward: backward)
  }

  /// Room for its way back; for others as well, if they have no more rows.
  public var backwardWorkspace: BackwardWorkspace {
    BackwardWorkspace(length: length, rows: rows, width: traces[0].width)
  }

  /// The whole batch, cut for so many threads.
  ///
  /// The weights are read once for each step of a portion, so it has as many sequences as there can be: at most 25, because
  /// what its step leaves must stay near, and, where that is six at least, half of a thread's, because one thread may be
  /// slower than another. Larger portions come first, so that threads finish together.
  public static func cut(batch: Int, pool: Int) -> [Range<Int>] {
    let each = pool > 1 && batch >= 12 * pool ? 2 : 1
    let count = min(batch, pool * max(each, (batch + 25 * pool - 1) / (25 * pool)))
    return (0..<count).map { index in
      let first = batch / count * index + min(index, batch % count)
      return first..<first + batch / count + (index < batch % count ? 1 : 0)
    }
  }

  /// What dropout does in one step.
  public struct DropoutMasks: Sendable {
    /// The share of a layer's outputs that are zeroed.
    public var rate: Float
    /// Differs for each step.
    public var key: UInt64

    /// DropoutMasks for a step.
    public init(rate: Float, key: UInt64) {
      self.rate = rate
      self.key = key
    }

    /// The mask of a layer of a portion.
    package func dropout(layer: Int, firstRow: Int) -> Dropout {
      Dropout(rate: rate, key: key &+ UInt64(layer) &* 0xD1B5_4A32_D192_ED03, firstRow: firstRow)
    }
  }

  /// What layer `index` hands on: its states after the first block, or those with dropout.
  private func output(of index: Int) -> (operands: ElementBuffer, offset: Int) {
    dropped.isEmpty
      ? (traces[index].hidden, rows * traces[index].width) : (dropped[index], 0)
  }

  private func input(of index: Int) -> LayerInput {
    guard index > 0 else { return .tokens(tokens) }
    let below = output(of: index - 1)
    return .operands(below.operands, offset: below.offset)
  }

  /// Sets what sequence `row` reads and what comes next.
  ///
  /// - Parameters:
  ///   - row: which sequence.
  ///   - sequence: `length + 1` tokens, or fewer for a shorter window. A token of -1 is read as 0 and does not count.
  ///   - counting: the steps whose targets count; all by default.
  public mutating func fill(row: Int, _ sequence: [Int32], counting: Range<Int>? = nil) {
    let (rows, steps) = (rows, 0..<sequence.count - 1)
    var inputs = tokens.mutableSpan
    for step in steps { inputs[step * rows + row] = max(0, sequence[step]) }
    var outputs = targets.mutableSpan
    for step in steps {
      outputs[step * rows + row] = (counting ?? steps).contains(step) ? sequence[step + 1] : -1
    }
  }

  /// The sum of each sequence's losses in the last window, in nats; adding these up does not depend on how a batch is cut.
  public var rowLosses: [Double] {
    (0..<rows).map { row in (0..<length).reduce(0) { $0 + losses[$1 * rows + row] } }
  }

  /// Adds the losses of the last window, and how many targets counted, to `counted`.
  public mutating func tally() {
    for (row, loss) in rowLosses.enumerated() { counted.nats[row] += loss }
    for index in 0..<targets.count where targets[index] >= 0 { counted.units += 1 }
  }

  /// Reads a window and computes the losses of its targets.
  ///
  /// - Parameters:
  ///   - weights: the network.
  ///   - kernels: what computes.
  ///   - steps: how many tokens of each sequence to read; a whole window by default.
  ///   - scale: what the loss's gradient is multiplied by; nil when no gradient will be wanted.
  ///   - masks: dropout; nil for none.
  public mutating func forward(
    _ weights: PackedNetwork, _ kernels: Kernels, steps: Int? = nil, scale: Float? = nil,
    masks: DropoutMasks? = nil
  ) {
    let steps = steps ?? length
    let width = traces[0].width
    for index in traces.indices {
      kernels.forward(
        weights.layers[index], in: weights.parameters, input: input(of: index),
        into: &traces[index], length: steps)
      guard let masks, !dropped.isEmpty else { continue }
      kernels.apply(
        masks.dropout(layer: index, firstRow: firstRow), to: traces[index].hidden,
        offset: rows * width, shape: (steps, rows, width), into: &dropped[index])
    }
    project(weights, kernels, rows: steps * rows, pool: ThreadPool(1))
    kernels.crossEntropy(&logits, targets: targets, scale: scale, losses: &losses)
  }

  /// Fills the first `rows` rows of `logits`.
  ///
  /// A function of its own: what it holds of the top layer's states must be gone before these are carried on, or that would
  /// copy them.
  private mutating func project(
    _ weights: PackedNetwork, _ kernels: Kernels, rows: Int, pool: ThreadPool
  ) {
    let top = output(of: traces.count - 1)
    kernels.project(
      weights.decoder, bias: weights.network.decoderBias, in: weights.parameters,
      hidden: top.operands, offset: top.offset, rows: rows, into: &logits, pool: pool)
  }

  /// Goes back through the window that `forward` has just read, and leaves its shares in the gradients.
  ///
  /// `work` is room for it (see `backwardWorkspace`); what is left there matters to nobody.
  public mutating func backward(
    _ weights: PackedNetwork, _ kernels: Kernels, work: inout BackwardWorkspace,
    masks: DropoutMasks? = nil
  ) {
    precondition(logits.used == length * rows, "the way back from \(logits.used) places")
    let network = weights.network
    let width = traces[0].width
    let top = output(of: traces.count - 1)
    let projection = kernels.sources(
      of: logits, length: length, hidden: top.operands, offset: top.offset, width: width)
    var fromTop = [projection.bias, projection.weight]
    kernels.projectBack(weights.decoder, logits: logits, into: &work.dOutput)
    for index in traces.indices.reversed() {
      if let masks, !dropped.isEmpty {
        kernels.apply(
          masks.dropout(layer: index, firstRow: firstRow), toGradient: &work.dOutput,
          shape: (length, rows, width))
      }
      kernels.backward(
        weights.layers[index], trace: &traces[index], work: &work)
      work.descend()
      let sources = kernels.sources(of: traces[index], input: input(of: index), inputs: width)
      fromTop += sources.biases.reversed() + [sources.recurrent, sources.input]
    }
    shares = fromTop.reversed()
    precondition(shares.count == network.layout.slots.count, "a share for each tensor")
  }

  /// Makes the state after `steps` steps (a whole window by default) the one that the next window begins with.
  public mutating func carryState(after steps: Int? = nil) {
    for index in traces.indices { traces[index].carry(from: steps) }
  }

  /// Makes the state that the next window begins with zero.
  public mutating func clearState() {
    for index in traces.indices { traces[index].clearState() }
  }

  /// Reads one token of each sequence and carries the state on; fills `scores` with `[b, v]` scores of what comes next.
  ///
  /// `lanes` share the work of large matrices.
  public mutating func step(
    _ weights: PackedNetwork, _ kernels: Kernels, pool: ThreadPool, scores: inout [[Float]]
  ) {
    for index in traces.indices {
      kernels.forward(
        weights.layers[index], in: weights.parameters, input: input(of: index),
        into: &traces[index], length: 1, pool: pool)
    }
    project(weights, kernels, rows: rows, pool: pool)
    for row in 0..<rows { logits.copy(row: row, to: &scores[row]) }
    carryState(after: 1)
  }
}

extension Network {
  /// Adds up the portions' shares in the gradients; each lane has a room of `works` to itself.
  public func addGradients(
    of portions: [BatchShard], to gradients: inout ParameterStorage,
    works: inout [GradientWorkspace],
    kernels: Kernels, pool: ThreadPool
  ) {
    func gradient(_ slot: ParameterSlot) -> TensorGradient {
      guard let index = layout.slots.firstIndex(of: slot) else {
        preconditionFailure("another network's tensor")
      }
      return TensorGradient(slot, sources: portions.map { $0.shares[index] })
    }
    var matrices = layers.flatMap { layer in
      let isGated = layer.cell.gates > 1
      let biases = [layer.bias, layer.recurrentBias].compactMap(\.self)
      let riders = biases + (layer.readsTokens ? [layer.input] : [])
      let inputs = layer.readsTokens ? [] : [layer.input]
      return [
        MatrixGradient(
          gradient(layer.recurrent), gated: isGated, riders: riders.map(gradient))
      ] + inputs.map { MatrixGradient(gradient($0), gated: isGated, riders: []) }
    }
    matrices.append(
      MatrixGradient(gradient(decoder), gated: false, riders: [gradient(decoderBias)]))
    kernels.addGradients(matrices, to: &gradients, works: &works, pool: pool)
  }
}
