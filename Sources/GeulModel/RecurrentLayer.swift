public import GeulCompute

/// One recurrent layer: its kind and the location of its tensors.
///
/// `CellKind` has the equations. The first layer never multiplies by a one-hot vector: W_x x_t is a row of an embedding table.
public struct RecurrentLayer: Sendable, Equatable {
  /// The kind.
  public let cell: CellKind
  /// Indicates whether the input is tokens, that is, one-hot vectors.
  public let readsTokens: Bool
  /// W_x, or the embedding table of its rows, `[i, gates, h]`.
  ///
  /// LSTM gates: i, f, c~, o. GRU: n, r, z.
  public let input: ParameterSlot
  /// W_h, `[h, gates, h]`.
  ///
  /// LSTM gates: i, f, c~, o. GRU: r, z, n.
  public let recurrent: ParameterSlot
  /// The bias, `[gates, h]`, gates as in `input`.
  public let bias: ParameterSlot
  /// The bias of the products with the hidden state, `[gates, h]`, gates as in `recurrent`; nil for kinds without.
  public let recurrentBias: ParameterSlot?

  /// Reserves the tensors of layer `index` in `layout`, under PyTorch's names.
  public init(
    _ cell: CellKind, index: Int, inputs: Int, readsTokens: Bool, hidden: Int,
    in layout: inout ParameterLayout
  ) {
    let gates = cell.descriptor.gateCount
    func reserve(_ name: String, depth: Int) -> ParameterSlot {
      layout.reserve(
        "\(cell.rawValue).\(name)_l\(index)", depth: depth, gates: gates, units: hidden)
    }
    self.cell = cell
    self.readsTokens = readsTokens
    input = reserve("weight_ih", depth: inputs)
    recurrent = reserve("weight_hh", depth: hidden)
    bias = reserve("bias_ih", depth: 1)
    recurrentBias = cell.descriptor.hasRecurrentBias ? reserve("bias_hh", depth: 1) : nil
  }

  /// `h`, padded.
  public var width: Int { recurrent.width }
}
