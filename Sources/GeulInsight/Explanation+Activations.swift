internal import PortableFoundation

extension Explanation {
  /// One quantity of several neurons over time, such as a gate: the data of a heat map.
  public struct ActivationMap: Sendable {
    /// The gate or state.
    public let kind: ActivationKind
    /// The values, `[neuron, time]`; those of the cell state are c.
    public let values: [[Float]]
    /// The range of `displayedValues`.
    public let range: ClosedRange<Double>
    /// Indicates whether the range is that of any text, not the largest value of this one.
    public let isBounded: Bool

    /// The values in a bounded range where there is one: tanh(c) of the cell state, else `values`.
    public var displayedValues: [[Float]] {
      kind == .cellState ? values.map { $0.map { tanh($0) } } : values
    }
  }

  /// Returns the gates and states of some neurons of a layer over time.
  ///
  /// - Parameters:
  ///   - layer: The index of the layer, from 0.
  ///   - neurons: The indices of the neurons, from 0.
  /// - Returns: A map for each gate and state, with a row for each neuron.
  public func activationMaps(layer: Int, neurons: [Int]) -> [ActivationMap] {
    cell.quantities.map { quantity in
      let values = neurons.map { neuron in
        positions.map { quantity.value($0.layers[layer], neuron) }
      }
      let maximum = values.joined().max().map(Double.init) ?? 0
      return ActivationMap(
        kind: quantity.kind, values: values, range: quantity.range ?? 0...max(maximum, 1e-9),
        isBounded: quantity.range != nil)
    }
  }

  /// Returns the neurons of a layer whose hidden state has the largest variance, in ascending order.
  public func highestVariance(layer: Int, count: Int) -> [Int] {
    largest(count, layer) { neuron in
      let values = positions.map { Double($0.layers[layer].hiddenState[neuron]) }
      let mean = values.reduce(0, +) / Double(max(1, values.count))
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
  }

  /// Returns the neurons of a layer whose forget gate (update gate of a GRU) has the largest mean, in
  /// ascending order; an empty array for a vanilla RNN, which has no such gate.
  public func mostPersistent(layer: Int, count: Int) -> [Int] {
    guard let gate = cell.retentionGate else { return [] }
    return largest(count, layer) { neuron in
      positions.reduce(0) { $0 + Double($1.layers[layer].gates[gate][neuron]) }
    }
  }

  /// Returns the neurons of a layer with the largest scores, in ascending order.
  private func largest(_ count: Int, _ layer: Int, by score: (Int) -> Double) -> [Int] {
    let hiddenSize = positions.first?.layers[layer].hiddenState.count ?? 0
    return indicesOfLargest(count, (0..<hiddenSize).map(score)).sorted()
  }
}
