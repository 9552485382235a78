import GeulCompute
import TestSupport

/// An output projection with random parameters, hidden states and targets.
struct ProjectionFixture {
  /// The number of hidden units: `h`.
  let hidden: Int
  /// The number of tokens of the vocabulary: `v`.
  let vocabulary: Int
  /// The number of positions: `r`.
  let rows: Int
  /// The hidden states, `[r, h]`, padded; whole rows of them are passed to the projection.
  var hiddenStates: [Float]
  /// The targets, `[r]`; one in four is -1.
  var targets: [Int32]
  var parameters: ParameterStorage
  /// The arrangement of the hidden states in memory.
  var arrangement = Arrangement.oneStep

  let (weight, bias): (ParameterSlot, ParameterSlot)
  static let scale: Float = 0.37

  /// The arrangement of the positions in the activations that hold them; the output begins after
  /// one step of hidden states, so it begins at another address in each.
  enum Arrangement: CaseIterable {
    /// One step of all rows.
    case oneStep
    /// A step for each row.
    case oneRow
    /// One step of more rows than the projection reads.
    case unusedRows
    /// One step, in the buffer for the output after dropout.
    case dropout
  }

  init(hidden: Int, vocabulary: Int, rows: Int) {
    (self.hidden, self.vocabulary, self.rows) = (hidden, vocabulary, rows)
    var layout = ParameterLayout()
    weight = layout.reserve("weight", depth: hidden, gates: 1, units: vocabulary)
    bias = layout.reserve("bias", depth: 1, gates: 1, units: vocabulary)
    var random = SeededGenerator(seed: UInt64(vocabulary * 1000 + hidden * 10 + rows))
    parameters = .random(layout, 3 / Float(hidden).squareRoot(), &random)
    hiddenStates = paddedRows(rows, of: hidden, &random)
    targets = (0..<rows).map {
      $0 % 4 == 2 ? -1 : Int32.random(in: 0..<Int32(vocabulary), using: &random)
    }
  }

  /// The results of the forward and the backward pass.
  struct Output {
    /// The logits, `[r][v]`.
    var logits: [[Float]]
    /// The losses, `[r]` nats.
    var losses: [Double]
    /// The gradients of the hidden states, `[r, h]`, padded.
    var dHidden: [Float]
    /// The gradients of the parameters.
    var gradients: ParameterStorage
  }

  /// A layer whose output is `hiddenStates`.
  private func layer(_ kernels: Kernels, _ precision: Precision) -> LayerActivations {
    let width = padded(hidden)
    let count = hiddenStates.count / width
    let (length, rows) =
      switch arrangement {
      case .oneStep, .dropout: (1, count)
      case .oneRow: (count, 1)
      case .unusedRows: (1, count + 3)
      }
    let activations = LayerActivations(
      cell: .rnn, length: length, rows: rows, width: width, precision: precision,
      dropout: arrangement == .dropout, backward: false)
    activations.hidden.store(
      kernels.rounded(
        Array(repeating: 0.5, count: rows * width) + hiddenStates[..<(count * width)],
        to: precision))
    if arrangement == .dropout {
      // A rate of 0 copies the hidden states.
      kernels.apply(Dropout(rate: 0, key: 1, firstRow: 0), to: activations, length: length)
    }
    return activations
  }

  private func packed(
    _ kernels: Kernels, _ precision: Precision, backward: Bool
  ) -> PackedMatrix {
    let matrix = PackedMatrix(weight, precision, backward: backward)
    kernels.pack(matrix, from: parameters)
    return matrix
  }

  private func copy(_ logits: Logits) -> [[Float]] {
    var values = [[Float]](repeating: [], count: rows)
    for row in 0..<rows { logits.copy(row: row, to: &values[row]) }
    return values
  }

  /// Runs the projection forward and backward.
  func run(_ set: InstructionSet, _ precision: Precision) -> Output {
    let kernels = Kernels(set)
    let matrix = packed(kernels, precision, backward: true)
    let layer = layer(kernels, precision)
    let logits = Logits(rows: rows, vocabulary: vocabulary, precision: precision, backward: true)
    ComputeContext(kernels).project(
      matrix, bias: bias, in: parameters, output: layer, rows: rows, into: logits)
    let values = copy(logits)
    var losses = Buffer<Double>(zeros: rows)
    kernels.crossEntropy(logits, targets: Buffer(targets), scale: Self.scale, losses: &losses)
    var dHidden = Buffer<Float>(zeros: rows * padded(hidden))
    kernels.projectBack(matrix, logits: logits, into: &dHidden)
    let contributions = GradientContribution.projection(
      logits, length: 1, rows: 0..<rows, output: layer)
    var gradients = ParameterStorage(parameters.layout)
    let matrixGradient = MatrixGradient(
      TensorGradient(weight, [[contributions.weight]]),
      biases: [TensorGradient(bias, [[contributions.bias]])])
    var workspaces = (0..<2).map { _ in GradientWorkspace() }
    ComputeContext(kernels, threads: 2).addGradients(
      [matrixGradient], to: &gradients, workspaces: &workspaces)
    return Output(
      logits: values, losses: losses.array, dHidden: dHidden.array, gradients: gradients)
  }

  /// Computes the logits alone, `[r][v]`, on several threads.
  func logits(_ set: InstructionSet, _ precision: Precision, threads: Int = 1) -> [[Float]] {
    let kernels = Kernels(set)
    let logits = Logits(rows: rows, vocabulary: vocabulary, precision: precision, backward: false)
    ComputeContext(kernels, threads: threads).project(
      packed(kernels, precision, backward: false), bias: bias, in: parameters,
      output: layer(kernels, precision), rows: rows, into: logits)
    return copy(logits)
  }

  /// W_y rounded as products read it, `[v, h]`.
  func weights(_ kernels: Kernels, _ precision: Precision) -> [Double] {
    let values = (0..<vocabulary).flatMap { unit in
      (0..<hidden).map { parameters[weight, $0, 0, unit] }
    }
    return kernels.roundedWeights(values, to: precision, depth: hidden)
  }

  /// b_y, `[v]`.
  var biases: [Double] { (0..<vocabulary).map { Double(parameters[bias, 0, 0, $0]) } }

  /// The hidden state of a row, rounded as products read it.
  func state(_ kernels: Kernels, _ precision: Precision, row: Int) -> [Double] {
    let start = row * padded(hidden)
    return kernels.rounded(Array(hiddenStates[start..<start + hidden]), to: precision)
      .map(Double.init)
  }
}
