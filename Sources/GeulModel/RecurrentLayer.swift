public import GeulCompute

/// One recurrent layer: what kind, how wide, and where its tensors lie.
///
/// A layer is a value that describes; the numbers lie in an `ParameterStorage`. With x_t the input and h the state:
///
/// - vanilla: h_t = tanh(W_x x_t + W_h h_{t-1} + b)  (Elman 1990)
/// - LSTM: i, f, o = sigmoid(W [x_t, h_{t-1}] + b), c~ = tanh(W_c [x_t, h_{t-1}] + b_c),
///   c_t = f * c_{t-1} + i * c~, h_t = o * tanh(c_t)  (Hochreiter and Schmidhuber 1997; Gers et al. 2000)
/// - GRU: r, z = sigmoid(W x_t + U h_{t-1} + b), n = tanh(W_n x_t + b_n + r * (U_n h_{t-1} + c_n)),
///   h_t = (1 - z) * n + z * h_{t-1}  (Cho et al. 2014)
///
/// The first layer never multiplies by a one-hot vector: W_x x_t is a row of a table.
public struct RecurrentLayer: Sendable, Equatable {
  /// What a unit computes.
  public let cell: CellKind
  /// Whether the input is tokens, that is, one-hot.
  public let readsTokens: Bool
  /// W_x, or the table of its rows, `[i, gates, h]`.
  ///
  /// LSTM gates: i, f, c~, o. GRU: n, r, z.
  public let input: ParameterSlot
  /// W_h, `[h, gates, h]`.
  ///
  /// LSTM gates: i, f, c~, o. GRU: r, z, n.
  public let recurrent: ParameterSlot
  /// `[gates, h]`: b, gates as in `input`.
  public let bias: ParameterSlot
  /// `[gates, h]`: the GRU's second bias, gates as in `recurrent`.
  public let recurrentBias: ParameterSlot?

  /// Reserves the tensors of layer `index` in `layout`, under PyTorch's names.
  public init(
    _ cell: CellKind, index: Int, inputs: Int, readsTokens: Bool, hidden: Int,
    in layout: inout ParameterLayout
  ) {
    func reserve(_ name: String, depth: Int) -> ParameterSlot {
      layout.reserve(
        "\(cell.rawValue).\(name)_l\(index)", depth: depth, gates: cell.gates, units: hidden)
    }
    self.cell = cell
    self.readsTokens = readsTokens
    input = reserve("weight_ih", depth: inputs)
    recurrent = reserve("weight_hh", depth: hidden)
    bias = reserve("bias_ih", depth: 1)
    recurrentBias = cell == .gru ? reserve("bias_hh", depth: 1) : nil
  }

  /// `h`, padded.
  public var width: Int { recurrent.width }

  /// Which gates lets a cell keep its content: 1 in the LSTM's order i, f, c~, o.
  static let forgetGate = 1
}
