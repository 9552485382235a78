internal import CGeulKernels

/// The kind of a recurrent layer.
public enum CellKind: String, Codable, CaseIterable, Sendable {
  /// h_t = tanh(W_x x_t + W_h h_{t-1} + b)
  case rnn
  /// A memory cell behind input, forget and output gates.
  case lstm
  /// A gated state, reset after the product, as PyTorch has it.
  case gru

  /// How many products a unit makes of its input, and how many of its state.
  public var gates: Int {
    switch self {
    case .rnn: 1
    case .lstm: 4
    case .gru: 3
    }
  }

  /// How many numbers a unit leaves behind for the way back.
  public var columns: Int { self == .rnn ? 1 : 4 }

  var code: geul_cell {
    switch self {
    case .rnn: GEUL_RNN
    case .lstm: GEUL_LSTM
    case .gru: GEUL_GRU
    }
  }
}

/// What a vanilla cell does with its sum.
public enum Activation: String, Codable, CaseIterable, Sendable {
  /// From -1 to 1: it cannot grow, but its gradient fades.
  case tanh
  /// max(0, x): its gradient does not fade, but it can grow without end (Le, Jaitly, Hinton 2015).
  case relu
}

/// Where the tensors of a recurrent layer lie, and its matrices packed.
public struct RecurrentWeights: Sendable {
  /// What a unit computes.
  public let cell: CellKind
  /// `[v, gates, h]` for the layer that reads tokens, `[i, gates, h]` for the others.
  public let input: ParameterSlot
  /// The bias, `[gates, h]`.
  public let bias: ParameterSlot
  /// `[gates, h]`, GRU only.
  public let recurrentBias: ParameterSlot?
  /// The input's matrix; nil where a row is looked up instead.
  public let packedInput: PackedMatrix?
  /// The state's matrix, `[h, gates, h]`.
  public let packedRecurrent: PackedMatrix
  /// Of a vanilla cell.
  public let activation: Activation

  /// The weights of a layer.
  public init(
    cell: CellKind, input: ParameterSlot, bias: ParameterSlot, recurrentBias: ParameterSlot?,
    packedInput: PackedMatrix?,
    packedRecurrent: PackedMatrix, activation: Activation = .tanh
  ) {
    self.cell = cell
    self.input = input
    self.bias = bias
    self.recurrentBias = recurrentBias
    self.packedInput = packedInput
    self.packedRecurrent = packedRecurrent
    self.activation = activation
  }

  /// `h`, padded.
  public var width: Int { packedRecurrent.slot.width }

  /// How many bytes of packed weights a step reads.
  var byteCount: Int { packedRecurrent.forward.count + (packedInput?.forward.count ?? 0) }

  /// Where in an arena the last of them ends.
  var end: Int {
    max(input.range.upperBound, bias.range.upperBound, recurrentBias?.range.upperBound ?? 0)
  }
}

/// What a layer computes over a window of `length` steps, for `rows` sequences, and keeps for the way back.
public struct LayerActivations: Sendable {
  /// What a unit computes.
  public let cell: CellKind
  /// How many steps there is room for: `t`.
  public let length: Int
  /// How many sequences: `b`.
  public let rows: Int
  /// How many units, padded: `h`.
  public let width: Int
  /// `[t + 1, b, h]`: block 0 is the state carried in.
  public var hidden: ElementBuffer
  /// `[t + 1, b, h]`: c of the LSTM, h of the GRU; empty for the vanilla cell.
  public var cells: Buffer<Float>
  /// Panels over `t x b` rows: the gates; after the way back, in float32, the gradients of their sums.
  public internal(set) var gates: Buffer<Float>
  /// Panels over `t x b` rows: the gradients of the gates' sums in bfloat16.
  var narrowGradients: ElementBuffer?

