/// The activations of one layer over a window of `length` steps for `rows` sequences: everything that the forward pass
/// computes and the backward pass reads.
///
/// Unchecked: one thread uses it at a time.
public final class LayerActivations: @unchecked Sendable {
  /// The kind of the layer.
  public let cell: CellKind
  /// The most steps of a window: `t`.
  public let length: Int
  /// The number of sequences: `b`; see `resize`.
  public private(set) var rows: Int
  /// The most sequences.
  public let capacity: Int
  /// The number of hidden units, padded: `h`.
  public let width: Int
  /// The hidden states as products read them, `[t + 1, b, h]`; block 0 is the state that the window begins with.
  public let hidden: ElementBuffer
  /// The float32 state that is carried from step to step, `[t + 1, b, h]`: c of the LSTM, h of the GRU; empty for the vanilla
  /// cell.
  public let float32State: FixedBuffer<Float>
  /// The gates, panels over `t x b` rows; after the backward pass, in float32, the gradients of their pre-activations.
  public let gates: FixedBuffer<Float>
  /// The layer's output after dropout, `[t, b, h]`; empty without dropout.
  package let dropped: ElementBuffer
  /// The gradients of the pre-activations in bfloat16, panels over `t x b` rows; empty in float32.
  let bfloat16Gradients: ElementBuffer

  /// Allocates the activations of a window, with a zero state.
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

  /// Changes the number of sequences; the states of those that remain are kept.
  public func resize(rows: Int) {
    precondition(0...capacity ~= rows, "\(rows) rows of \(capacity)")
    self.rows = rows
  }

  /// Makes the state after `step` steps, by default a whole window, the state that the next window begins with.
  public func carryState(after step: Int? = nil) {
    let block = rows * width
    let start = (step ?? length) * block
    hidden.move(start..<start + block, to: 0)
    if float32State.count > 0 { float32State.move(start..<start + block, to: 0) }
  }

  /// Reads the state of one sequence that the next window begins with, `[h]` each; the second is empty for the vanilla cell.
  public func state(row: Int) -> (hidden: [Float], float32State: [Float]) {
    let range = row * width..<(row + 1) * width
    return (range.map { hidden[$0] }, float32State.count > 0 ? range.map { float32State[$0] } : [])
  }

  /// Sets the state of one sequence that the next window begins with, from up to `h` values; others become zero.
  public func setState(row: Int, hidden values: [Float], float32State states: [Float]) {
    precondition(values.count <= width && states.count <= width, "a state of \(values.count)")
    let padding = [Float](repeating: 0, count: width)
    hidden.store(values + padding.dropFirst(values.count), at: row * width)
    guard float32State.count > 0 else { return }
    for unit in 0..<width {
      float32State[row * width + unit] = unit < states.count ? states[unit] : 0
    }
  }

  /// Copies the state of one sequence to another's place.
  public func copyState(row source: Int, to target: Int) {
    guard source != target else { return }
    hidden.move(source * width..<(source + 1) * width, to: target * width)
    if float32State.count > 0 {
      float32State.move(source * width..<(source + 1) * width, to: target * width)
    }
  }
}

/// The input of a layer.
public enum LayerInput: Sendable {
  /// Tokens, `[t, b]`: each selects a row of the first layer's table.
  case tokens(Buffer<Int32>)
  /// The output of the layer below, after dropout.
  case output(of: LayerActivations)
}

/// The gradients that are passed from layer to layer, and within a layer from a step to the one before.
public struct BackwardWorkspace: Sendable {
  /// The gradient with respect to the layer's output, `[t, b, h]`.
  public var dOutput: Buffer<Float>
  /// The gradient with respect to its input, `[t, b, h]`.
  var dInput: Buffer<Float>
  /// The gradient with respect to h_t within a layer, `[b, h]`.
  var dHidden: Buffer<Float>
  /// The gradient with respect to c_t within a layer, `[b, h]`.
  var dCellState: Buffer<Float>

  /// Allocates the workspace of a window of `length` steps of `rows` sequences in layers of `width` units.
  public init(length: Int, rows: Int, width: Int) {
    dOutput = Buffer(zeros: length * rows * width)
    dInput = Buffer(zeros: length * rows * width)
    dHidden = Buffer(zeros: rows * width)
    dCellState = Buffer(zeros: rows * width)
  }

  /// Makes the gradient with respect to the input that with respect to the output of the layer below.
  public mutating func descend() { swap(&dOutput, &dInput) }
}
