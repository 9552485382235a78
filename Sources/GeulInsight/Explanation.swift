internal import Foundation
internal import GeulCompute
public import GeulModel
internal import GeulText

/// A model's predictions and activations at each position of a text.
public struct Explanation: Sendable {
  /// A token that the model predicts, with its probability.
  public struct Prediction: Sendable, Equatable {
    /// The token as text.
    public let token: String
    /// The probability, from 0 to 1.
    public let probability: Double
  }

  /// A token of the text with the predictions before it and the activations after it.
  public struct Position: Sendable {
    /// The token as text.
    public let token: String
    /// The surprisal of the token, -log2 p, in bits; nil for the first token, which has no prediction.
    public let surprisal: Double?
    /// The most likely tokens at this position, by descending probability; empty for the first token.
    public let predictions: [Prediction]
    /// The activations of each layer after reading the token.
    public let layers: [InstrumentedNetwork.StepActivations]
  }

  /// The positions in reading order.
  public let positions: [Position]
  /// The most likely tokens after the text, by descending probability.
  public let nextPredictions: [Prediction]
  private let cell: any InstrumentedCell

  /// Indicates whether all predictions are finite; the hidden state of a vanilla RNN with ReLU may
  /// overflow.
  public var isFinite: Bool {
    positions.allSatisfy { $0.surprisal?.isFinite ?? true }
      && nextPredictions.allSatisfy(\.probability.isFinite)
  }

  /// The mean surprisal, in bits/token; nil for a text of one token.
  public var meanSurprisal: Double? {
    let surprisals = positions.compactMap(\.surprisal)
    return surprisals.isEmpty ? nil : surprisals.reduce(0, +) / Double(surprisals.count)
  }

  /// Reads a text with a model, from a zero state.
  ///
  /// - Parameters:
  ///   - tokens: The ids of the text's tokens.
  ///   - model: The model.
  ///   - predictionCount: The number of most likely tokens to keep at each position.
  public init(_ tokens: [Int], by model: Model, predictionCount: Int = 5) {
    let network = InstrumentedNetwork(model)
    let vocabulary = model.metadata.vocabulary
    let architecture = model.metadata.architecture
    cell = architecture.cell.instrumentedCell(activation: architecture.activation)
    var state = network.initialState
    var probabilities: [Float] = []
    func mostLikely() -> [Prediction] {
      indicesOfLargest(predictionCount, probabilities).map {
        Prediction(token: vocabulary.tokens[$0], probability: Double(probabilities[$0]))
      }
    }
    positions = tokens.map { token in
      let predictions = mostLikely()
      let surprisal =
        probabilities.isEmpty ? nil : -log2(max(Double(probabilities[token]), 1e-300))
      state = network.step(token, from: state)
      probabilities = network.probabilities(after: state)
      return Position(
        token: vocabulary.tokens[token], surprisal: surprisal, predictions: predictions,
        layers: state)
    }
    nextPredictions = mostLikely()
  }

  /// One quantity of several neurons over time, such as a gate: the data of a heat map.
  public struct ActivationMap: Sendable {
    /// The name of the quantity, for example "forget gate".
    public let name: String
    /// An explanation of low and high values.
    public let meaning: String
    /// The range of the values.
    public let range: ClosedRange<Double>
    /// The values, `[neuron, time]`.
    public let rows: [[Float]]
  }

  /// Returns the gates and states of some neurons of a layer over time.
  ///
  /// - Parameters:
  ///   - layer: The index of the layer, from 0.
  ///   - neurons: The indices of the neurons, from 0.
  /// - Returns: A map for each gate and state, with a row for each neuron.
  public func activationMaps(layer: Int, neurons: [Int]) -> [ActivationMap] {
    cell.quantities.map { quantity in
      let rows = neurons.map { neuron in
        positions.map { quantity.value($0.layers[layer], neuron) }
      }
      let maximum = rows.joined().max().map(Double.init) ?? 0
      return ActivationMap(
        name: quantity.name, meaning: quantity.meaning,
        range: quantity.range ?? 0...max(maximum, 1e-9), rows: rows)
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

/// Returns the indices of the largest values, by descending value; ties are broken by ascending index.
private func indicesOfLargest<Value: Comparable>(_ count: Int, _ values: [Value]) -> [Int] {
  Array(
    values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(count))
}
