internal import CGeulKernels

/// The kind of a recurrent layer.
///
/// With x_t the input, h_t the hidden state and c_t the cell state:
///
/// - `rnn`, the vanilla network (Elman 1990): h_t = tanh(W_x x_t + W_h h_{t-1} + b)
/// - `lstm` (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000):
///   i, f, o = sigmoid(W [x_t, h_{t-1}] + b), c~ = tanh(W_c [x_t, h_{t-1}] + b_c),
///   c_t = f * c_{t-1} + i * c~, h_t = o * tanh(c_t)
/// - `gru` (Cho et al. 2014), with the reset gate applied after the product, as in PyTorch:
///   r, z = sigmoid(W x_t + U h_{t-1} + b), n = tanh(W_n x_t + b_in + r * (U_n h_{t-1} + b_hn)),
///   h_t = (1 - z) * n + z * h_{t-1}
///
/// Everything else that differs between the kinds is in `descriptor`.
public enum CellKind: String, Codable, CaseIterable, Sendable {
  case rnn, lstm, gru

  /// The properties of this kind.
  public var descriptor: CellDescriptor {
    switch self {
    case .rnn: .rnn
    case .lstm: .lstm
    case .gru: .gru
    }
  }
}

/// The properties of a kind of recurrent cell, so that other code does not switch on the kind.
public struct CellDescriptor: Sendable {
  /// The number of gates; the input and recurrent matrices have `gateCount * h` columns.
  public let gateCount: Int
  /// Indicates whether a float32 state is carried from step to step in addition to the hidden state in the precision of
  /// matrix products: c of the LSTM, h of the GRU.
  public let carriesFloat32State: Bool
  /// Indicates whether the recurrent products have their own bias (PyTorch's `bias_hh`).
  public let hasRecurrentBias: Bool
  /// The number of values per hidden unit and step that are saved for the backward pass.
  public let savedColumns: Int
  /// The index of the gate whose bias is initialized to 1: the LSTM's forget gate.
  ///
  /// Source: Jozefowicz et al. 2015.
  public let forgetGate: Int?
  /// The index of the gate in the input matrix whose activation function is tanh: c~ of the LSTM, n of the GRU.
  public let candidateGate: Int
  /// The biases of the input matrix's gates with which a layer without recurrent weights passes on its input; see
  /// `identityGain`.
  ///
  /// The gates that keep the previous state, the LSTM's f and the GRU's z, are at sigmoid(-4). The LSTM's i and o are
  /// at sigmoid(1), where they still have a gradient.
  public let identityBiases: [Float]
  /// The ratio of a unit's hidden state to its constant candidate c, |c| small, with `identityBiases`.
  ///
  /// i o / (1 - f) of the LSTM; 1 of the other kinds.
  public let identityGain: Float
  /// The index of each of PyTorch's gates in the input matrix and its bias.
  public let inputGatesOfPyTorch: [Int]
  /// The index of each of PyTorch's gates in the recurrent matrix and its bias.
  public let recurrentGatesOfPyTorch: [Int]

  /// The first column of the recurrent matrix's gates in a panel of gradients.
  let recurrentPanelOffset: Int
  let kernel: geul_cell

  static let rnn = CellDescriptor(
    gateCount: 1, carriesFloat32State: false, hasRecurrentBias: false,
    savedColumns: 1, forgetGate: nil, candidateGate: 0, identityBiases: [0], identityGain: 1,
    inputGatesOfPyTorch: [0], recurrentGatesOfPyTorch: [0],
    recurrentPanelOffset: 0, kernel: GEUL_RNN)

  static let lstm = CellDescriptor(
    gateCount: 4, carriesFloat32State: true, hasRecurrentBias: false,
    savedColumns: 4, forgetGate: 1, candidateGate: 2, identityBiases: [1, -4, 0, 1],
    identityGain: 0.544_235_3,
    // i, f, g, o
    inputGatesOfPyTorch: [0, 1, 2, 3], recurrentGatesOfPyTorch: [0, 1, 2, 3],
    recurrentPanelOffset: 0, kernel: GEUL_LSTM)

  static let gru = CellDescriptor(
    gateCount: 3, carriesFloat32State: true, hasRecurrentBias: true,
    savedColumns: 4, forgetGate: nil, candidateGate: 0, identityBiases: [0, 0, -4],
    identityGain: 1,
    // PyTorch's order is r, z, n; the input matrix is stored as n, r, z.
    inputGatesOfPyTorch: [1, 2, 0], recurrentGatesOfPyTorch: [0, 1, 2],
    recurrentPanelOffset: columnBlockWidth, kernel: GEUL_GRU)
}

/// The activation function of a vanilla RNN cell.
public enum Activation: String, Codable, CaseIterable, Sendable {
  /// tanh: bounded by -1 and 1; the gradient vanishes where it saturates.
  case tanh
  /// max(0, x): does not saturate, but is unbounded (Le, Jaitly and Hinton 2015).
  case relu
}
