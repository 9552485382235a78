import GeulCompute
import GeulModel
import GeulText
import TestSupport
import Testing

/// Models that grow to larger ones of the same function.
struct GrowthTests {
  private static let vocabulary = 11

  private static func model(
    _ cell: CellKind, hidden: Int, activation: Activation = .tanh
  ) throws -> Model {
    let architecture = Architecture(cell: cell, layers: 2, hidden: hidden, activation: activation)
    let network = Network(architecture, vocabulary: vocabulary)
    var random = SplitMix64(seed: 3)
    let tokens = (0..<vocabulary).map { String(UnicodeScalar(UInt8(97 + $0))) }
    return Model(
      Model.Metadata(
        architecture: architecture, tokenizer: Tokenizer(),
        vocabulary: try Vocabulary(tokens: tokens, unknownID: nil)),
      parameters: network.initialParameters(&random))
  }

  /// The logits of a fixed sequence, in float64.
  private static func logits(_ model: Model) -> [[Double]] {
    let reference = ReferenceNetwork(
      cell: model.metadata.architecture.cell.rawValue,
      isReLU: model.metadata.architecture.activation == .relu,
      tensors: model.network.tensors(of: model.parameters).map {
        ($0.name, $0.shape, $0.values.map(Double.init))
      })
    return reference.read([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], from: reference.zeroState)
      .map(\.logits)
  }

  @Test(arguments: CellKind.allCases, [(5, 6), (7, 40), (16, 17)])
  func `new units leave the logits as they are`(
    cell: CellKind, sizes: (small: Int, large: Int)
  ) throws {
    let model = try Self.model(cell, hidden: sizes.small)
    var random = SplitMix64(seed: 9)
    let grown = model.grown(hidden: sizes.large, layers: 2, &random)
    #expect(grown.metadata.architecture.hidden == sizes.large)
    #expect(grown.metadata.training == nil)
    for (before, after) in zip(Self.logits(model), Self.logits(grown)) {
      // Only sums of other zeros: float64 rounds them the same up to the order of the terms.
      for (a, b) in zip(before, after) { #expect(abs(a - b) < 1e-12) }
    }
    // The new units are not dead: they have incoming weights, and their own outgoing ones are trained from zero.
    let layer = grown.network.layers[1]
    let new = (sizes.small..<sizes.large).map { grown.parameters[layer.recurrent, 0, 0, $0] }
    #expect(new.contains { $0 != 0 })
    #expect(grown.parameters.isFinite)
  }

  /// A new layer distorts an output x of at most 1 by (x / 4)^2 / 3 in tanh(x / 4), by less than 0.012 in tanh(c), and mixes
  /// it with the one before at a rate of 0.018: by less than 0.07 in all, relative to |x| at most 1.
  @Test(
    arguments: [
      (CellKind.lstm, Activation.tanh), (.gru, .tanh), (.rnn, .tanh), (.rnn, .relu),
    ], [3, 4])
  func `new layers change the logits little`(
    kind: (cell: CellKind, activation: Activation), layers: Int
  ) throws {
    let model = try Self.model(kind.cell, hidden: 9, activation: kind.activation)
    var random = SplitMix64(seed: 9)
    let grown = model.grown(hidden: 9, layers: layers, &random)
    let projection = model.network.outputProjection
    for (before, after) in zip(Self.logits(model), Self.logits(grown)) {
      for (token, (a, b)) in zip(before, after).enumerated() {
        let sum = (0..<9).reduce(0.0) {
          $0 + Double(abs(model.parameters[projection, $1, 0, token]))
        }
        let bound = kind.activation == .relu ? 1e-6 : 0.07 * Double(layers - 2) * sum
        #expect(abs(a - b) < bound)
      }
    }
  }

  @Test func `the same size leaves the parameters as they are`() throws {
    let model = try Self.model(.lstm, hidden: 9)
    var random = SplitMix64(seed: 9)
    #expect(model.grown(hidden: 9, layers: 2, &random).parameters == model.parameters)
  }

  @Test func `units and layers grow together`() throws {
    let model = try Self.model(.gru, hidden: 6)
    var (first, second) = (SplitMix64(seed: 9), SplitMix64(seed: 9))
    let deep = model.grown(hidden: 6, layers: 3, &first)
    let large = model.grown(hidden: 20, layers: 3, &second)
    for (before, after) in zip(Self.logits(deep), Self.logits(large)) {
      for (a, b) in zip(before, after) { #expect(abs(a - b) < 1e-12) }
    }
  }
}
