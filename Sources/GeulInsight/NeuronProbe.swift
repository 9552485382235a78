public import GeulCompute
public import GeulModel
public import GeulText
internal import PortableFoundation

/// A search for interpretable neurons: neurons whose state correlates with a feature of the text.
///
/// After Karpathy, Johnson, Li 2015, "Visualizing and Understanding Recurrent Networks". The state of
/// a neuron is its cell state if the cell has one, else its hidden state.
public struct NeuronProbe: Sendable {
  /// A neuron and the feature that it correlates with.
  public struct Finding: Sendable {
    /// The feature.
    public let feature: Feature
    /// The index of the layer, from 0.
    public let layer: Int
    /// The index of the neuron in its layer, from 0.
    public let neuron: Int
    /// Pearson's correlation coefficient r on the text, from -1 to 1.
    public let correlation: Double
  }

  /// A character of an excerpt.
  public struct ExcerptCharacter: Sendable {
    /// The character as text.
    public let text: String
    /// Its tokens.
    public let tokens: [String]
    /// The neuron's state after each of its tokens, from 0 to 1.
    public let values: [Float]
  }

  /// The number of tokens over which the correlations are computed.
  public var tokenCount: Int { ids.count }
  private let ids: [Int32]
  private let text: TokenizedText
  private let featureValues: [[Float]]
  private let network: InstrumentedNetwork

  /// The neuron with the largest |r| for each feature that occurs in the text, by descending |r|.
  public let findings: [Finding]

  /// Reads the start of a text with a model and correlates each neuron with each feature.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - corpus: The text, in the model's vocabulary.
  ///   - maximumTokenCount: The maximum number of tokens to read.
  ///   - context: The kernels and threads that run the model.
  /// - Complexity: O(features * layers * hidden) for each token, in addition to the model.
  public init(
    _ model: Model, _ corpus: Corpus, maximumTokenCount: Int, context: ComputeContext
  ) {
    var ids: [Int32] = []
    corpus.forEachKnownID(in: 0..<min(maximumTokenCount, corpus.count)) { ids.append($0) }
    let text = TokenizedText(ids.map(Int.init), of: model.metadata)
    (self.ids, self.text) = (ids, text)
    network = InstrumentedNetwork(model)
    featureValues = Feature.allCases.map { $0.values(in: text) }
    let architecture = model.network.architecture
    let (layerCount, hiddenSize) = (architecture.layers, architecture.hidden)
    let cell = architecture.cell.instrumentedCell(activation: architecture.activation)
    let weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: .float32, backward: false,
      context: context)
    var correlations = Correlations(featureValues, neuronCount: layerCount * hiddenSize)
    let batch = BatchShard(
      model.network, firstRow: 0, rows: 1, length: 1, precision: .float32, dropout: false,
      backward: false)
    for (position, id) in ids.enumerated() {
      batch.tokens[0] = id
      batch.read(weights, context, steps: 1)
      batch.carryState(after: 1)
      let state = batch.state(row: 0, width: hiddenSize)
      let neurons = cell.hasCellState ? state.float32State : state.hidden
      correlations.add(Array(neurons.joined()), at: position)
    }
    findings = Feature.allCases.enumerated().compactMap { index, feature in
      guard let best = correlations.strongest(feature: index) else { return nil }
      return Finding(
        feature: feature, layer: best.neuron / hiddenSize, neuron: best.neuron % hiddenSize,
        correlation: best.correlation)
    }.sorted { abs($0.correlation) > abs($1.correlation) }
  }

  /// Returns the excerpt of the text in which the feature of a finding varies most.
  ///
  /// - Parameters:
  ///   - finding: A finding on this text.
  ///   - length: The maximum number of tokens.
  /// - Returns: The characters of the excerpt, with the neuron's states scaled to 0...1 over it.
  public func excerpt(_ finding: Finding, length: Int = 240) -> [ExcerptCharacter] {
    guard let feature = Feature.allCases.firstIndex(of: finding.feature) else { return [] }
    let values = featureValues[feature]
    func variation(from start: Int) -> Float {
      let window = values[start..<min(values.count, start + length)]
      let mean = window.reduce(0, +) / Float(window.count)
      return window.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    let starts = stride(from: 0, to: max(1, ids.count - length), by: length / 2)
    guard let start = starts.max(by: { variation(from: $0) < variation(from: $1) }) else {
      return []
    }
    var state = network.initialState
    var excerptValues: [Float] = []
    let end = min(ids.count, start + length)
    // The 200 tokens before the excerpt warm up the state.
    for position in max(0, start - 200)..<end {
      state = network.step(Int(ids[position]), from: state)
      let layer = state[finding.layer]
      if position >= start {
        let values = layer.cellState.isEmpty ? layer.hiddenState : layer.cellState
        excerptValues.append(values[finding.neuron])
      }
    }
    let (minimum, maximum) = (excerptValues.min() ?? 0, excerptValues.max() ?? 1)
    let scaled = excerptValues.map { ($0 - minimum) / max(1e-9, maximum - minimum) }
    return text.characters.compactMap { character in
      let tokens = character.tokens
      guard tokens.lowerBound >= start, tokens.upperBound <= end else { return nil }
      return ExcerptCharacter(
        text: character.text, tokens: Array(text.tokens[tokens]),
        values: tokens.map { scaled[$0 - start] })
    }
  }
}
