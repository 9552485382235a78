internal import GeulCompute

/// The recurrent state of several sequences in all layers: h_t, and the float32 state of kinds that have one.
///
/// Checkpoints and prefix caches store it; a `BatchShard` reads and writes it row by row.
public struct RecurrentState: Sendable, Equatable {
  /// The number of layers: `l`.
  public let layers: Int
  /// The number of sequences: `b`.
  public let rows: Int
  /// The number of hidden units, without padding: `h`.
  public let width: Int
  /// The hidden states, `[l, b, h]`.
  public var hidden: [Float]
  /// The float32 states, `[l, b, h]`: c of the LSTM, h of the GRU; empty for the vanilla RNN.
  public var float32State: [Float]

  /// The state of one sequence.
  public struct Row: Sendable, Equatable {
    /// The hidden states, `[l][h]`.
    public var hidden: [[Float]]
    /// The float32 states, `[l][h]`; each is empty for the vanilla RNN.
    public var float32State: [[Float]]

    /// The size of the values in bytes.
    public var byteCount: Int {
      (hidden + float32State).reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride
    }
  }

  /// Creates the zero state of `rows` sequences.
  public init(_ architecture: Architecture, rows: Int) {
    layers = architecture.layers
    self.rows = rows
    width = architecture.hidden
    let count = layers * rows * width
    hidden = Array(repeating: 0, count: count)
    float32State = Array(
      repeating: 0, count: architecture.cell.descriptor.carriesFloat32State ? count : 0)
  }

  /// Creates a state of `rows` sequences with the shape of another and the given values.
  package init(_ shape: RecurrentState, rows: Int, hidden: [Float], float32State: [Float]) {
    (layers, width, self.rows) = (shape.layers, shape.width, rows)
    (self.hidden, self.float32State) = (hidden, float32State)
  }

  /// `[l, b, h]`.
  package var shape: [Int] { [layers, rows, width] }

  private func range(layer: Int, row: Int) -> Range<Int> {
    precondition(0 <= row && row < rows, "row \(row) is not in 0..<\(rows)")
    let start = (layer * rows + row) * width
    return start..<start + width
  }

  /// The state of one sequence.
  public subscript(row: Int) -> Row {
    get {
      Row(
        hidden: (0..<layers).map { Array(hidden[range(layer: $0, row: row)]) },
        float32State: (0..<layers).map {
          float32State.isEmpty ? [] : Array(float32State[range(layer: $0, row: row)])
        })
    }
    set {
      for layer in 0..<layers {
        let range = range(layer: layer, row: row)
        hidden.replaceSubrange(range, with: newValue.hidden[layer])
        if !float32State.isEmpty {
          float32State.replaceSubrange(range, with: newValue.float32State[layer])
        }
      }
    }
  }
}
