internal import GeulCompute
public import GeulModel
internal import GeulText
internal import PortableFoundation

/// A model's predictions and activations at each position of a text.
public struct Explanation: Sendable {
  /// A token that the model predicts, with its probability.
  public struct Prediction: Sendable, Equatable {
    /// The id of the token.
    public let id: Int
    /// The token as text.
    public let token: String
    /// The probability, from 0 to 1.
    public let probability: Double
  }

  /// A token of the text with the predictions before it and the activations after it.
  public struct Position: Sendable {
    /// The token as text.
    public let token: String
    /// The probability that the model gave to the token, from 0 to 1; nil for the first token, which
    /// has no prediction.
    public let probability: Double?
    /// The surprisal of the token, -log2 p, in bits; nil for the first token.
    public let surprisal: Double?
    /// The most likely tokens at this position, by descending probability; empty for the first token.
    public let predictions: [Prediction]
    /// The activations of each layer after reading the token.
    public let layers: [InstrumentedNetwork.StepActivations]
  }

  /// The tokens of the text and the characters that they form.
  public let text: TokenizedText
  /// The positions in reading order, one for each token.
  public let positions: [Position]
  /// The most likely tokens after the text, by descending probability.
  public let nextPredictions: [Prediction]
  let cell: any InstrumentedCell

  /// Indicates whether all predictions are finite; the hidden state of a vanilla RNN with ReLU may
  /// overflow.
  public var isFinite: Bool {
    positions.allSatisfy { $0.surprisal?.isFinite ?? true }
      && nextPredictions.allSatisfy(\.probability.isFinite)
  }

  /// The mean surprisal, in bits/token; nil for a text of one token.
  public var meanSurprisal: Double? {
    mean(positions.compactMap(\.surprisal))
  }

  /// The mean surprisal, in bits/character; nil for a text of one character.
  public var meanCharacterSurprisal: Double? { mean(text.characters.compactMap(surprisal)) }

  /// Returns the surprisal of a character of `text`, the sum over its tokens, in bits; nil for the
  /// first character, whose first token has no prediction.
  public func surprisal(of character: TokenizedText.Character) -> Double? {
    let surprisals = positions[character.tokens].map(\.surprisal)
    return surprisals.contains(nil) ? nil : surprisals.compactMap(\.self).reduce(0, +)
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
    text = TokenizedText(tokens, of: model.metadata)
    cell = architecture.cell.instrumentedCell(activation: architecture.activation)
    var state = network.initialState
    var probabilities: [Float] = []
    func mostLikely() -> [Prediction] {
      indicesOfLargest(predictionCount, probabilities).map {
        Prediction(
          id: $0, token: vocabulary.tokens[$0], probability: Double(probabilities[$0]))
      }
    }
    positions = tokens.map { token in
      let predictions = mostLikely()
      let probability = probabilities.isEmpty ? nil : Double(probabilities[token])
      state = network.step(token, from: state)
      probabilities = network.probabilities(after: state)
      return Position(
        token: vocabulary.tokens[token], probability: probability,
        surprisal: probability.map { -log2(max($0, 1e-300)) }, predictions: predictions,
        layers: state)
    }
    nextPredictions = mostLikely()
  }
}

/// Returns the indices of the largest values, by descending value; ties are broken by ascending index.
func indicesOfLargest<Value: Comparable>(_ count: Int, _ values: [Value]) -> [Int] {
  Array(
    values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(count))
}

/// Returns the mean of some values; nil if there are none.
private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
