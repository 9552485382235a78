import GeulCompute
import GeulModel
import Testing

@Suite("The network reproduces PyTorch's figures")
struct PyTorchTests {
  /// How far float32 may be off.
  ///
  /// Sums of at most 44 terms of size one, through two layers and seven steps: some hundred roundings of 6e-8 each,
  /// which mostly cancel. The figures themselves are rounded to 5e-10.
  static let bound: Float = 2e-6

  @Test(
    "Logits, losses, gradients, norm, states and Adam's steps over three carried windows",
    arguments: CellKind.allCases, InstructionSet.available)
  func reproduces(cell: CellKind, set: InstructionSet) throws {
    let figures = try PyTorchFigures.load(cell)
    let network = figures.network
    let kernels = Kernels(set)
    let pool = ThreadPool(2)
    var weights = PackedNetwork(
      network, parameters: network.parameters(from: figures.named(figures.initial, network)),
      precision: .float32, backward: true, kernels: kernels, pool: pool)
    var portions = BatchShard.cut(batch: figures.batch, pool: 2).map { rows in
      BatchShard(
        network, firstRow: rows.lowerBound, rows: rows.count, length: figures.length,
        precision: .float32, dropout: false, backward: true)
    }
    var (first, second) = (ParameterStorage(network.layout), ParameterStorage(network.layout))
    let count = figures.length * figures.batch

    for (index, step) in figures.steps.enumerated() {
      for p in portions.indices {
        for t in 0..<figures.length {
          for row in 0..<portions[p].rows {
            let (time, column) = (index * figures.length + t, portions[p].firstRow + row)
            portions[p].tokens[t * portions[p].rows + row] = figures.tokens[time][column]
            portions[p].targets[t * portions[p].rows + row] = figures.tokens[time + 1][column]
          }
        }
        if let logits = step.logits {
          // The scores one step at a time: carrying the state must make no difference.
          var alone = portions[p]
          var scores = [[Float]](repeating: [], count: alone.rows)
          for t in 0..<figures.length {
            for row in 0..<alone.rows {
              alone.tokens[row] = figures.tokens[t][alone.firstRow + row]
            }
            alone.step(weights, kernels, pool: ThreadPool(1), scores: &scores)
            for row in 0..<alone.rows {
              let start = (t * figures.batch + alone.firstRow + row) * figures.vocabulary
              for unit in 0..<figures.vocabulary {
                #expect(abs(scores[row][unit] - Float(logits.flat[start + unit])) < Self.bound)
              }
            }
          }
        }
        portions[p].forward(weights, kernels, scale: 1 / Float(count))
        var room = portions[p].backwardWorkspace
        portions[p].backward(weights, kernels, work: &room)
      }
      let losses = portions.map { portion in (0..<portion.losses.count).map { portion.losses[$0] } }
      let loss = losses.joined().reduce(0, +) / Double(count)
      #expect(abs(loss - step.lossNats) < Double(Self.bound))

      var gradients = ParameterStorage(network.layout)
      var works = (0..<pool.count).map { _ in GradientWorkspace() }
      network.addGradients(
        of: portions, to: &gradients, works: &works, kernels: kernels, pool: pool)
      if let expected = step.gradients {
        for (have, want) in zip(network.tensors(of: gradients), figures.named(expected, network)) {
          if have.name.contains("bias_hh"), cell != .gru { continue }
          for (a, b) in zip(have.values, want.values) {
            #expect(abs(a - b) < Self.bound, "\(have.name)")
          }
        }
      }
      let norm = kernels.norm(gradients, pool: pool)
      #expect(abs(norm - step.gradientNorm) < 1e-6)
      weights.update(kernels, pool) { parameters in
        kernels.adam(
          AdamW(learningRate: figures.learningRate), slots: network.layout.slots,
          step: index + 1,
          scale: Float(min(1, figures.clipGlobalNorm / (norm + 1e-6))), parameters: &parameters,
          gradients: gradients, first: &first, second: &second, pool: pool)
      }
      for p in portions.indices {
        portions[p].shares = []
        portions[p].carryState()
        let width = network.layers[0].width
        for layer in 0..<figures.layers {
          let state = portions[p].traces[layer].state
          for row in 0..<portions[p].rows {
            for unit in 0..<figures.hidden {
              let place =
                (layer * figures.batch + portions[p].firstRow + row) * figures.hidden + unit
              #expect(
                abs(state.hidden[row * width + unit] - Float(step.stateH.flat[place])) < Self.bound)
              if let cells = step.stateC {
                #expect(
                  abs(state.cells[row * width + unit] - Float(cells.flat[place])) < Self.bound)
              }
            }
          }
        }
      }
      if let expected = step.weightsAfter {
        // Where a gradient is near zero, Adam divides one small number by another: a step is at most the
        // learning rate, and three of them differ by what their gradients' errors leave.
        for (have, want) in zip(
          network.tensors(of: weights.parameters), figures.named(expected, network))
        {
          if have.name.contains("bias_hh"), cell != .gru { continue }
          for (a, b) in zip(have.values, want.values) {
            #expect(abs(a - b) < 2e-5, "\(have.name): \(a) \(b)")
          }
        }
      }
    }
  }
}
