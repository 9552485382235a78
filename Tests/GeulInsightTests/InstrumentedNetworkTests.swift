import Foundation
import GeulCompute
import GeulInsight
import GeulModel
import GeulText
import TestSupport
import Testing

/// Tests of `InstrumentedNetwork` against the float64 reference, with bounds in terms of the unit
/// roundoff u = 2^-24 of float32.
struct InstrumentedNetworkTests {
  static let cells = CellKind.allCases.map { ($0, Activation.tanh) } + [(.rnn, .relu)]
  static let tokens = [0, 3, 5, 1, 1, 7, 2, 4, 6, 0, 8]
  private static let u = Double(Float.ulpOfOne) / 2

  private func reference(_ model: Model) -> ReferenceNetwork {
    ReferenceNetwork(
      cell: model.metadata.architecture.cell.rawValue,
      isReLU: model.metadata.architecture.activation == .relu,
      tensors: model.network.tensors(of: model.parameters).map {
        ($0.name, $0.shape, $0.values.map(Double.init))
      })
  }

  /// Bounds the rounding error of the state of one neuron after one step.
  ///
  /// In the sum of a gate, each term is rounded at most n = h + 3 times (the product, the additions
  /// of its vector, the addition of both vectors), so the sum is off by at most n u M, where M is the
  /// sum of the terms' absolute values, for the gate of the neuron where it is largest. The slopes of
  /// sigmoid and tanh are at most 1, and the functions themselves are accurate to 4 u. Hence a gate is
  /// off by at most d = (n M + 4) u, and the states are off by
  /// - vanilla RNN, h = f(sum): d,
  /// - LSTM, c' = f c + i g and h = o tanh(c'): d (|c| + 3),
  /// - GRU, n = tanh(a + r b) and h' = (1 - z) n + z h: d (1 + |b|) + 2 d, where |b| <= M,
  ///
  /// and by the roundings of these formulas, which replacing 4 u by 16 u in d covers.
  private func bound(
    _ layer: ReferenceLayer, _ step: ReferenceLayer.Step, neuron: Int
  ) -> Double {
    let magnitudes = (0..<layer.cell.gates).map { gate in
      let row = gate * layer.hidden + neuron
      let input = step.input.indices.map { layer.wx[row * layer.inputs + $0] * step.input[$0] }
      let recurrent = step.before.h.indices.map {
        layer.wh[row * layer.hidden + $0] * step.before.h[$0]
      }
      return (input + recurrent + [layer.bx[row], layer.bh[row]]).reduce(0) { $0 + abs($1) }
    }
    let magnitude = magnitudes.max() ?? 0
    let gateError = (Double(layer.hidden + 3) * magnitude + 16) * Self.u
    return switch layer.cell {
    case .rnn: gateError
    case .lstm: gateError * (3 + abs(step.before.c[neuron]))
    case .gru: gateError * (3 + magnitude)
    }
  }

  @Test(arguments: cells)
  func `the states of each step match the float64 reference`(cell: (CellKind, Activation)) throws {
    let model = try randomModel(cell.0, activation: cell.1)
    let (network, reference) = (InstrumentedNetwork(model), reference(model))
    var state = network.initialState
    #expect(state.allSatisfy { $0.hiddenState == Array(repeating: 0, count: 5) })
    for token in Self.tokens {
      let previous = state
      state = network.step(token, from: previous)
      var input = Array(repeating: 0.0, count: network.vocabularySize)
      input[token] = 1
      for (index, layer) in reference.layers.enumerated() {
        // From the same state and input, so that errors do not accumulate.
        let step = layer.step(input, from: previous[index].referenceState)
        let cellState = state[index].cellState
        #expect(cellState.count == (cell.0 == .lstm ? 5 : 0))
        for neuron in 0..<5 {
          let bound = bound(layer, step, neuron: neuron)
          #expect(abs(Double(state[index].hiddenState[neuron]) - step.after.h[neuron]) <= bound)
          if !cellState.isEmpty {
            #expect(abs(Double(cellState[neuron]) - step.after.c[neuron]) <= bound)
          }
        }
        input = state[index].hiddenState.map { Double($0) }
      }
    }
  }

  @Test(arguments: cells)
  func `the probabilities match the float64 reference`(
    cell: (CellKind, Activation)
  ) throws {
    let model = try randomModel(cell.0, activation: cell.1)
    let (network, reference) = (InstrumentedNetwork(model), reference(model))
    let (weight, bias) = reference.outputProjection
    var state = network.initialState
    for token in Self.tokens {
      state = network.step(token, from: state)
      let hiddenState = state[state.count - 1].hiddenState.map { Double($0) }
      let probabilities = network.probabilities(after: state)
      let logits = affine(weight, hiddenState, bias)
      let magnitude =
        affine(weight.map(abs), hiddenState.map(abs), bias.map(abs)).max() ?? 0
      // A logit is off by (h + 1) u M, its difference from the maximum by another 2 u M, for the
      // target as well as for the sum. Exponentials, their sum of v terms and the division add
      // (v + 8) u to -log p.
      let (h, v) = (Double(hiddenState.count), Double(logits.count))
      let bound = (2 * (h + 3) * magnitude + v + 8) * Self.u
      for target in logits.indices {
        let loss = -log(Double(probabilities[target]))
        #expect(abs(loss - ReferenceNetwork.nats(logits, target)) <= bound)
      }
    }
  }

