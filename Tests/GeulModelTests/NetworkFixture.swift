import GeulCompute
import GeulModel
import TestSupport

/// A network with random parameters, and two windows of random text for it: the second begins with
/// the state that the first has left, and its losses and gradients are what is tried.
struct NetworkFixture: Sendable {
  let network: Network
  let rows: Int
  let length: Int
  let parameters: ParameterStorage
  /// `[b]` sequences of two windows and one unit more.
  let tokens: [[Int32]]
  /// The place of the first sequence in a batch, which dropout depends on.
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

  /// What came next, in the second window; the second target of the first sequence counts nothing.
  func targets(row: Int) -> [Int] {
    (0..<length).map { row == 0 && $0 == 1 ? -1 : Int(tokens[row][length + $0 + 1]) }
  }

  /// What the second window left.
  struct StepMetrics {
    /// `[t, b]` nats.
    var losses: [Double]
    var gradients: ParameterStorage
    /// Hidden states and cells of each layer, padded.
    var states: [[Float]]
  }

  func run(
    _ set: InstructionSet, _ precision: Precision, masks: BatchShard.DropoutMasks? = nil,
    cut: [Range<Int>]? = nil, pool: Int = 2
  ) -> StepMetrics {
    let kernels = Kernels(set)
    let weights = PackedNetwork(
      network, parameters: parameters, precision: precision, backward: true, kernels: kernels,
      pool: ThreadPool(1))
    var outcome = StepMetrics(
      losses: Array(repeating: 0, count: rows * length),
      gradients: ParameterStorage(network.layout),
      states: [])
    var portions = (cut ?? [0..<rows]).map { part in
      BatchShard(
        network, firstRow: firstRow + part.lowerBound, rows: part.count, length: length,
        precision: precision, dropout: masks != nil, backward: true)
    }
    for index in portions.indices {
      let first = portions[index].firstRow - firstRow
      for window in 0...1 {
        for row in 0..<portions[index].rows {
          let start = window * length
          portions[index].fill(row: row, Array(tokens[first + row][start...start + length]))
          for (t, target) in targets(row: first + row).enumerated() where target < 0 {
            portions[index].targets[t * portions[index].rows + row] = -1
          }
        }
        portions[index].forward(weights, kernels, scale: Self.scale, masks: masks)
        if window == 0 { portions[index].carryState() }
      }
      var room = portions[index].backwardWorkspace
      portions[index].backward(weights, kernels, work: &room, masks: masks)
      portions[index].carryState()
      for t in 0..<length {
        for row in 0..<portions[index].rows {
          let place = t * portions[index].rows + row
          outcome.losses[t * rows + first + row] = portions[index].losses[place]
        }
      }
      outcome.states += portions[index].traces.flatMap { [$0.state.hidden, $0.state.cells] }
    }
    var works = (0..<pool).map { _ in GradientWorkspace() }
    network.addGradients(
      of: portions, to: &outcome.gradients, works: &works, kernels: kernels, pool: ThreadPool(pool))
    return outcome
  }
}

extension NetworkFixture {
  /// The network in Double, with matrices as products read them; rows of tables and biases are
  /// never rounded.
  func reference(_ kernels: Kernels, _ precision: Precision) -> ReferenceNetwork {
    ReferenceNetwork(
      cell: network.architecture.cell.rawValue,
      isRectified: network.architecture.activation == .relu,
      tensors: network.tensors(of: parameters).map { tensor in
        let isRounded = tensor.shape.count == 2 && tensor.name != network.layers[0].input.name
        let values = kernels.rounded(tensor.values, to: isRounded ? precision : .float32)
        return (tensor.name, tensor.shape, values.map(Double.init))
      })
  }

  /// What dropout multiplies the outputs of one sequence by, `[t][l][h]`.
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

  /// The second window of one sequence, after the first.
  func read(
    _ reference: ReferenceNetwork, row: Int, masks: [[[Double]]]
  ) -> [ReferenceNetwork.StepActivations] {
    let ids = tokens[row].map(Int.init)
    let first = reference.read(Array(ids[..<length]), from: reference.zeroState, masks: masks)
    let state = first[length - 1].steps.map(\.after)
    return reference.read(Array(ids[length..<2 * length]), from: state, masks: masks)
  }

  /// What the reference makes of the second window.
  struct Expected {
    /// `[t, b]` nats.
    var losses: [Double]
    /// Of each tensor.
    var gradients: [[Double]]
    /// Of each tensor, the largest of its numbers if each loss's share in it had the same sign:
    /// what errors are relative to, however much the shares cancel out.
    var magnitudes: [Double]
  }

  func expected(_ reference: ReferenceNetwork, masks: BatchShard.DropoutMasks? = nil) -> Expected {
    var losses = [Double](repeating: 0, count: rows * length)
    var gradients = reference.tensors.map { $0.values.map { _ in 0.0 } }
    var magnitudes = gradients
    for row in 0..<rows {
      let mask = self.masks(masks, row: row)
      let moments = read(reference, row: row, masks: mask)
      for (t, target) in targets(row: row).enumerated() {
        losses[t * rows + row] = ReferenceNetwork.nats(moments[t].scores, target)
        let alone = moments.indices.map { $0 == t ? target : -1 }
        let shares = reference.gradients(moments, targets: alone, masks: mask)
        for (index, share) in shares.enumerated() {
          for (place, value) in share.enumerated() {
            gradients[index][place] += value * Double(Self.scale)
            magnitudes[index][place] += abs(value) * Double(Self.scale)
          }
        }
      }
    }
    return Expected(
      losses: losses, gradients: gradients, magnitudes: magnitudes.map { $0.max() ?? 0 })
  }

  /// How far a gradient may be from Double's, relative to `Expected.magnitudes`.
  ///
  /// A gradient goes through a chain of products, one for each step and layer there and back, and
  /// one each way through the projection. In float32 a sum of k terms is rounded k times, by half
  /// an ulp of what it has grown to; roundings go either way, so that they come to sqrt(k) ulp for
  /// each link of the chain. In bfloat16 the rounding of each term outweighs that: 2^-8 at most,
  /// independent of each other, they add up like the terms themselves, to about one for a link;
  /// links, independent too, add up like a root. Twice the largest covers the tail of ten thousand
  /// numbers.
  func tolerance(_ precision: Precision) -> Double {
    let shape = network.architecture
    let links = Double(2 * length * shape.layers + 2)
    guard precision == .float32 else { return 2 * links.squareRoot() * halfUlpOfBFloat16 }
    let terms = max((shape.cell.gates + 1) * shape.hidden, network.vocabulary, rows * length)
    return links * Double(terms).squareRoot() * ulp
  }

  /// Compares gradients by the name of their tensor.
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