  /// A trace with a zero state.
  public init(
    cell: CellKind, length: Int, rows: Int, width: Int, precision: Precision, backward: Bool
  ) {
    self.cell = cell
    self.length = length
    self.rows = rows
    self.width = width
    let steps = (length + 1) * rows * width
    hidden = ElementBuffer(zeros: steps, precision)
    cells = Buffer(zeros: cell == .rnn ? 0 : steps)
    gates = Buffer(zeros: length * rows * cell.columns * width)
    narrowGradients =
      backward && precision == .bfloat16 ? ElementBuffer(zeros: gates.count, precision) : nil
  }

  /// The gradients of the gates' sums, after the way back: panels over `t x b` rows.
  var gateGradients: ElementBuffer { narrowGradients ?? .float32(gates) }

  /// Makes the state after `step` steps the state that the next window begins with.
  public mutating func carry(from step: Int? = nil) {
    let block = rows * width
    let start = (step ?? length) * block
    hidden.move(start..<start + block, to: 0)
    if cells.count > 0 { cells.move(start..<start + block, to: 0) }
  }

  /// Makes the state that the next window begins with zero.
  public mutating func clearState() {
    setState(hidden: Array(repeating: 0, count: rows * width), cells: nil)
  }

  /// The carried state, `[b, h]` each: hidden state, and cells (empty for the vanilla cell).
  public var state: (hidden: [Float], cells: [Float]) {
    let block = rows * width
    return ((0..<block).map { hidden[$0] }, cells.count > 0 ? (0..<block).map { cells[$0] } : [])
  }

  /// Sets the carried state, `[b, h]` each; no cells means zero.
  public mutating func setState(hidden values: [Float], cells cellValues: [Float]?) {
    precondition(values.count == rows * width, "a state of \(values.count), not \(rows * width)")
    hidden.fill(values)
    guard cells.count > 0 else { return }
    for index in 0..<rows * width { cells[index] = cellValues?[index] ?? 0 }
  }
}

/// What a layer reads.
public enum LayerInput: Sendable {
  /// `[t, b]`: each chooses a row of the first layer's table.
  case tokens(Buffer<Int32>)
  /// `[t, b, i]`, from the given place on.
  case operands(ElementBuffer, offset: Int)
}

extension Kernels {
  /// Runs a layer over the first `length` steps of its trace; `lanes` may share a step of its own.
  public func forward(
    _ weights: RecurrentWeights, in arena: ParameterStorage, input: LayerInput,
    into trace: inout LayerActivations,
    length: Int, pool: ThreadPool = ThreadPool(1)
  ) {
    precondition(
      trace.cell == weights.cell && trace.width == weights.width, "another layer's trace")
    precondition(length <= trace.length, "\(length) steps, a trace of \(trace.length)")
    let rows = trace.rows
    require("arena", arena.values.count, atLeast: weights.end)
    withExtendedLifetime((weights, arena, input)) {
      let parameters = unsafe arena.values.pointer
      var call = unsafe geul_forward()
      unsafe (call.length, call.rows, call.width) = (length, rows, trace.width)
      unsafe call.relu = weights.activation == .relu ? 1 : 0
      unsafe call.bias = parameters + weights.bias.offset
      if let slot = weights.recurrentBias { unsafe call.recurrent_bias = parameters + slot.offset }
      unsafe call.recurrent_weights = UnsafeRawPointer(weights.packedRecurrent.forward.pointer)
      switch input {
      case .tokens(let tokens):
        require("tokens", tokens.count, atLeast: length * rows)
        unsafe call.tokens = tokens.pointer
        unsafe call.embedding = parameters + weights.input.offset
        let depth = weights.input.depth
        for index in 0..<length * rows {
          precondition(0 <= tokens[index] && tokens[index] < depth, "token \(tokens[index])")
        }
      case .operands(let operands, let offset):
        guard let packed = weights.packedInput else {
          preconditionFailure("this layer reads tokens")
        }
        let inputs = padded(packed.slot.depth)
        require("input", operands.count - offset, atLeast: length * rows * inputs)
        unsafe call.inputs = inputs
        unsafe call.input_weights = UnsafeRawPointer(packed.forward.pointer)
        unsafe call.input = operands.pointer(at: offset)
      }
      unsafe call.hidden = trace.hidden.mutablePointer()
      if trace.cells.count > 0 { unsafe call.state = trace.cells.mutablePointer() }
      unsafe call.gates = trace.gates.mutablePointer()
      let forward = unsafe geul_forward_kernel_for(
        inferenceKernels(trace.hidden.precision), trace.cell.code)
      // All units of a step must be there before the next begins.
      let pool = length == 1 ? pool : ThreadPool(1)
      let shared = unsafe Shared(call)
      pool.share(trace.width, reading: weights.byteCount) { units in
        var call = unsafe shared.value
        unsafe (call.first_unit, call.end_unit) = (units.lowerBound, units.upperBound)
        unsafe forward(&call)
      }
    }
  }

