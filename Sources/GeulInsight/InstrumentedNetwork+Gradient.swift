extension InstrumentedNetwork {
  /// The norms of the gradient of a loss with respect to the top layer's states, by distance.
  ///
  /// Element k belongs to the state k steps before the last one that the loss depends on.
  package struct GradientNorms: Sendable, Equatable {
    /// The norms of d loss_t / d h_{t-k}.
    package var hiddenState: [Double] = []
    /// The norms of d loss_t / d c_{t-k}; empty for cells without cell state.
    package var cellState: [Double] = []
  }

  /// Returns the norms of the gradient of one loss with respect to all states before it.
  ///
  /// The loss is the cross-entropy of the last token, given the others. Backpropagation is not
  /// truncated: it reaches back to the first token.
  ///
  /// - Precondition: There are at least two tokens.
  /// - Complexity: O(t l h (h + v)) operations and O(t l h) memory for t tokens and l layers.
  package func gradientNorms(_ tokens: [Int]) -> GradientNorms {
    var states = [initialState]
    for token in tokens.dropLast() {
      states.append(step(token, from: states[states.count - 1]))
    }
    var logitGradient = probabilities(after: states[states.count - 1])
    logitGradient[tokens[tokens.count - 1]] -= 1
    let zeros = [Float](repeating: 0, count: hiddenSize)
    var stateGradients = layers.map { layer in
      StateGradient(hiddenState: zeros, cellState: layer.cell.hasCellState ? zeros : [])
    }
    var norms = GradientNorms()
    for time in stride(from: states.count - 1, to: 0, by: -1) {
      var outputGradient =
        time == states.count - 1
        ? (0..<hiddenSize).map { outputWeights.dotProduct($0, logitGradient) } : zeros
      for (index, layer) in layers.enumerated().reversed() {
        var gradient = stateGradients[index]
        for neuron in 0..<hiddenSize { gradient.hiddenState[neuron] += outputGradient[neuron] }
        if index == layers.count - 1 {
          norms.hiddenState.append(Self.norm(gradient.hiddenState))
          if layer.cell.hasCellState {
            norms.cellState.append(
              Self.norm(layer.cell.cellStateGradient(gradient, at: states[time][index])))
          }
        }
        (stateGradients[index], outputGradient) = layer.backward(
          gradient, through: states[time][index], from: states[time - 1][index],
          needsInput: index > 0)
      }
    }
    return norms
  }

  /// Returns the Euclidean norm.
  private static func norm(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }
}
