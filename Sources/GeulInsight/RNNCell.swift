internal import GeulCompute
internal import GeulModel
internal import PortableFoundation

/// The vanilla RNN (Elman 1990), with tanh or ReLU.
///
///     h_t = f(W_x x_t + b_x + W_h h_{t-1} + b_h)
struct RNNCell: InstrumentedCell {
  let activation: Activation

  var retentionGate: Int? { nil }

  var quantities: [Quantity] {
    switch activation {
    case .tanh: [.hiddenState]
    case .relu: [Quantity(kind: .hiddenState, range: nil) { $0.hiddenState[$1] }]
    }
  }

  func forward(
    _ input: [Float], _ recurrent: [Float], from previous: StepActivations
  ) -> StepActivations {
    let hiddenSize = previous.hiddenState.count
    let function: (Float) -> Float = activation == .relu ? { max(0, $0) } : { tanh($0) }
    return StepActivations(
      gates: [], cellState: [],
      hiddenState: gate(0, input, recurrent, hiddenSize: hiddenSize, function))
  }

  func backward(
    _ gradient: StateGradient, through current: StepActivations, from previous: StepActivations
  ) -> CellGradient {
    let sums = zip(gradient.hiddenState, current.hiddenState).map { dH, h -> Float in
      dH * (activation == .relu ? (h > 0 ? 1 : 0) : 1 - h * h)
    }
    return CellGradient(
      input: sums, recurrent: sums,
      previous: StateGradient(hiddenState: sums.map { _ in 0 }, cellState: []))
  }
}
