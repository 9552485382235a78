/// Backpropagation through time (Werbos 1990), and finite differences to check it.
extension ReferenceNetwork {
  /// Returns the gradient of the sum of the losses of `window` with respect to each of `tensors`, in
  /// their order; backpropagation is truncated at the first step.
  public func gradients(
    _ window: [StepActivations], targets: [Int], masks: [[[Double]]] = []
  ) -> [[Double]] {
    var sums = layers.map { ReferenceLayer($0.cell, inputs: $0.inputs, hidden: $0.hidden) }
    var dWeight = outputProjection.weight.map { _ in 0.0 }
    var dBias = outputProjection.bias.map { _ in 0.0 }
    var dState = zeroState
    for (t, activations) in window.enumerated().reversed() {
      let dLogits = Self.lossGradient(activations.logits, targets[t])
      addOuter(dLogits, activations.top, to: &dWeight)
      for k in dBias.indices { dBias[k] += dLogits[k] }
      var d = transposed(outputProjection.weight, dLogits, count: activations.top.count)
      for l in layers.indices.reversed() {
        for u in d.indices { dState[l].h[u] += masks.isEmpty ? d[u] : d[u] * masks[t][l][u] }
        (d, dState[l]) = layers[l].back(activations.steps[l], dState[l], into: &sums[l])
      }
    }
    return sums.flatMap { [$0.wx, $0.wh, $0.bx, $0.bh] } + [dWeight, dBias]
  }

  /// Returns the derivatives of `loss` with respect to the numbers of tensor `index`, by central
  /// differences.
  ///
  /// Their error is a sixth of the third derivative times 1e-10, and about 1e-16 / 1e-5 of rounding.
  public func differences(
    _ index: Int, _ loss: (ReferenceNetwork) -> Double
  ) -> [Double] {
    let step = 1e-5
    return tensors[index].values.indices.map { number in
      func moved(_ by: Double) -> Double {
        var values = tensors[index].values
        values[number] += by
        return loss(replacing(index, with: values))
      }
      return (moved(step) - moved(-step)) / (2 * step)
    }
  }
}
