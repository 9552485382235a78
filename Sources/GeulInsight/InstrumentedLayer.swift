internal import Foundation
internal import GeulCompute

/// One layer of an `InstrumentedNetwork`: both ways of each cell, side by side.
struct InstrumentedLayer: Sendable {
  let cell: CellKind
  let activation: Activation
  let units: Int
  /// W_x, `[i][gates h]`.
  let input: Rows
  /// W_h, `[h][gates h]`.
  let recurrent: Rows
  /// `[gates h]`.
  let bias: [Float]
  /// `[gates h]`: the GRU's second bias; zero for the others.
  let recurrentBias: [Float]

  typealias StepActivations = InstrumentedNetwork.StepActivations

  /// One step, given W_x x_t + b.
  func moment(_ ofInput: [Float], after state: StepActivations) -> StepActivations {
    var sums = recurrentBias
    for (unit, value) in state.hidden.enumerated() { recurrent.add(unit, value, to: &sums) }
    func gate(_ index: Int, _ function: (Float) -> Float) -> [Float] {
      (index * units..<(index + 1) * units).map { function(ofInput[$0] + sums[$0]) }
    }
    switch cell {
    case .rnn:
      return StepActivations(
        gates: [], cell: [], hidden: gate(0, activation == .relu ? { max(0, $0) } : tanh))
    case .lstm:
      let (input, forget) = (gate(0, sigmoid), gate(1, sigmoid))
      let (candidate, output) = (gate(2, tanh), gate(3, sigmoid))
      let cell = (0..<units).map { forget[$0] * state.cell[$0] + input[$0] * candidate[$0] }
      return StepActivations(
        gates: [input, forget, candidate, output], cell: cell,
        hidden: (0..<units).map { output[$0] * tanh(cell[$0]) })
    case .gru:
      let (reset, update) = (gate(0, sigmoid), gate(1, sigmoid))
      let ofState = Array(sums[2 * units..<3 * units])
      let candidate = (0..<units).map {
        tanh(ofInput[2 * units + $0] + reset[$0] * ofState[$0])
      }
      return StepActivations(
        gates: [reset, update, candidate], cell: [],
        hidden: (0..<units).map {
          (1 - update[$0]) * candidate[$0] + update[$0] * state.hidden[$0]
        }, recurrentCandidate: ofState)
    }
  }

  /// The loss's gradients on their way back through a step, each `[h]`.
  struct Back {
    /// With respect to h_t, from all that came after.
    var hidden: [Float]
    /// With respect to c_t, the same.
    var cell: [Float]
  }

  /// LSTM: d loss / d c_t, of all that came after and of h_t = o * tanh(c_t).
  func cellGradient(_ back: Back, _ moment: StepActivations) -> [Float] {
    (0..<units).map { unit in
      let squashed = tanh(moment.cell[unit])
      return back.cell[unit] + back.hidden[unit] * moment.gates[3][unit] * (1 - squashed * squashed)
    }
  }

  /// Goes back through one step: from d loss / d h_t and d c_t to d h_{t-1}, d c_{t-1} and, if it is another layer's
  /// output, d x_t.
  func back(
    _ back: Back, through moment: StepActivations, after before: StepActivations, wantsInput: Bool
  ) -> (before: Back, input: [Float]) {
    var ofState = [Float](repeating: 0, count: recurrent.width)
    var ofInput: [Float]
    var result = Back(hidden: Array(repeating: 0, count: units), cell: back.cell)
    switch cell {
    case .rnn:
      for unit in 0..<units {
        let h = moment.hidden[unit]
        let slope = activation == .relu ? (h > 0 ? 1 : 0) : 1 - h * h
        ofState[unit] = back.hidden[unit] * slope
      }
      ofInput = ofState
    case .lstm:
      let gates = moment.gates
      let dCells = cellGradient(back, moment)
      for unit in 0..<units {
        let (i, f, g, o) = (gates[0][unit], gates[1][unit], gates[2][unit], gates[3][unit])
        let squashed = tanh(moment.cell[unit])
        let dCell = dCells[unit]
        ofState[unit] = dCell * g * i * (1 - i)
        ofState[units + unit] = dCell * before.cell[unit] * f * (1 - f)
        ofState[2 * units + unit] = dCell * i * (1 - g * g)
        ofState[3 * units + unit] = back.hidden[unit] * squashed * o * (1 - o)
        result.cell[unit] = dCell * f
      }
      ofInput = ofState
    case .gru:
      ofInput = ofState
      let gates = moment.gates
      for unit in 0..<units {
        let (r, z, n) = (gates[0][unit], gates[1][unit], gates[2][unit])
        let dHidden = back.hidden[unit]
        let dCandidate = dHidden * (1 - z) * (1 - n * n)
        ofState[unit] = dCandidate * moment.recurrentCandidate[unit] * r * (1 - r)
        ofState[units + unit] = dHidden * (before.hidden[unit] - n) * z * (1 - z)
        ofState[2 * units + unit] = dCandidate * r
        ofInput[unit] = ofState[unit]
        ofInput[units + unit] = ofState[units + unit]
        ofInput[2 * units + unit] = dCandidate
        result.hidden[unit] = dHidden * z
      }
    }
    for unit in 0..<units { result.hidden[unit] += recurrent.product(unit, ofState) }
    return (result, wantsInput ? (0..<input.count).map { input.product($0, ofInput) } : [])
  }
}

/// The logistic function: 1 / (1 + exp(-x)).
private func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
