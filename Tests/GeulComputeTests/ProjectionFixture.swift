import GeulCompute
import TestSupport

/// A projection with random parameters, hidden states and targets, forward and back.
struct ProjectionFixture {
  let hidden: Int
  let vocabulary: Int
  let rows: Int
  /// `[r, h]`, padded.
  var hiddenStates: [Float]
  /// One in four is -1.
  var targets: [Int32]
  var parameters: ParameterStorage
  /// Where in its buffer the first hidden state begins.
  var offset = 0

  let (weight, bias): (ParameterSlot, ParameterSlot)
  static let scale: Float = 0.37

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

  /// What comes of it.
  struct StepMetrics {
    /// `[r][v]`.
    var scores: [[Float]]
    /// `[r]`, in nats.
    var losses: [Double]
    /// `[r, h]`, padded.
    var dHidden: [Float]
    var gradients: ParameterStorage
  }

  func run(_ set: InstructionSet, _ precision: Precision) -> StepMetrics {
    let kernels = Kernels(set)
    var matrix = PackedMatrix(weight, precision, backward: true)
    kernels.pack(&matrix, from: parameters)
    let operands = kernels.operands(
      Array(repeating: 5, count: offset) + hiddenStates, precision)
    var logits = Logits(rows: rows, vocabulary: vocabulary, precision: precision, backward: true)
    kernels.project(
      matrix, bias: bias, in: parameters, hidden: operands, offset: offset, rows: rows,
      into: &logits)
    var scores = [[Float]](repeating: [], count: rows)
    for row in 0..<rows { logits.copy(row: row, to: &scores[row]) }
    var losses = Buffer<Double>(zeros: rows)
    kernels.crossEntropy(&logits, targets: Buffer(targets), scale: Self.scale, losses: &losses)
    var dHidden = Buffer<Float>(zeros: rows * padded(hidden))
    kernels.projectBack(matrix, logits: logits, into: &dHidden)
    let sources = kernels.sources(
      of: logits, length: 1, hidden: operands, offset: offset, width: padded(hidden))
    var gradients = ParameterStorage(parameters.layout)
    let weight = TensorGradient(weight, sources: [sources.weight])
    let bias = TensorGradient(bias, sources: [sources.bias])
    var works = (0..<2).map { _ in GradientWorkspace() }
    kernels.addGradients(
      [MatrixGradient(weight, gated: false, riders: [bias])], to: &gradients, works: &works,
      pool: ThreadPool(2))
    return StepMetrics(
      scores: scores, losses: losses.array, dHidden: dHidden.array, gradients: gradients)
  }

  /// The scores alone, `[r][v]`, made by several lanes.
  func scores(_ set: InstructionSet, _ precision: Precision, pool: ThreadPool) -> [[Float]] {
    let kernels = Kernels(set)
    var matrix = PackedMatrix(weight, precision, backward: false)
    kernels.pack(&matrix, from: parameters)
    var logits = Logits(rows: rows, vocabulary: vocabulary, precision: precision, backward: false)
    kernels.project(
      matrix, bias: bias, in: parameters, hidden: kernels.operands(hiddenStates, precision),
      offset: 0, rows: rows, into: &logits, pool: pool)
    var scores = [[Float]](repeating: [], count: rows)
    for row in 0..<rows { logits.copy(row: row, to: &scores[row]) }
    return scores
  }

  /// W_y as products read it, `[v, h]`.
  func weights(_ kernels: Kernels, _ precision: Precision) -> [Double] {
    let values = (0..<vocabulary).flatMap { unit in
      (0..<hidden).map { parameters[weight, $0, 0, unit] }
    }
    return kernels.roundedWeights(values, to: precision, depth: hidden)
  }

  /// b_y.
  var biases: [Double] { (0..<vocabulary).map { Double(parameters[bias, 0, 0, $0]) } }

  /// The hidden state of a row as products read it.
  func state(_ kernels: Kernels, _ precision: Precision, row: Int) -> [Double] {
    let start = row * padded(hidden)
    return kernels.rounded(Array(hiddenStates[start..<start + hidden]), to: precision)
      .map(Double.init)
  }
}
