public import GeulCompute

/// One recurrent layer: its kind and the locations of its tensors.
///
/// See `CellKind` for the equations. The first layer does not multiply by one-hot vectors: W_x x_t is a row of an
/// embedding table.
public struct RecurrentLayer: Sendable, Equatable {
  /// The kind of the layer.
  public let cell: CellKind
  /// Indicates whether the input is tokens, as in the first layer.
  public let readsTokens: Bool
  /// The input matrix W_x, `[i, gates, h]`, or the embedding table, `[v, gates, h]`.
  ///
  /// The gates are i, f, c~, o of the LSTM, and n, r, z of the GRU.
  public let input: ParameterSlot
  /// The recurrent matrix W_h, `[h, gates, h]`.
  ///
  /// The gates are i, f, c~, o of the LSTM, and r, z, n of the GRU.
  public let recurrent: ParameterSlot
  /// The bias, `[gates, h]`, gates as in `input`.
  public let bias: ParameterSlot
  /// The bias of the recurrent products, `[gates, h]`, gates as in `recurrent`; nil for kinds without one.
  public let recurrentBias: ParameterSlot?

  /// Reserves the tensors of layer `index` in `layout` with PyTorch's names.
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

  /// The number of hidden units, padded.
  public var width: Int { recurrent.width }

  /// PyTorch's name of the bias of the recurrent products, for example `lstm.bias_hh_l0`.
  ///
  /// For kinds without that bias, PyTorch still has a tensor of this name.
  package var recurrentBiasName: String { bias.name.replacing("bias_ih", with: "bias_hh") }
}
