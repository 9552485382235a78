package import Geul

/// The JSON object of `explain --json`; the help of `explain` describes its keys.
package struct ExplanationData: Encodable {
  let unit: TokenUnit
  @OrNull private(set) var text: String?
  @OrNull private(set) var tokens: [Token]?
  @OrNull private(set) var characters: [Character]?
  @OrNull private(set) var nextPredictions: [Prediction]?
  @OrNull private(set) var meanBitsPerToken: Double?
  @OrNull private(set) var meanBitsPerCharacter: Double?
  @OrNull private(set) var activations: Activations?
  @OrNull private(set) var findings: [Finding]?

  package init(unit: TokenUnit) { self.unit = unit }

  struct Prediction: Encodable, Sendable {
    let id: Int
    let text: String
    let probability: Double

    init(_ prediction: Explanation.Prediction) {
      (id, text, probability) = (prediction.id, prediction.token, prediction.probability)
    }
  }

  struct Token: Encodable, Sendable {
    let id: Int
    let text: String
    @OrNull var jamo: String?
    /// The index of the character that the token belongs to.
    let character: Int
    @OrNull var surprisalBits: Double?
    @OrNull var probability: Double?
    @OrNull var predictions: [Prediction]?
  }

  struct Character: Encodable, Sendable {
    let text: String
    /// The range of its tokens, as the first index and the one after the last.
    let tokens: [Int]
    @OrNull var surprisalBits: Double?
  }

  struct Activations: Encodable, Sendable {
    /// The layer, counted from 1 as in the options.
    let layer: Int
    let neurons: [Neuron]
  }

  struct Neuron: Encodable, Sendable {
    let neuron: Int
    /// The value after each token, by gate or state.
    let values: [String: [Float]]
  }

  struct Finding: Encodable, Sendable {
    let feature: String
    let layer: Int
    let neuron: Int
    let correlation: Double
  }

  /// Adds the tokens, characters and predictions of a text.
  package mutating func add(_ explanation: Explanation) {
    let text = explanation.text
    self.text = text.characters.map(\.text).joined()
    tokens = text.characters.enumerated().flatMap { index, character in
      character.tokens.map { token in
        let position = explanation.positions[token]
        return Token(
          id: text.ids[token], text: position.token,
          jamo: JamoPosition(position.token)?.rawValue, character: index,
          surprisalBits: position.surprisal, probability: position.probability,
          predictions: position.probability == nil
            ? nil : position.predictions.map { Prediction($0) })
      }
    }
    characters = text.characters.map { character in
      Character(
        text: character.text, tokens: [character.tokens.lowerBound, character.tokens.upperBound],
        surprisalBits: explanation.surprisal(of: character))
    }
    nextPredictions = explanation.nextPredictions.map { Prediction($0) }
    meanBitsPerToken = explanation.meanSurprisal
    meanBitsPerCharacter = explanation.meanCharacterSurprisal
  }

  /// Adds the gates and states of neurons of a layer, both counted from 0.
  package mutating func add(_ explanation: Explanation, layer: Int, _ neurons: [Int]) {
    let maps = explanation.activationMaps(layer: layer, neurons: neurons)
    activations = Activations(
      layer: layer + 1,
      neurons: neurons.enumerated().map { row, neuron in
        Neuron(
          neuron: neuron,
          values: Dictionary(
            maps.map { ($0.kind.rawValue, $0.values[row]) }, uniquingKeysWith: { $1 }))
      })
  }

  /// Adds the neurons that a probe has found.
  package mutating func add(_ findings: [NeuronProbe.Finding]) {
    self.findings = findings.map {
      Finding(
        feature: $0.feature.rawValue, layer: $0.layer + 1, neuron: $0.neuron,
        correlation: $0.correlation)
    }
  }
}