  /// Goes back through the whole window that `forward` has just run.
  ///
  /// - Parameters:
  ///   - weights: the layer's.
  ///   - trace: what `forward` left; its gates become the gradients of their sums.
  ///   - work: has the loss's gradient with respect to the layer's output, and takes that with respect to its input,
  ///     unless it reads tokens.
  public func backward(
    _ weights: RecurrentWeights, trace: inout LayerActivations, work: inout BackwardWorkspace
  ) {
    let (length, rows, width) = (trace.length, trace.rows, trace.width)
    require("dOutput", work.dOutput.count, atLeast: length * rows * width)
    require("work", work.dHidden.count, atLeast: rows * width)
    guard let recurrent = weights.packedRecurrent.backward else {
      preconditionFailure("packed for the way forward alone")
    }
    let precision = trace.hidden.precision
    precondition(
      precision == .float32 || trace.narrowGradients != nil, "a trace for the way forward alone")
    withExtendedLifetime(weights) {
      var call = unsafe geul_backward()
      unsafe (call.length, call.rows, call.width) = (length, rows, width)
      unsafe call.relu = weights.activation == .relu ? 1 : 0
      unsafe call.recurrent_weights = recurrent.pointer()
      unsafe call.d_output = UnsafePointer(work.dOutput.mutablePointer())
      if trace.cells.count > 0 { unsafe call.state = trace.cells.pointer }
      unsafe call.gates = trace.gates.mutablePointer()
      if precision == .bfloat16 {
        unsafe call.d_gates = trace.narrowGradients?.mutablePointer()
      } else {
        unsafe call.d_gates = UnsafeMutableRawPointer(call.gates)
      }
      unsafe call.d_hidden = work.dHidden.mutablePointer()
      unsafe call.d_cell_state = work.dCells.mutablePointer()
      if let packed = weights.packedInput, let input = packed.backward {
        let inputs = padded(packed.slot.depth)
        require("dInput", work.dInput.count, atLeast: length * rows * inputs)
        unsafe call.inputs = inputs
        unsafe call.input_weights = input.pointer()
        unsafe call.d_input = work.dInput.mutablePointer()
      }
      let backward = unsafe geul_backward_kernel_for(trainingKernels(precision), trace.cell.code)
      unsafe backward(&call)
    }
  }

}

/// The gradients that go back from layer to layer, and within one from a time step to the one before.
public struct BackwardWorkspace: Sendable {
  /// `[t, b, h]`: the loss's gradient with respect to a layer's output.
  public var dOutput: Buffer<Float>
  /// `[t, b, h]`: with respect to its input, which is the output of the layer below.
  var dInput: Buffer<Float>
  /// Within a layer, `[b, h]`.
  var dHidden: Buffer<Float>
  /// Within a layer, `[b, h]`.
  var dCells: Buffer<Float>

  /// Room for a window of `length` steps of `rows` sequences, in layers of `width` units.
  public init(length: Int, rows: Int, width: Int) {
    dOutput = Buffer(zeros: length * rows * width)
    dInput = Buffer(zeros: length * rows * width)
    dHidden = Buffer(zeros: rows * width)
    dCells = Buffer(zeros: rows * width)
  }

  /// Goes on to the layer below, whose output was this one's input.
  public mutating func descend() { swap(&dOutput, &dInput) }
}