  @Test(arguments: cells)
  func `gradient norms match finite differences of the float64 reference`(
    cell: (CellKind, Activation)
  ) throws {
    let model = try randomModel(cell.0, activation: cell.1)
    let (network, reference) = (InstrumentedNetwork(model), reference(model))
    let norms = network.gradientNorms(Self.tokens)
    #expect(norms.hiddenState.count == Self.tokens.count - 1)
    #expect(norms.cellState.count == (cell.0 == .lstm ? norms.hiddenState.count : 0))
    let steps = reference.read(Self.tokens.dropLast(), from: reference.zeroState)
    let top = reference.layers.count - 1
    let target = Self.tokens[Self.tokens.count - 1]

    /// The loss of the last token after the top layer's state `distance` steps back has changed.
    func loss(_ distance: Int, _ change: (inout ReferenceLayer.State) -> Void) -> Double {
      let time = steps.count - 1 - distance
      var state = steps[time].steps.map(\.after)
      change(&state[top])
      let rest = Array(Self.tokens.dropLast().suffix(distance))
      let logits =
        reference.read(rest, from: state).last?.logits
        ?? affine(reference.outputProjection.weight, state[top].h, reference.outputProjection.bias)
      return ReferenceNetwork.nats(logits, target)
    }
    /// The norm of the gradient by central differences with a step of 1e-5, accurate to about 1e-9.
    func norm(
      _ distance: Int, _ change: (inout ReferenceLayer.State, _ neuron: Int, Double) -> Void
    ) -> Double {
      let squares = (0..<5).map { neuron in
        let difference =
          loss(distance) { change(&$0, neuron, 1e-5) }
          - loss(distance) { change(&$0, neuron, -1e-5) }
        return difference / 2e-5 * difference / 2e-5
      }
      return squares.reduce(0, +).squareRoot()
    }
    let magnitudes = magnitudes(reference, steps, target: target)
    for distance in norms.hiddenState.indices {
      // Each path of a gradient k steps back takes at most (k + 1) (4 h + 16) rounded operations
      // backward, and its factors take at most t layers (h + 16) forward. The errors of n roundings
      // add up to less than 8 sqrt(n) u with a probability of 1 - 3e-14 (Higham and Mary 2019, "A New
      // Approach to Probabilistic Rounding Error Analysis").
      let operations = Double((distance + 1) * (4 * 5 + 16) + steps.count * 2 * (5 + 16))
      let bound = 8 * operations.squareRoot() * Self.u * magnitudes[distance] + 1e-9
      let expected = norm(distance) { $0.h[$1] += $2 }
      #expect(abs(norms.hiddenState[distance] - expected) <= bound, "h, distance \(distance)")
      guard cell.0 == .lstm else { continue }
      let step = steps[steps.count - 1 - distance].steps[top]
      let expectedOfCell = norm(distance) { state, neuron, change in
        // h_t = o tanh(c_t) changes as well.
        let o = sigmoid(step.fromInput[3 * 5 + neuron] + step.fromState[3 * 5 + neuron])
        state.c[neuron] += change
        state.h[neuron] = o * tanh(state.c[neuron])
      }
      #expect(abs(norms.cellState[distance] - expectedOfCell) <= bound, "c, distance \(distance)")
    }
  }

  /// Returns bounds of the top layer's gradient norms in which no terms cancel, by distance: the sums
  /// over all paths of the products' absolute values, to which rounding errors are relative.
  private func magnitudes(
    _ reference: ReferenceNetwork, _ steps: [ReferenceNetwork.StepActivations], target: Int
  ) -> [Double] {
    let (layer, top) = (reference.layers[reference.layers.count - 1], reference.layers.count - 1)
    let zeros = Array(repeating: 0.0, count: layer.hidden)
    let logitGradient = ReferenceNetwork.lossGradient(steps[steps.count - 1].logits, target)
    var (dH, dC) = (zeros, zeros)
    for (index, weight) in reference.outputProjection.weight.enumerated() {
      dH[index % layer.hidden] += abs(weight * logitGradient[index / layer.hidden])
    }
    return steps.reversed().map { step in
      let step = step.steps[top]
      var (previousH, previousC) = (zeros, zeros)
      for neuron in 0..<layer.hidden {
        for (isCellState, magnitude) in [(false, dH[neuron]), (true, dC[neuron])] {
          var unit = zeros
          unit[neuron] = 1
          // The gradients of this neuron's gates are those of the recurrent bias.
          var gates = ReferenceLayer(layer.cell, inputs: layer.inputs, hidden: layer.hidden)
          let before = layer.back(
            step, .init(h: isCellState ? zeros : unit, c: isCellState ? unit : zeros), into: &gates
          ).before
          for other in 0..<layer.hidden {
            let paths = gates.bh.indices.map { layer.wh[$0 * layer.hidden + other] * gates.bh[$0] }
            let direct = before.h[other] - paths.reduce(0, +)
            previousH[other] += magnitude * (abs(direct) + paths.reduce(0) { $0 + abs($1) })
            previousC[other] += magnitude * abs(before.c[other])
          }
        }
      }
      defer { (dH, dC) = (previousH, previousC) }
      // |dh / dc| <= 1, so this bounds the gradients with respect to h and to c.
      return zip(dH, dC).reduce(0) { $0 + ($1.0 + $1.1) * ($1.0 + $1.1) }.squareRoot()
    }
  }
}

extension InstrumentedNetwork.StepActivations {
  /// The state as float64; a zero cell state for cells without one.
  fileprivate var referenceState: ReferenceLayer.State {
    let h = hiddenState.map { Double($0) }
    return .init(h: h, c: cellState.isEmpty ? h.map { _ in 0 } : cellState.map { Double($0) })
  }
}
