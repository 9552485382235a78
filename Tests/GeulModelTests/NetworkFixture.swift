import GeulCompute
import GeulModel
import TestSupport

/// A network with random parameters, and two windows of random text for it.
///
/// The second window begins with the state after the first; the tests examine its losses and
/// gradients.
struct NetworkFixture: Sendable {
  let network: Network
  /// The number of sequences: `b`.
  let rows: Int
  /// The number of steps of a window: `t`.
  let length: Int
  let parameters: ParameterStorage
  /// `[b]` sequences of two windows and one more token.
  let tokens: [[Int32]]
  /// The index, in the batch, of the first sequence, which dropout depends on.
  let firstRow = 3
  static let scale: Float = 0.37

  init(
    _ cell: CellKind, layers: Int, hidden: Int, vocabulary: Int, rows: Int, length: Int,
    activation: Activation = .tanh
  ) {
    network = Network(
      Architecture(cell: cell, layers: layers, hidden: hidden, activation: activation),
      vocabulary: vocabulary)
    (self.rows, self.length) = (rows, length)
    var random = SeededGenerator(seed: UInt64(vocabulary * 1000 + hidden * 10 + rows))
    let bound = 1.5 / Float(hidden).squareRoot()
    parameters = network.parameters(
      from: network.tensorShapes.map { name, shape in
        NamedTensor(
          name: name, shape: shape, values: random.floats(shape.reduce(1, *), bound))
      })
    tokens = (0..<rows).map { _ in
      (0...2 * length).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &random) }
    }
  }

  /// The targets of the second window; the second target of the first sequence does not count.
  func targets(row: Int) -> [Int] {
    (0..<length).map { row == 0 && $0 == 1 ? -1 : Int(tokens[row][length + $0 + 1]) }
  }

  /// The results of the second window.
  struct Output {
    /// The losses, `[t, b]` nats.
    var losses: [Double]
    /// The gradients of the parameters.
    var gradients: ParameterStorage
    /// The hidden states and the float32 states of each layer of each shard, padded.
    var states: [[Float]]
  }

  /// Trains on both windows, with the batch partitioned into shards.
  func run(
    _ set: InstructionSet, _ precision: Precision, masks: BatchShard.DropoutMasks? = nil,
    partition: [Range<Int>]? = nil, threads: Int = 2
  ) -> Output {
    let context = ComputeContext(Kernels(set), threads: threads)
    let kernels = context.kernels
    let weights = PackedNetwork(
      network, parameters: parameters, precision: precision, backward: true,
      context: context.singleThreaded)
    var output = Output(
      losses: Array(repeating: 0, count: rows * length),
      gradients: ParameterStorage(network.layout),
      states: [])
    let shards = (partition ?? [0..<rows]).map { range in
      BatchShard(
        network, firstRow: firstRow + range.lowerBound, rows: range.count, length: length,
        precision: precision, dropout: masks != nil, backward: true)
    }
    for shard in shards {
      let first = shard.firstRow - firstRow
      for window in 0...1 {
        for row in 0..<shard.rows {
          let start = window * length
          shard.setTokens(row: row, Array(tokens[first + row][start...start + length]))
          for (t, target) in targets(row: first + row).enumerated() where target < 0 {
            shard.targets[t * shard.rows + row] = -1
          }
        }
        shard.forward(weights, kernels, scale: Self.scale, masks: masks)
        if window == 0 { shard.carryState() }
      }
      var workspace = shard.makeBackwardWorkspace()
      shard.backward(weights, kernels, workspace: &workspace, masks: masks)
      for t in 0..<length {
        for row in 0..<shard.rows {
          output.losses[t * rows + first + row] = shard.losses[t * shard.rows + row]
        }
      }
    }
    var workspaces = (0..<threads).map { _ in GradientWorkspace() }
    network.addGradients(
      of: shards, to: &output.gradients, workspaces: &workspaces, context: context)
    for shard in shards {
      shard.carryState()
      let states = shard.layers.flatMap { layer in
        let states = (0..<shard.rows).map { layer.state(row: $0) }
        return [states.flatMap(\.hidden), states.flatMap(\.float32State)]
      }
      output.states += states
    }
    return output
  }
}

extension NetworkFixture {
  /// The network in float64, with matrices rounded as products read them; the rows of tables and the
  /// biases are never rounded.
  func reference(_ kernels: Kernels, _ precision: Precision) -> ReferenceNetwork {
    ReferenceNetwork(
      cell: network.architecture.cell.rawValue,
      isReLU: network.architecture.activation == .relu,
      tensors: network.tensors(of: parameters).map { tensor in
        let isRounded = tensor.shape.count == 2 && tensor.name != network.layers[0].input.name
        let values = kernels.rounded(tensor.values, to: isRounded ? precision : .float32)
        return (tensor.name, tensor.shape, values.map(Double.init))
      })
  }

