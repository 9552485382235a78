internal import Foundation
public import GeulCompute
public import GeulModel
internal import GeulText

/// What a model thought of a text, place by place.
public struct Explanation: Sendable {
  /// What might come, and how likely it is.
  public typealias Likely = (unit: String, probability: Double)

  /// One unit of the text, and what the model foretold there.
  public struct Place: Sendable {
    /// The unit as text.
    public let unit: String
    /// How surprised the model was, in bits; nil for the first unit, which nothing foretells.
    public let bits: Double?
    /// What was likeliest here, with its probability, the likeliest first.
    public let likeliest: [Likely]
    /// What each layer did when it read this unit.
    public let moments: [InstrumentedNetwork.StepActivations]
  }

  /// The kind of the model's cells.
  public let cell: CellKind
  private let activation: Activation
  /// The places in their order.
  public let places: [Place]
  /// What is likeliest after the text, the likeliest first.
  public let next: [Likely]

  /// Whether all that was foretold are numbers; the states of a rectified network may outgrow what float32 holds.
  public var isSound: Bool {
    places.allSatisfy { $0.bits?.isFinite ?? true } && next.allSatisfy(\.probability.isFinite)
  }

  /// The mean surprise, in bits a unit; nil for a text of one unit.
  public var meanBits: Double? {
    let bits = places.compactMap(\.bits)
    return bits.isEmpty ? nil : bits.reduce(0, +) / Double(bits.count)
  }

  /// Reads a text with a model, from a zero state.
  ///
  /// - Parameters:
  ///   - ids: the text.
  ///   - model: the model.
  ///   - likeliest: how many continuations to keep at each place.
  public init(_ ids: [Int], by model: Model, likeliest: Int = 5) {
    let network = InstrumentedNetwork(model)
    let vocabulary = model.metadata.vocabulary
    cell = network.cell
    activation = model.metadata.model.activation
    var state = network.beginning
    var shares: [Float] = []
    func best() -> [Likely] {
      shares.indices.sorted { (shares[$0], $1) > (shares[$1], $0) }.prefix(likeliest).map {
        (vocabulary.tokens[$0], Double(shares[$0]))
      }
    }
    places = ids.map { id in
      let foretold = best()
      let bits = shares.isEmpty ? nil : -log2(max(Double(shares[id]), 1e-300))
      state = network.step(id, after: state)
      shares = network.probabilities(state)
      return Place(
        unit: vocabulary.tokens[id], bits: bits, likeliest: foretold, moments: state)
    }
    next = best()
  }

  /// What a row of a heat map shows: one number of each cell of a layer, over time.
  public struct HeatmapRow: Sendable {
    /// For example "forget gate".
    public let name: String
    /// In words, what low and high numbers mean.
    public let meaning: String
    /// The range of the numbers: 0...1 for gates, -1...1 for others.
    public let range: ClosedRange<Double>
    /// `[cells][time]`.
    public let rows: [[Float]]
  }

  /// The gates, the cells and the states of a layer; `cells` says of which units.
  public func bands(layer: Int, cells: [Int]) -> [HeatmapRow] {
    func band(
      _ name: String, _ meaning: String, _ range: ClosedRange<Double>,
      _ value: (InstrumentedNetwork.StepActivations, Int) -> Float
    ) -> HeatmapRow {
      HeatmapRow(
        name: name, meaning: meaning, range: range,
        rows: cells.map { cell in places.map { value($0.moments[layer], cell) } })
    }
    let state = band(
      "h, the state", "what the layer hands on: from -1 to 1", -1...1, { $0.hidden[$1] })
    switch cell {
    case .rnn where activation == .relu:
      let largest = state.rows.joined().max().map(Double.init) ?? 0
      return [
        HeatmapRow(
          name: state.name, meaning: "what the layer hands on: 0 or more, without bound",
          range: 0...max(largest, 1e-9), rows: state.rows)
      ]
    case .rnn: return [state]
    case .lstm:
      return [
        band(
          "forget gate", "near 1 keeps what the cell holds, near 0 forgets it", 0...1,
          { $0.gates[1][$1] }),
        band(
          "input gate", "near 1 writes the candidate into the cell, near 0 writes nothing", 0...1,
          { $0.gates[0][$1] }),
        band("candidate", "what would be written: from -1 to 1", -1...1, { $0.gates[2][$1] }),
        band(
          "output gate", "near 1 shows what the cell holds, near 0 hides it", 0...1,
          { $0.gates[3][$1] }),
        band(
          "c, the cell", "what is remembered: its tanh, from -1 to 1", -1...1,
          { tanh($0.cell[$1]) }),
        state,
      ]
    case .gru:
      return [
        band(
          "update gate", "near 1 keeps the old state, near 0 takes the candidate", 0...1,
          { $0.gates[1][$1] }),
        band(
          "reset gate", "near 1 lets the candidate see the old state, near 0 hides it", 0...1,
          { $0.gates[0][$1] }),
        band("candidate", "what would be written: from -1 to 1", -1...1, { $0.gates[2][$1] }),
        state,
      ]
    }
  }

  /// The cells of a layer whose state changed most on this text.
  public func liveliest(layer: Int, count: Int) -> [Int] {
    best(layer, count) { cell in
      let values = places.map { Double($0.moments[layer].hidden[cell]) }
      let mean = values.reduce(0, +) / Double(max(1, values.count))
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
  }

  /// The cells of a layer that kept most on this text: whose forget gate (update gate of the GRU) was highest.
  ///
  /// A vanilla network has no such gate: of it, none.
  public func mostLasting(layer: Int, count: Int) -> [Int] {
    guard cell != .rnn else { return [] }
    return best(layer, count) { cell in
      places.reduce(0) { $0 + Double($1.moments[layer].gates[1][cell]) }
    }
  }

  /// So many cells of a layer for which a number is largest, in their order.
  private func best(_ layer: Int, _ count: Int, _ number: (Int) -> Double) -> [Int] {
    let width = places.first?.moments[layer].hidden.count ?? 0
    let numbers = (0..<width).map(number)
    return numbers.indices.sorted { (numbers[$0], $1) > (numbers[$1], $0) }.prefix(count).sorted()
  }
}
