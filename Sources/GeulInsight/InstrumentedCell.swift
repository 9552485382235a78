internal import GeulCompute
internal import GeulModel
internal import PortableFoundation

typealias StepActivations = InstrumentedNetwork.StepActivations

/// The formulas of one kind of recurrent cell, forward and backward, and the quantities to display.
///
/// A new kind of cell needs one conforming type and one case in `CellKind.instrumentedCell`.
protocol InstrumentedCell: Sendable {
  /// Indicates whether the cell has a cell state c in addition to the hidden state h.
  var hasCellState: Bool { get }
  /// The index in `StepActivations.gates` of the gate that preserves the state where it is near 1;
  /// nil if there is none.
  var retentionGate: Int? { get }
  /// The quantities to display, in display order.
  var quantities: [Quantity] { get }

  /// Computes one time step.
  ///
  /// - Parameters:
  ///   - input: W_x x_t + b_x, `[gates, hidden]`.
  ///   - recurrent: W_h h_{t-1} + b_h, `[gates, hidden]`.
  ///   - previous: The activations of the previous step.
  /// - Returns: The activations of this step.
  func forward(
    _ input: [Float], _ recurrent: [Float], from previous: StepActivations
  ) -> StepActivations

  /// Backpropagates through one time step.
  ///
  /// - Parameters:
  ///   - gradient: The gradient with respect to h_t and c_t.
  ///   - current: The activations of this step.
  ///   - previous: The activations of the previous step.
  /// - Returns: The gradients with respect to the pre-activations and the previous state.
  func backward(
    _ gradient: StateGradient, through current: StepActivations, from previous: StepActivations
  ) -> CellGradient

  /// Returns the total gradient with respect to c_t, which includes the path through h_t, `[hidden]`;
  /// empty for a cell without cell state.
  func cellStateGradient(_ gradient: StateGradient, at current: StepActivations) -> [Float]
}

extension InstrumentedCell {
  var hasCellState: Bool { false }
  func cellStateGradient(_ gradient: StateGradient, at current: StepActivations) -> [Float] { [] }
}

extension CellKind {
  /// Returns the formulas of this kind of cell; only the vanilla RNN uses `activation`.
  func instrumentedCell(activation: Activation) -> any InstrumentedCell {
    switch self {
    case .rnn: RNNCell(activation: activation)
    case .lstm: LSTMCell()
    case .gru: GRUCell()
    }
  }
}

/// The gradient of a loss with respect to the state of a layer after a time step.
struct StateGradient: Sendable {
  /// With respect to h_t, `[hidden]`.
  var hiddenState: [Float]
  /// With respect to c_t, without the path through h_t, `[hidden]`; empty without cell state.
  var cellState: [Float]
}

/// The gradients that the backward pass of one time step computes.
struct CellGradient {
  /// With respect to W_x x_t + b_x, `[gates, hidden]`.
  var input: [Float]
  /// With respect to W_h h_{t-1} + b_h, `[gates, hidden]`.
  var recurrent: [Float]
  /// With respect to h_{t-1} and c_{t-1}, without the path through W_h.
  var previous: StateGradient
}

/// A quantity of each neuron that is displayed over time.
struct Quantity: Sendable {
  /// The gate or state.
  let kind: ActivationKind
  /// The range of the displayed values; nil for values of 0 or more without an upper bound.
  let range: ClosedRange<Double>?
  /// Returns the value of a neuron.
  let value: @Sendable (StepActivations, _ neuron: Int) -> Float

  /// The gate at an index in `StepActivations.gates`.
  static func gate(
    _ index: Int, _ kind: ActivationKind, _ range: ClosedRange<Double> = 0...1
  ) -> Quantity {
    Quantity(kind: kind, range: range) { $0.gates[index][$1] }
  }

  /// The cell state, displayed as tanh(c).
  static let cellState = Quantity(kind: .cellState, range: -1...1) { $0.cellState[$1] }

  /// The hidden state, from -1 to 1.
  static let hiddenState = Quantity(kind: .hiddenState, range: -1...1) { $0.hiddenState[$1] }
}

/// Returns the activations of the gate at `index`: `function` of the sum of `input` and `recurrent`.
func gate(
  _ index: Int, _ input: [Float], _ recurrent: [Float], hiddenSize: Int,
  _ function: (Float) -> Float
) -> [Float] {
  (index * hiddenSize..<(index + 1) * hiddenSize).map { function(input[$0] + recurrent[$0]) }
}

/// Returns the logistic function 1 / (1 + exp(-x)).
func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