  /// The factors that dropout multiplies the outputs of one sequence by, `[t][l][h]`.
  func masks(_ masks: BatchShard.DropoutMasks?, row: Int) -> [[[Double]]] {
    guard let masks else { return [] }
    let width = network.layers[0].width
    let layers = network.layers.indices.map { layer in
      var ones = Buffer([Float](repeating: 1, count: length * rows * width))
      Kernels(.portable).apply(
        masks.dropout(layer: layer, firstRow: firstRow), toGradient: &ones,
        shape: (length, rows, width))
      return ones
    }
    return (0..<length).map { t in
      layers.map { ones in
        (0..<network.architecture.hidden).map { Double(ones[(t * rows + row) * width + $0]) }
      }
    }
  }

  /// Reads both windows of one sequence and returns the activations of the second.
  func read(
    _ reference: ReferenceNetwork, row: Int, masks: [[[Double]]]
  ) -> [ReferenceNetwork.StepActivations] {
    let ids = tokens[row].map(Int.init)
    let first = reference.read(Array(ids[..<length]), from: reference.zeroState, masks: masks)
    let state = first[length - 1].steps.map(\.after)
    return reference.read(Array(ids[length..<2 * length]), from: state, masks: masks)
  }

  /// The results of the reference for the second window.
  struct Expected {
    /// The losses, `[t, b]` nats.
    var losses: [Double]
    /// The gradient of each tensor.
    var gradients: [[Double]]
    /// For each tensor, the largest gradient if the contributions of all losses had the same sign:
    /// errors are relative to it, however much the contributions cancel out.
    var magnitudes: [Double]
  }

  func expected(_ reference: ReferenceNetwork, masks: BatchShard.DropoutMasks? = nil) -> Expected {
    var losses = [Double](repeating: 0, count: rows * length)
    var gradients = reference.tensors.map { $0.values.map { _ in 0.0 } }
    var magnitudes = gradients
    for row in 0..<rows {
      let mask = self.masks(masks, row: row)
      let steps = read(reference, row: row, masks: mask)
      for (t, target) in targets(row: row).enumerated() {
        losses[t * rows + row] = ReferenceNetwork.nats(steps[t].logits, target)
        let alone = steps.indices.map { $0 == t ? target : -1 }
        let contributions = reference.gradients(steps, targets: alone, masks: mask)
        for (index, contribution) in contributions.enumerated() {
          for (number, value) in contribution.enumerated() {
            gradients[index][number] += value * Double(Self.scale)
            magnitudes[index][number] += abs(value) * Double(Self.scale)
          }
        }
      }
    }
    return Expected(
      losses: losses, gradients: gradients, magnitudes: magnitudes.map { $0.max() ?? 0 })
  }

  /// The bound of the error of a gradient, relative to `Expected.magnitudes`.
  ///
  /// A gradient is the result of a chain of products: one for each step and layer forward and
  /// backward, and one each way through the projection. In float32 a sum of k terms is rounded k
  /// times, by half an ulp of the partial sum; roundings go either way, so that they add up to
  /// sqrt(k) ulp for each link of the chain. In bfloat16 the rounding of each term outweighs that:
  /// 2^-8 at most, and independent, so that the errors of a sum add up like its terms, to about one
  /// for a link; the links are independent too and add up like a root. Twice the largest covers the
  /// tail of ten thousand numbers.
  func tolerance(_ precision: Precision) -> Double {
    let shape = network.architecture
    let links = Double(2 * length * shape.layers + 2)
    guard precision == .float32 else { return 2 * links.squareRoot() * halfUlpOfBFloat16 }
    let terms = max(
      (shape.cell.descriptor.gateCount + 1) * shape.hidden, network.vocabulary, rows * length)
    return links * Double(terms).squareRoot() * ulp
  }

  /// Compares the gradients of each tensor.
  func check(
    _ gradients: ParameterStorage, _ expected: [[Double]], magnitudes: [Double],
    _ precision: Precision
  ) -> [(name: String, comparison: Comparison)] {
    let hasOneBias = network.architecture.cell != .gru
    return network.tensors(of: gradients).enumerated()
      .filter { !($0.element.name.contains("bias_hh") && hasOneBias) }
      .map { index, tensor in
        var comparison = Comparison()
        let bound = tolerance(precision) * magnitudes[index]
        for (computed, exact) in zip(tensor.values, expected[index]) {
          comparison.add(Double(computed), exact, bound: bound)
        }
        return (tensor.name, comparison)
      }
  }
}
