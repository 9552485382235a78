import GeulCompute
import GeulModel
import Testing

/// The network reproduces PyTorch's results; see Fixtures/README.md.
struct PyTorchTests {
  /// The bound of errors in float32.
  ///
  /// Sums of at most 44 terms of size one, through two layers and seven steps: some hundred roundings
  /// of 6e-8 each, which mostly cancel. The reference values are rounded to 5e-10.
  static let bound: Float = 2e-6

  @Test(arguments: CellKind.allCases, InstructionSet.available)
  func `logits, losses, gradients, states and Adam steps of three windows match PyTorch`(
    cell: CellKind, set: InstructionSet
  ) throws {
    let reference = try PyTorchReference.load(cell)
    let network = reference.network
    let context = ComputeContext(Kernels(set), threads: 2)
    let kernels = context.kernels
    let weights = PackedNetwork(
      network, parameters: network.parameters(from: reference.named(reference.initial, network)),
      precision: .float32, backward: true, context: context)
    let shards = BatchShard.partition(batch: reference.batch, threads: 2).map { rows in
      BatchShard(
        network, firstRow: rows.lowerBound, rows: rows.count, length: reference.length,
        precision: .float32, dropout: false, backward: true)
    }
    var (first, second) = (ParameterStorage(network.layout), ParameterStorage(network.layout))
    let count = reference.length * reference.batch

    for (index, step) in reference.steps.enumerated() {
      for shard in shards {
        for t in 0..<reference.length {
          for row in 0..<shard.rows {
            let (time, column) = (index * reference.length + t, shard.firstRow + row)
            shard.tokens[t * shard.rows + row] = reference.tokens[time][column]
            shard.targets[t * shard.rows + row] = reference.tokens[time + 1][column]
          }
        }
        if let logits = step.logits {
          checkLogits(logits, window: index, shard, weights, reference, context.singleThreaded)
        }
        shard.forward(weights, kernels, scale: 1 / Float(count))
        var workspace = shard.makeBackwardWorkspace()
        shard.backward(weights, kernels, workspace: &workspace)
      }
      let losses = shards.map { shard in (0..<shard.losses.count).map { shard.losses[$0] } }
      let loss = losses.joined().reduce(0, +) / Double(count)
      #expect(abs(loss - step.lossNats) < Double(Self.bound))

      var gradients = ParameterStorage(network.layout)
      var workspaces = (0..<context.pool.count).map { _ in GradientWorkspace() }
      network.addGradients(
        of: shards, to: &gradients, workspaces: &workspaces, context: context)
      if let expected = step.gradients {
        check(
          network.tensors(of: gradients), reference.named(expected, network), cell,
          bound: Self.bound)
      }
      let norm = context.norm(gradients)
      #expect(abs(norm - step.gradientNorm) < 1e-6)
      weights.update(context) { parameters in
        context.adamW(
          AdamW(learningRate: reference.learningRate), slots: network.layout.slots,
          step: index + 1,
          gradientScale: Float(min(1, reference.clipGlobalNorm / (norm + 1e-6))),
          parameters: &parameters, gradients: gradients, firstMoment: &first,
          secondMoment: &second)
      }
      for shard in shards {
        shard.carryState()
        checkState(shard, step, reference)
      }
      if let expected = step.weightsAfter {
        // Where a gradient is near zero, Adam divides one small number by another: a step is at most
        // the learning rate, and the errors of the gradients make three of them differ.
        check(
          network.tensors(of: weights.parameters), reference.named(expected, network), cell,
          bound: 2e-5)
      }
    }
  }

  /// Compares the logits of a window that is read one token at a time, which carries the state after
  /// each step, from the state of `shard`.
  private func checkLogits(
    _ logits: PyTorchReference.Values, window: Int, _ shard: BatchShard, _ weights: PackedNetwork,
    _ reference: PyTorchReference, _ context: ComputeContext
  ) {
    // A shard of its own: `shard` reads the same window next.
    let reader = BatchShard(
      weights.network, firstRow: shard.firstRow, rows: shard.rows, length: 1, precision: .float32,
      dropout: false, backward: false)
    for row in 0..<shard.rows {
      reader.setState(row: row, shard.state(row: row, width: reference.hidden))
    }
    var found = [[Float]](repeating: [], count: reader.rows)
    for t in 0..<reference.length {
      for row in 0..<reader.rows {
        reader.tokens[row] = reference.tokens[window * reference.length + t][reader.firstRow + row]
      }
      reader.step(weights, context, logits: &found)
      for row in 0..<reader.rows {
        let start = (t * reference.batch + reader.firstRow + row) * reference.vocabulary
        for token in 0..<reference.vocabulary {
          #expect(abs(found[row][token] - Float(logits.flat[start + token])) < Self.bound)
        }
      }
    }
  }

  /// Compares tensors by name; kinds with one bias have no `bias_hh`.
  private func check(
    _ tensors: [NamedTensor], _ expected: [NamedTensor], _ cell: CellKind, bound: Float
  ) {
    for (have, want) in zip(tensors, expected) {
      if have.name.contains("bias_hh"), cell != .gru { continue }
      for (a, b) in zip(have.values, want.values) {
        #expect(abs(a - b) < bound, "\(have.name): \(a) \(b)")
      }
    }
  }

  /// Compares the state that the next window begins with.
  private func checkState(
    _ shard: BatchShard, _ step: PyTorchReference.Step, _ reference: PyTorchReference
  ) {
    for row in 0..<shard.rows {
      let state = shard.state(row: row, width: reference.hidden)
      for layer in 0..<reference.layers {
        for unit in 0..<reference.hidden {
          let index = (layer * reference.batch + shard.firstRow + row) * reference.hidden + unit
          #expect(abs(state.hidden[layer][unit] - Float(step.stateH.flat[index])) < Self.bound)
          if let cellState = step.stateC {
            #expect(
              abs(state.float32State[layer][unit] - Float(cellState.flat[index])) < Self.bound)
          }
        }
      }
    }
  }
}
