internal import GeulCompute
public import GeulModel
internal import PortableFoundation

/// A network that computes one token at a time in plain Swift and exposes all activations.
///
/// It computes the same function as the kernels, about 100 times slower, and returns every gate of
/// every neuron.
///
/// ```swift
/// let network = InstrumentedNetwork(model)
/// var state = network.initialState
/// for token in tokens { state = network.step(token, from: state) }
/// let probabilities = network.probabilities(after: state)
/// ```
public struct InstrumentedNetwork: Sendable {
  /// The number of tokens in the vocabulary.
  public let vocabularySize: Int
  /// The layers, from the input to the output.
  let layers: [InstrumentedLayer]
  /// W_y, stored by columns: `[hidden, vocabulary]`.
  let outputWeights: RowMatrix
  /// b_y, `[vocabulary]`.
  let outputBias: [Float]

  /// Creates an instrumented copy of a model's network.
  public init(_ model: Model) {
    let network = model.network
    var tensors: [String: [Float]] = [:]
    for tensor in network.tensors(of: model.parameters) { tensors[tensor.name] = tensor.values }
    func values(_ name: String) -> [Float] { tensors[name] ?? [] }
    let architecture = network.architecture
    let cell = architecture.cell.instrumentedCell(activation: architecture.activation)
    vocabularySize = network.vocabulary
    layers = network.layers.map { layer in
      InstrumentedLayer(
        cell: cell, hiddenSize: layer.recurrent.units,
        inputWeights: RowMatrix(
          transposing: values(layer.input.name), rowCount: layer.input.depth),
        recurrentWeights: RowMatrix(
          transposing: values(layer.recurrent.name), rowCount: layer.recurrent.depth),
        inputBias: values(layer.bias.name), recurrentBias: values(layer.recurrentBiasName))
    }
    outputWeights = RowMatrix(
      transposing: values(network.outputProjection.name), rowCount: architecture.hidden)
    outputBias = values(network.outputBias.name)
  }

  /// The number of neurons in a layer.
  public var hiddenSize: Int { layers[0].hiddenSize }

  /// The activations of a layer after one time step; each array is `[hidden]`.
  public struct StepActivations: Sendable, Equatable {
    /// The gates and the candidate in PyTorch's order: input, forget, candidate and output of an
    /// LSTM; reset, update and candidate of a GRU; none of a vanilla RNN.
    public var gates: [[Float]]
    /// The cell state c; empty for cells without one.
    public var cellState: [Float]
    /// The hidden state h.
    public var hiddenState: [Float]
    /// W_h h_{t-1} + b_h of a GRU's candidate, before the reset gate; empty for other cells.
    var recurrentCandidate: [Float] = []
  }

  /// The zero state of each layer, before the first token.
  public var initialState: [StepActivations] {
    layers.map { layer in
      let zeros = [Float](repeating: 0, count: layer.hiddenSize)
      return StepActivations(
        gates: [], cellState: layer.cell.hasCellState ? zeros : [], hiddenState: zeros)
    }
  }

  /// Reads one token.
  ///
  /// - Parameters:
  ///   - token: The id of the token.
  ///   - previous: The activations of the previous step, or `initialState`.
  /// - Returns: The activations of each layer.
  public func step(_ token: Int, from previous: [StepActivations]) -> [StepActivations] {
    var current: [StepActivations] = []
    for (layer, state) in zip(layers, previous) {
      var input = layer.inputBias
      if let layerBelow = current.last {
        for (neuron, value) in layerBelow.hiddenState.enumerated() {
          layer.inputWeights.addRow(neuron, scaledBy: value, to: &input)
        }
      } else {
        layer.inputWeights.addRow(token, scaledBy: 1, to: &input)
      }
      current.append(layer.forward(input, from: state))
    }
    return current
  }

  /// Returns the probabilities of the next token, by id, `[vocabulary]`.
  public func probabilities(after state: [StepActivations]) -> [Float] {
    var logits = outputBias
    for (neuron, value) in (state.last?.hiddenState ?? []).enumerated() {
      outputWeights.addRow(neuron, scaledBy: value, to: &logits)
    }
    let maximum = logits.max() ?? 0
    let exponentials = logits.map { exp($0 - maximum) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}
