/// The activations of one layer over a window of `length` steps for `rows` sequences: everything that the forward pass
/// computes and the backward pass reads.
///
/// Unchecked: one thread uses it at a time.
public final class LayerActivations: @unchecked Sendable {
  /// The kind of the layer.
  public let cell: CellKind
  /// The maximum number of steps of a window: `t`.
  public let length: Int
  /// The number of sequences: `b`; see `resize`.
  public private(set) var rows: Int
  /// The maximum number of sequences.
  public let capacity: Int
  /// The number of hidden units, padded: `h`.
  public let width: Int
  /// The hidden states in the precision of matrix products, `[t + 1, b, h]`; block 0 is the initial state.
  public let hidden: ElementBuffer
  /// The float32 state that is carried from step to step, `[t + 1, b, h]`: c of the LSTM, h of the GRU; empty for the
  /// vanilla RNN.
  public let float32State: FixedBuffer<Float>
  /// The gates in panels over `t x b` rows; after a float32 backward pass, the gradients of their pre-activations.
  public let gates: FixedBuffer<Float>
  /// The output after dropout, `[t, b, h]`; empty without dropout.
  package let dropped: ElementBuffer
  /// The gradients of the pre-activations in bfloat16, in panels over `t x b` rows; empty in float32.
  let bfloat16Gradients: ElementBuffer

  /// Allocates the activations of a window with a zero initial state.
  public init(
    cell: CellKind, length: Int, rows: Int, width: Int, precision: Precision,
    dropout: Bool = false, backward: Bool
  ) {
    self.cell = cell
    self.length = length
    self.rows = rows
    capacity = rows
    self.width = width
    let steps = (length + 1) * rows * width
    hidden = ElementBuffer(zeros: steps, precision)
    float32State = FixedBuffer(zeros: cell.descriptor.carriesFloat32State ? steps : 0)
    gates = FixedBuffer(zeros: length * rows * cell.descriptor.savedColumns * width)
    dropped = ElementBuffer(zeros: dropout ? length * rows * width : 0, precision)
    bfloat16Gradients = ElementBuffer(
      zeros: backward && precision == .bfloat16 ? gates.count : 0, precision)
  }

  /// The precision of the hidden states.
  public var precision: Precision { hidden.precision }

  /// Changes the number of sequences, and keeps the states of the remaining ones.
  public func resize(rows: Int) {
    precondition(0...capacity ~= rows, "rows must be in 0...\(capacity), is \(rows)")
    self.rows = rows
  }

  /// Copies the state after `step` steps, by default after the whole window, to the initial state of the next window.
  public func carryState(after step: Int? = nil) {
    let block = rows * width
    let start = (step ?? length) * block
    hidden.copy(start..<start + block, to: 0)
    if float32State.count > 0 { float32State.copy(start..<start + block, to: 0) }
  }

  /// Returns the initial state of one sequence, `[h]` each; `float32State` is empty for the vanilla RNN.
  public func state(row: Int) -> (hidden: [Float], float32State: [Float]) {
    let range = row * width..<(row + 1) * width
    return (range.map { hidden[$0] }, float32State.count > 0 ? range.map { float32State[$0] } : [])
  }

  /// Sets the initial state of one sequence from at most `h` values each; the other values become zero.
  public func setState(row: Int, hidden values: [Float], float32State states: [Float]) {
    precondition(
      values.count <= width && states.count <= width,
      "states must have at most \(width) values, have \(values.count) and \(states.count)")
    let padding = [Float](repeating: 0, count: width)
    hidden.store(values + padding.dropFirst(values.count), at: row * width)
    guard float32State.count > 0 else { return }
    for unit in 0..<width {
      float32State[row * width + unit] = unit < states.count ? states[unit] : 0
    }
  }

  /// Copies the initial state of one sequence to another.
  public func copyState(row source: Int, to target: Int) {
    guard source != target else { return }
    hidden.copy(source * width..<(source + 1) * width, to: target * width)
    if float32State.count > 0 {
      float32State.copy(source * width..<(source + 1) * width, to: target * width)
    }
  }
}

/// The input of a layer.
public enum LayerInput: Sendable {
  /// Tokens, `[t, b]`, the input of the first layer; each selects a row of the embedding table.
  case tokens(Buffer<Int32>)
  /// The output of the previous layer, after dropout.
  case output(of: LayerActivations)
}

/// The gradients that the backward pass propagates from layer to layer and, within a layer, from step to step.
public struct BackwardWorkspace: Sendable {
  /// The gradient with respect to the layer's output, `[t, b, h]`.
  public var dOutput: Buffer<Float>
  /// The gradient with respect to the layer's input, `[t, b, h]`.
  var dInput: Buffer<Float>
  /// The gradient with respect to h_t through the later steps, `[b, h]`.
  var dHidden: Buffer<Float>
  /// The gradient with respect to c_t through the later steps, `[b, h]`.
  var dCellState: Buffer<Float>

  /// Allocates the workspace for a window of `length` steps, `rows` sequences and layers of `width` units.
  public init(length: Int, rows: Int, width: Int) {
    dOutput = Buffer(zeros: length * rows * width)
    dInput = Buffer(zeros: length * rows * width)
    dHidden = Buffer(zeros: rows * width)
    dCellState = Buffer(zeros: rows * width)
  }

  /// Continues with the previous layer, for which the gradient of this layer's input is that of the output.
  public mutating func descend() { swap(&dOutput, &dInput) }
}
