/// Back-propagation through time (Werbos 1990), and the check of it.
extension ReferenceNetwork {
  /// The gradient of the sum of the losses of `moments` with respect to each of `tensors`, in their
  /// order; nothing goes back into the state before the first.
  public func gradients(
    _ moments: [StepActivations], targets: [Int], masks: [[[Double]]] = []
  ) -> [[Double]] {
    var sums = layers.map { ReferenceLayer($0.cell, inputs: $0.inputs, hidden: $0.hidden) }
    var dWeight = decoder.weight.map { _ in 0.0 }
    var dBias = decoder.bias.map { _ in 0.0 }
    var dState = zeroState
    for (t, moment) in moments.enumerated().reversed() {
      let dScores = Self.natsGradient(moment.scores, targets[t])
      addOuter(dScores, moment.top, to: &dWeight)
      for k in dBias.indices { dBias[k] += dScores[k] }
      var d = transposed(decoder.weight, dScores, count: moment.top.count)
      for l in layers.indices.reversed() {
        for u in d.indices { dState[l].h[u] += masks.isEmpty ? d[u] : d[u] * masks[t][l][u] }
        (d, dState[l]) = layers[l].back(moment.steps[l], dState[l], into: &sums[l])
      }
    }
    return sums.flatMap { [$0.wx, $0.wh, $0.bx, $0.bh] } + [dWeight, dBias]
  }

  /// What `loss` changes by when the numbers of tensor `index` do, by central differences.
  ///
  /// They are off by a sixth of the third derivative times 1e-10, and by some 1e-16 / 1e-5 of
  /// rounding.
  public func differences(
    _ index: Int, _ loss: (ReferenceNetwork) -> Double
  ) -> [Double] {
    let step = 1e-5
    return tensors[index].values.indices.map { place in
      func moved(_ by: Double) -> Double {
        var values = tensors[index].values
        values[place] += by
        return loss(replacing(index, with: values))
      }
      return (moved(step) - moved(-step)) / (2 * step)
    }
  }
}
