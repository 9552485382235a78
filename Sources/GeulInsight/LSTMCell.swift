internal import PortableFoundation

/// The LSTM with a forget gate (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000).
///
///     i, f, o = sigmoid(W_x x_t + b_x + W_h h_{t-1} + b_h)
///     g = tanh(W_x x_t + b_x + W_h h_{t-1} + b_h)
///     c_t = f * c_{t-1} + i * g
///     h_t = o * tanh(c_t)
///
/// The gates are stored in PyTorch's order: input i, forget f, candidate g, output o.
struct LSTMCell: InstrumentedCell {
  var hasCellState: Bool { true }
  var retentionGate: Int? { 1 }

  var quantities: [Quantity] {
    [
      .gate(1, .forgetGate), .gate(0, .inputGate), .gate(3, .outputGate),
      .gate(2, .candidate, -1...1), .cellState, .hiddenState,
    ]
  }

  func forward(
    _ input: [Float], _ recurrent: [Float], from previous: StepActivations
  ) -> StepActivations {
    let hiddenSize = previous.hiddenState.count
    func activate(_ index: Int, _ function: (Float) -> Float) -> [Float] {
      gate(index, input, recurrent, hiddenSize: hiddenSize, function)
    }
    let (i, f) = (activate(0, sigmoid), activate(1, sigmoid))
    let (g, o) = (activate(2, tanh), activate(3, sigmoid))
    let c = (0..<hiddenSize).map { f[$0] * previous.cellState[$0] + i[$0] * g[$0] }
    return StepActivations(
      gates: [i, f, g, o], cellState: c, hiddenState: (0..<hiddenSize).map { o[$0] * tanh(c[$0]) })
  }

  func backward(
    _ gradient: StateGradient, through current: StepActivations, from previous: StepActivations
  ) -> CellGradient {
    let hiddenSize = current.hiddenState.count
    let gates = current.gates
    let cellStateGradient = cellStateGradient(gradient, at: current)
    var sums = [Float](repeating: 0, count: 4 * hiddenSize)
    var previousCellState = [Float](repeating: 0, count: hiddenSize)
    for n in 0..<hiddenSize {
      let (i, f, g, o) = (gates[0][n], gates[1][n], gates[2][n], gates[3][n])
      let (dH, dC) = (gradient.hiddenState[n], cellStateGradient[n])
      sums[n] = dC * g * i * (1 - i)
      sums[hiddenSize + n] = dC * previous.cellState[n] * f * (1 - f)
      sums[2 * hiddenSize + n] = dC * i * (1 - g * g)
      sums[3 * hiddenSize + n] = dH * tanh(current.cellState[n]) * o * (1 - o)
      previousCellState[n] = dC * f
    }
    return CellGradient(
      input: sums, recurrent: sums,
      previous: StateGradient(
        hiddenState: previousCellState.map { _ in 0 }, cellState: previousCellState))
  }

  /// From h_t = o * tanh(c_t).
  func cellStateGradient(_ gradient: StateGradient, at current: StepActivations) -> [Float] {
    current.cellState.indices.map { n in
      let tanhC = tanh(current.cellState[n])
      return gradient.cellState[n]
        + gradient.hiddenState[n] * current.gates[3][n] * (1 - tanhC * tanhC)
    }
  }
}
