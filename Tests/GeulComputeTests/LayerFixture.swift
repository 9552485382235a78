import GeulCompute
import TestSupport

/// One layer with random parameters, state and inputs, in Geul's layout and as the reference has
/// it.
struct LayerFixture {
  let cell: CellKind
  let depth: Int
  let readsTokens: Bool
  let hidden: Int
  let rows: Int
  let length: Int
  /// `[t, b]`.
  var tokens: [Int32]
  /// `[t, b, i]`, padded.
  var inputs: [Float]
  /// `[b, h]`, padded: what the window begins with.
  var (state, cells): ([Float], [Float])

  private let layout: ParameterLayout
  private let (input, recurrent, bias): (ParameterSlot, ParameterSlot, ParameterSlot)
  private let recurrentBias: ParameterSlot?
  private(set) var parameters: ParameterStorage

  init(
    _ cell: CellKind, inputs depth: Int, readsTokens: Bool, hidden: Int, rows: Int, length: Int
  ) {
    (self.cell, self.depth, self.readsTokens) = (cell, depth, readsTokens)
    (self.hidden, self.rows, self.length) = (hidden, rows, length)
    var layout = ParameterLayout()
    input = layout.reserve("input", depth: depth, gates: cell.gates, units: hidden)
    recurrent = layout.reserve("recurrent", depth: hidden, gates: cell.gates, units: hidden)
    bias = layout.reserve("bias", depth: 1, gates: cell.gates, units: hidden)
    recurrentBias =
      cell == .gru ? layout.reserve("bias 2", depth: 1, gates: 3, units: hidden) : nil
    self.layout = layout
    var random = SeededGenerator(seed: UInt64(hidden * 1000 + depth * 10 + rows))
    parameters = .random(layout, 1.5 / Float(hidden).squareRoot(), &random)
    tokens = (0..<length * rows).map { _ in Int32.random(in: 0..<Int32(depth), using: &random) }
    inputs = paddedRows(length * rows, of: depth, &random)
    state = paddedRows(rows, of: hidden, &random)
    cells = cell == .lstm ? paddedRows(rows, of: hidden, &random) : state
  }

  /// What the layer left: the state before and after each step, `[t + 1, b, h]` with padding; no
  /// cells in a vanilla one.
  struct StepMetrics {
    var hidden: [Float]
    var cells: [Float]
  }

  func run(_ set: InstructionSet, _ precision: Precision, pool: ThreadPool = ThreadPool(1))
    -> StepMetrics
  {
    let kernels = Kernels(set)
    func packed(_ slot: ParameterSlot) -> PackedMatrix {
      var matrix = PackedMatrix(slot, precision, backward: false)
      kernels.pack(&matrix, from: parameters)
      return matrix
    }
    let weights = RecurrentWeights(
      cell: cell, input: input, bias: bias, recurrentBias: recurrentBias,
      packedInput: readsTokens ? nil : packed(input), packedRecurrent: packed(recurrent))
    var trace = LayerActivations(
      cell: cell, length: length, rows: rows, width: padded(hidden), precision: precision,
      backward: false)
    trace.setState(hidden: kernels.rounded(state, to: precision), cells: cells)
    let input: LayerInput =
      readsTokens
      ? .tokens(Buffer(tokens)) : .operands(kernels.operands(inputs, precision), offset: 0)
    kernels.forward(
      weights, in: parameters, input: input, into: &trace, length: length, pool: pool)
    return StepMetrics(
      hidden: (0..<trace.hidden.count).map { trace.hidden[$0] }, cells: trace.cells.array)
  }

  /// The layer in Double, with the parameters as products read them: rows of tables and biases are
  /// never rounded.
  func reference(_ kernels: Kernels, _ precision: Precision) -> ReferenceLayer {
    let kind: ReferenceLayer.CellKind = cell == .rnn ? .rnn : cell == .lstm ? .lstm : .gru
    var layer = ReferenceLayer(kind, inputs: depth, hidden: hidden)
    // Where in Geul's order PyTorch's gates are: i, f, g, o of the LSTM; r, z, n of the GRU.
    let ofState = Array(0..<cell.gates)
    let ofInput = cell == .gru ? [1, 2, 0] : ofState
    func read(_ slot: ParameterSlot, _ gates: [Int], _ precision: Precision) -> [Double] {
      let values = gates.flatMap { gate in
        (0..<hidden).flatMap { unit in
          (0..<slot.depth).map { parameters[slot, $0, gate, unit] }
        }
      }
      return kernels.roundedWeights(values, to: precision, depth: slot.depth)
    }
    layer.wx = read(input, ofInput, readsTokens ? .float32 : precision)
    layer.wh = read(recurrent, ofState, precision)
    layer.bx = read(bias, ofInput, .float32)
    if let recurrentBias { layer.bh = read(recurrentBias, ofState, .float32) }
    return layer
  }

  /// x_t of one sequence as products read it.
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
  /// Random numbers for the units, zeros for what pads them.
  static func random(
    _ layout: ParameterLayout, _ bound: Float, _ random: inout SeededGenerator
  ) -> ParameterStorage {
    var arena = ParameterStorage(layout)
    for slot in layout.slots {
      for depth in 0..<slot.depth {
        for gate in 0..<slot.gates {
          for (unit, value) in random.floats(slot.units, bound).enumerated() {
            arena[slot, depth, gate, unit] = value
          }
        }
      }
    }
    return arena
  }
}

/// `rows` rows of random numbers, each padded with zeros.
func paddedRows(_ rows: Int, of count: Int, _ random: inout SeededGenerator) -> [Float] {
  (0..<rows).flatMap { _ in
    random.floats(count, 1) + Array(repeating: 0, count: padded(count) - count)
  }
}

extension Kernels {
  /// Numbers as products read them.
  func operands(_ values: [Float], _ precision: Precision) -> ElementBuffer {
    var operands = ElementBuffer(zeros: values.count, precision)
    operands.fill(rounded(values, to: precision))
    return operands
  }

  /// Weights as products read them: in int8 the largest of each column, `depth` numbers, is 127 steps.
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
