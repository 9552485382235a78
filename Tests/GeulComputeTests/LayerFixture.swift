import GeulCompute
import TestSupport

/// One layer with random parameters, state and inputs, in Geul's layout and as a `ReferenceLayer`.
struct LayerFixture {
  let cell: CellKind
  /// The number of inputs: `i`.
  let depth: Int
  let readsTokens: Bool
  /// The number of hidden units: `h`.
  let hidden: Int
  /// The number of sequences: `b`.
  let rows: Int
  /// The number of steps: `t`.
  let length: Int
  /// The tokens, `[t, b]`.
  var tokens: [Int32]
  /// The inputs, `[t, b, i]`, padded; whole steps of them are passed to the layer.
  var inputs: [Float]
  /// The state that the window begins with, `[b, h]`, padded.
  var (hiddenState, float32State): ([Float], [Float])

  private let layout: ParameterLayout
  private let (input, recurrent, bias): (ParameterSlot, ParameterSlot, ParameterSlot)
  private let recurrentBias: ParameterSlot?
  private(set) var parameters: ParameterStorage

  init(
    _ cell: CellKind, inputs depth: Int, readsTokens: Bool, hidden: Int, rows: Int, length: Int
  ) {
    (self.cell, self.depth, self.readsTokens) = (cell, depth, readsTokens)
    (self.hidden, self.rows, self.length) = (hidden, rows, length)
    let gates = cell.descriptor.gateCount
    var layout = ParameterLayout()
    input = layout.reserve("input", depth: depth, gates: gates, units: hidden)
    recurrent = layout.reserve("recurrent", depth: hidden, gates: gates, units: hidden)
    bias = layout.reserve("bias", depth: 1, gates: gates, units: hidden)
    recurrentBias =
      cell == .gru ? layout.reserve("bias 2", depth: 1, gates: 3, units: hidden) : nil
    self.layout = layout
    var random = SeededGenerator(seed: UInt64(hidden * 1000 + depth * 10 + rows))
    parameters = .random(layout, 1.5 / Float(hidden).squareRoot(), &random)
    tokens = (0..<length * rows).map { _ in Int32.random(in: 0..<Int32(depth), using: &random) }
    inputs = paddedRows(length * rows, of: depth, &random)
    hiddenState = paddedRows(rows, of: hidden, &random)
    float32State = cell == .lstm ? paddedRows(rows, of: hidden, &random) : hiddenState
  }

  /// The state before and after each step, `[t + 1, b, h]`, padded.
  struct Output {
    var hidden: [Float]
    /// Empty for the vanilla cell.
    var float32State: [Float]
  }

  /// Runs the layer over the window.
  func run(_ set: InstructionSet, _ precision: Precision, threads: Int = 1) -> Output {
    let context = ComputeContext(Kernels(set), threads: threads)
    let kernels = context.kernels
    func packed(_ slot: ParameterSlot) -> PackedMatrix {
      let matrix = PackedMatrix(slot, precision, backward: false)
      kernels.pack(matrix, from: parameters)
      return matrix
    }
    let layer = PackedLayer(
      cell: cell, input: input, bias: bias, recurrentBias: recurrentBias,
      packedInput: readsTokens ? nil : packed(input), packedRecurrent: packed(recurrent))
    let activations = LayerActivations(
      cell: cell, length: length, rows: rows, width: padded(hidden), precision: precision,
      backward: false)
    let rounded = kernels.rounded(hiddenState, to: precision)
    for row in 0..<rows {
      let range = row * activations.width..<(row + 1) * activations.width
      activations.setState(
        row: row, hidden: Array(rounded[range]), float32State: Array(float32State[range]))
    }
    context.forward(
      layer, in: parameters, input: layerInput(kernels, precision), into: activations,
      length: length)
    return Output(
      hidden: (0..<activations.hidden.count).map { activations.hidden[$0] },
      float32State: activations.float32State.array)
  }

