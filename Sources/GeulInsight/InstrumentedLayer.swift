/// One layer of an `InstrumentedNetwork`: a cell with its parameters.
struct InstrumentedLayer: Sendable {
  /// The formulas of the cell.
  let cell: any InstrumentedCell
  /// The number of neurons.
  let hiddenSize: Int
  /// W_x, stored by columns: `[input, gates * hidden]`.
  let inputWeights: RowMatrix
  /// W_h, stored by columns: `[hidden, gates * hidden]`.
  let recurrentWeights: RowMatrix
  /// b_x, `[gates * hidden]`.
  let inputBias: [Float]
  /// b_h, `[gates * hidden]`; zero for the vanilla RNN and the LSTM, which need one bias only.
  let recurrentBias: [Float]

  /// Computes one time step from W_x x_t + b_x, `[gates * hidden]`.
  func forward(_ input: [Float], from previous: StepActivations) -> StepActivations {
    var recurrent = recurrentBias
    for (neuron, value) in previous.hiddenState.enumerated() {
      recurrentWeights.addRow(neuron, scaledBy: value, to: &recurrent)
    }
    return cell.forward(input, recurrent, from: previous)
  }

  /// Backpropagates through one time step.
  ///
  /// - Returns: The gradients with respect to h_{t-1} and c_{t-1}, and, if `needsInput` is true, with
  ///   respect to x_t, `[input]`.
  func backward(
    _ gradient: StateGradient, through current: StepActivations, from previous: StepActivations,
    needsInput: Bool
  ) -> (previous: StateGradient, input: [Float]) {
    var result = cell.backward(gradient, through: current, from: previous)
    for neuron in 0..<hiddenSize {
      result.previous.hiddenState[neuron] += recurrentWeights.dotProduct(neuron, result.recurrent)
    }
    let input =
      needsInput
      ? (0..<inputWeights.rowCount).map { inputWeights.dotProduct($0, result.input) } : []
    return (result.previous, input)
  }
}
