internal import PortableFoundation

/// The GRU, with the reset gate applied after the matrix product as in PyTorch.
///
/// Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder".
///
///     r, z = sigmoid(W_x x_t + b_x + W_h h_{t-1} + b_h)
///     n = tanh(W_x x_t + b_x + r * (W_h h_{t-1} + b_h))
///     h_t = (1 - z) * n + z * h_{t-1}
///
/// The gates are stored in PyTorch's order: reset r, update z, candidate n.
struct GRUCell: InstrumentedCell {
  var retentionGate: Int? { 1 }

  var quantities: [Quantity] {
    [.gate(1, .updateGate), .gate(0, .resetGate), .gate(2, .candidate, -1...1), .hiddenState]
  }

  func forward(
    _ input: [Float], _ recurrent: [Float], from previous: StepActivations
  ) -> StepActivations {
    let hiddenSize = previous.hiddenState.count
    let r = gate(0, input, recurrent, hiddenSize: hiddenSize, sigmoid)
    let z = gate(1, input, recurrent, hiddenSize: hiddenSize, sigmoid)
    let recurrentCandidate = Array(recurrent[2 * hiddenSize..<3 * hiddenSize])
    let n = (0..<hiddenSize).map {
      tanh(input[2 * hiddenSize + $0] + r[$0] * recurrentCandidate[$0])
    }
    return StepActivations(
      gates: [r, z, n], cellState: [],
      hiddenState: (0..<hiddenSize).map { (1 - z[$0]) * n[$0] + z[$0] * previous.hiddenState[$0] },
      recurrentCandidate: recurrentCandidate)
  }

  func backward(
    _ gradient: StateGradient, through current: StepActivations, from previous: StepActivations
  ) -> CellGradient {
    let hiddenSize = current.hiddenState.count
    let gates = current.gates
    var recurrent = [Float](repeating: 0, count: 3 * hiddenSize)
    var input = recurrent
    var previousHiddenState = [Float](repeating: 0, count: hiddenSize)
    for neuron in 0..<hiddenSize {
      let (r, z, n) = (gates[0][neuron], gates[1][neuron], gates[2][neuron])
      let dH = gradient.hiddenState[neuron]
      let dN = dH * (1 - z) * (1 - n * n)
      let dR = dN * current.recurrentCandidate[neuron] * r * (1 - r)
      let dZ = dH * (previous.hiddenState[neuron] - n) * z * (1 - z)
      (input[neuron], recurrent[neuron]) = (dR, dR)
      (input[hiddenSize + neuron], recurrent[hiddenSize + neuron]) = (dZ, dZ)
      (input[2 * hiddenSize + neuron], recurrent[2 * hiddenSize + neuron]) = (dN, dN * r)
      previousHiddenState[neuron] = dH * z
    }
    return CellGradient(
      input: input, recurrent: recurrent,
      previous: StateGradient(hiddenState: previousHiddenState, cellState: []))
  }
}