  /// The tokens, or a layer below whose output is `inputs`.
  private func layerInput(_ kernels: Kernels, _ precision: Precision) -> LayerInput {
    guard !readsTokens else { return .tokens(Buffer(tokens)) }
    let block = rows * padded(depth)
    let steps = inputs.count / block
    let below = LayerActivations(
      cell: .rnn, length: steps, rows: rows, width: padded(depth), precision: precision,
      backward: false)
    // The output follows block 0, the state that the window begins with. NaN would show if the
    // layer read that.
    below.hidden.store(
      kernels.rounded(
        Array(repeating: precision == .int8 ? 1 : .nan, count: block) + inputs[..<(steps * block)],
        to: precision))
    return .output(of: below)
  }

  /// The layer in float64, with weights rounded as products read them; the rows of tables and the
  /// biases are never rounded.
  func reference(_ kernels: Kernels, _ precision: Precision) -> ReferenceLayer {
    let kind: ReferenceLayer.CellKind = cell == .rnn ? .rnn : cell == .lstm ? .lstm : .gru
    var layer = ReferenceLayer(kind, inputs: depth, hidden: hidden)
    // The position of PyTorch's gates in Geul's order: i, f, g, o of the LSTM; r, z, n of the GRU.
    let recurrentGates = Array(0..<kind.gates)
    let inputGates = cell == .gru ? [1, 2, 0] : recurrentGates
    func read(_ slot: ParameterSlot, _ gates: [Int], _ precision: Precision) -> [Double] {
      let values = gates.flatMap { gate in
        (0..<hidden).flatMap { unit in
          (0..<slot.depth).map { parameters[slot, $0, gate, unit] }
        }
      }
      return kernels.roundedWeights(values, to: precision, depth: slot.depth)
    }
    layer.wx = read(input, inputGates, readsTokens ? .float32 : precision)
    layer.wh = read(recurrent, recurrentGates, precision)
    layer.bx = read(bias, inputGates, .float32)
    if let recurrentBias { layer.bh = read(recurrentBias, recurrentGates, .float32) }
    return layer
  }

  /// x_t of one sequence, rounded as products read it.
  func input(_ kernels: Kernels, _ precision: Precision, t: Int, row: Int) -> [Double] {
    guard readsTokens else {
      let start = (t * rows + row) * padded(depth)
      return kernels.rounded(Array(inputs[start..<start + depth]), to: precision).map(Double.init)
    }
    var x = [Double](repeating: 0, count: depth)
    x[Int(tokens[t * rows + row])] = 1
    return x
  }
}

extension ParameterStorage {
  /// Creates a storage of random numbers with zeros as padding.
  static func random(
    _ layout: ParameterLayout, _ bound: Float, _ random: inout SeededGenerator
  ) -> ParameterStorage {
    var storage = ParameterStorage(layout)
    for slot in layout.slots {
      for depth in 0..<slot.depth {
        for gate in 0..<slot.gates {
          for (unit, value) in random.floats(slot.units, bound).enumerated() {
            storage[slot, depth, gate, unit] = value
          }
        }
      }
    }
    return storage
  }
}

/// Returns `rows` rows of random numbers, each padded with zeros.
func paddedRows(_ rows: Int, of count: Int, _ random: inout SeededGenerator) -> [Float] {
  (0..<rows).flatMap { _ in
    random.floats(count, 1) + Array(repeating: 0, count: padded(count) - count)
  }
}

extension Kernels {
  /// Returns weights as products read them: in int8 the largest of each column, `depth` numbers, is
  /// 127 steps.
  func roundedWeights(_ values: [Float], to precision: Precision, depth: Int) -> [Double] {
    guard precision == .int8 else { return rounded(values, to: precision).map(Double.init) }
    return stride(from: 0, to: values.count, by: depth).flatMap { start in
      let column = values[start..<start + depth]
      let largest = column.map(abs).max() ?? 0
      let inverse = largest > 0 ? 127 / largest : 0
      return column.map {
        Double(($0 * inverse).rounded(.toNearestOrEven)) * Double(largest) / 127
      }
    }
  }
}
