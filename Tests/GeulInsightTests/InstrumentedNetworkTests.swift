import Foundation
import GeulInsight
import GeulCompute
import GeulModel
import GeulText
import TestSupport
import Testing

/// A model of a small text with random numbers.
func trialModel(
  _ cell: CellKind, layers: Int = 2, hidden: Int = 5, activation: Activation = .tanh
) throws -> Model {
  let corpus = try Corpus.read([.text("abcdefg 글쓰기\n")])
  let shape = Architecture(cell: cell, layers: layers, hidden: hidden, activation: activation)
  let network = Network(shape, vocabulary: corpus.vocabulary.count)
  var random = SeededGenerator(seed: 4)
  let tensors = network.tensorShapes.map { name, shape in
    NamedTensor(
      name: name, shape: shape,
      values: (0..<shape.reduce(1, *)).map { _ in Float.random(in: -0.8...0.8, using: &random) })
  }
  return Model(
    Model.Metadata(model: shape, tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary),
    parameters: network.parameters(from: tensors))
}

@Suite("A network laid open")
struct InstrumentedNetworkTests {
  static let cells = CellKind.allCases.map { ($0, Activation.tanh) } + [(.rnn, .relu)]
  static let ids = [0, 3, 5, 1, 1, 7, 2, 4, 6, 0, 8]

  private func reference(_ model: Model) -> ReferenceNetwork {
    ReferenceNetwork(
      cell: model.metadata.model.cell.rawValue,
      isRectified: model.metadata.model.activation == .relu,
      tensors: model.network.tensors(of: model.parameters).map {
        ($0.name, $0.shape, $0.values.map(Double.init))
      })
  }

  @Test("foretells what the reference foretells", arguments: cells)
  func probabilities(cell: (CellKind, Activation)) throws {
    let model = try trialModel(cell.0, activation: cell.1)
    let (open, reference) = (InstrumentedNetwork(model), reference(model))
    let moments = reference.read(Self.ids, from: reference.zeroState)
    var state = open.beginning
    for (id, moment) in zip(Self.ids, moments) {
      state = open.step(id, after: state)
      let shares = open.probabilities(state)
      for target in shares.indices {
        let expected = ReferenceNetwork.nats(moment.scores, target)
        #expect(abs(-naturalLogarithm(Double(shares[target])) - expected) < 1e-5)
      }
      for (layer, step) in moment.steps.enumerated() {
        for (a, b) in zip(state[layer].hidden, step.after.h) {
          #expect(abs(Double(a) - b) < 1e-6)
        }
      }
    }
  }

  @Test("follows the gradient of a loss back to each state", arguments: cells)
  func gradients(cell: (CellKind, Activation)) throws {
    let model = try trialModel(cell.0, activation: cell.1)
    let open = InstrumentedNetwork(model)
    let norms = open.gradientNorms(Self.ids)
    #expect(norms.hidden.count == Self.ids.count - 1)
    #expect(norms.cell.count == (cell.0 == .lstm ? norms.hidden.count : 0))
    var states = [open.beginning]
    for id in Self.ids.dropLast() { states.append(open.step(id, after: states[states.count - 1])) }
    func loss(from time: Int, _ state: [InstrumentedNetwork.StepActivations]) -> Double {
      var state = state
      for id in Self.ids[time..<Self.ids.count - 1] { state = open.step(id, after: state) }
      return -naturalLogarithm(Double(open.probabilities(state)[Self.ids[Self.ids.count - 1]]))
    }
    /// The norm of the loss's slopes, where `change` changes one unit of the top layer's state at a time.
    func slope(
      at time: Int, _ change: (inout InstrumentedNetwork.StepActivations, Int, Float) -> Void
    ) -> Double {
      let top = open.layerCount - 1
      let squares = (0..<open.hidden).map { unit in
        let sides = [Float(1e-2), -1e-2].map { amount in
          var state = states[time]
          change(&state[top], unit, amount)
          return loss(from: time, state)
        }
        return ((sides[0] - sides[1]) / 2e-2) * ((sides[0] - sides[1]) / 2e-2)
      }
      return squares.reduce(0, +).squareRoot()
    }
    for (back, norm) in norms.hidden.enumerated() {
      let expected = slope(at: Self.ids.count - 1 - back) { $0.hidden[$1] += $2 }
      #expect(abs(norm - expected) < 2e-3 * norm + 2e-4, "h, \(back) steps back")
    }
    for (back, norm) in norms.cell.enumerated() {
      let expected = slope(at: Self.ids.count - 1 - back) { moment, unit, amount in
        let output = moment.gates[3][unit]
        moment.hidden[unit] += output * (tanh(moment.cell[unit] + amount) - tanh(moment.cell[unit]))
        moment.cell[unit] += amount
      }
      #expect(abs(norm - expected) < 2e-3 * norm + 2e-4, "c, \(back) steps back")
    }
  }
}
