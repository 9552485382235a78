internal import Foundation
public import GeulCompute
public import GeulModel

/// A network in plain arithmetic, one unit of the text after the other, with everything that happens inside laid open.
///
/// It computes what the kernels compute, some hundred times as slowly, and keeps what they forget: each gate of each cell.
/// See `RecurrentLayer` for the formulas.
public struct InstrumentedNetwork: Sendable {
  /// The kind of its cells.
  public let cell: CellKind
  /// How many units the vocabulary has.
  public let vocabulary: Int
  /// From the tokens upward.
  let layers: [InstrumentedLayer]
  /// `[h][v]`: W_y, a row for each hidden unit.
  let decoder: Rows
  /// `[v]`: b_y.
  let decoderBias: [Float]

  /// Lays a model open.
  public init(_ model: Model) {
    let network = model.network
    var tensors: [String: [Float]] = [:]
    for tensor in network.tensors(of: model.parameters) { tensors[tensor.name] = tensor.values }
    func values(_ name: String) -> [Float] { tensors[name] ?? [] }
    let cell = network.architecture.cell
    self.cell = cell
    vocabulary = network.vocabulary
    layers = network.layers.enumerated().map { index, layer in
      let second = layer.bias.name.replacing("bias_ih", with: "bias_hh")
      return InstrumentedLayer(
        cell: cell, activation: network.architecture.activation, units: layer.recurrent.units,
        input: Rows(transposing: values(layer.input.name), count: layer.input.depth),
        recurrent: Rows(transposing: values(layer.recurrent.name), count: layer.recurrent.depth),
        bias: values(layer.bias.name), recurrentBias: values(second))
    }
    decoder = Rows(
      transposing: values(network.decoder.name), count: network.architecture.hidden)
    decoderBias = values(network.decoderBias.name)
  }

  /// How many layers there are.
  public var layerCount: Int { layers.count }
  /// How many units a layer has.
  public var hidden: Int { layers[0].units }

  /// What one step left in a layer; each list is `[h]`.
  public struct StepActivations: Sendable, Equatable {
    /// Of an LSTM input, forget, candidate, output; of a GRU reset, update, candidate; of a vanilla network none.
    public var gates: [[Float]]
    /// c of the LSTM; empty for the others.
    public var cell: [Float]
    /// h.
    public var hidden: [Float]
    /// GRU: U_n h_{t-1} + c_n, before it is reset.
    var recurrentCandidate: [Float] = []
  }

  /// The state before the first unit of a text: zero.
  public var beginning: [StepActivations] {
    layers.map { layer in
      let zero = [Float](repeating: 0, count: layer.units)
      return StepActivations(gates: [], cell: cell == .lstm ? zero : [], hidden: zero)
    }
  }

  /// Reads one unit.
  public func step(_ id: Int, after before: [StepActivations]) -> [StepActivations] {
    var after: [StepActivations] = []
    for (layer, state) in zip(layers, before) {
      var sums = layer.bias
      if let below = after.last {
        for (unit, value) in below.hidden.enumerated() { layer.input.add(unit, value, to: &sums) }
      } else {
        layer.input.add(id, 1, to: &sums)
      }
      after.append(layer.moment(sums, after: state))
    }
    return after
  }

  /// The probabilities of what comes next, `[v]`.
  public func probabilities(_ state: [StepActivations]) -> [Float] {
    var scores = decoderBias
    for (unit, value) in (state.last?.hidden ?? []).enumerated() {
      decoder.add(unit, value, to: &scores)
    }
    let largest = scores.max() ?? 0
    let powers = scores.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}

/// A matrix by its rows: `[count][width]`.
struct Rows: Sendable {
  let count: Int
  let width: Int
  private let values: [Float]

  /// The columns of a matrix `[width, count]` as rows.
  init(transposing matrix: [Float], count: Int) {
    self.count = count
    width = matrix.count / count
    var values = [Float](repeating: 0, count: matrix.count)
    for row in 0..<width {
      for column in 0..<count { values[column * width + row] = matrix[row * count + column] }
    }
    self.values = values
  }

  /// Adds a row, times a factor, to `sums`.
  func add(_ row: Int, _ factor: Float, to sums: inout [Float]) {
    let row = values.span.extracting(row * width..<(row + 1) * width)
    var sums = sums.mutableSpan
    for index in row.indices { sums[index] += factor * row[index] }
  }

  /// The product of a row with `other`, `[width]`.
  func product(_ row: Int, _ other: [Float]) -> Float {
    let row = values.span.extracting(row * width..<(row + 1) * width)
    let other = other.span
    var sums = SIMD8<Float>.zero
    var index = 0
    while index + 8 <= row.count {
      for lane in 0..<8 { sums[lane] += row[index + lane] * other[index + lane] }
      index += 8
    }
    var sum = sums.sum()
    while index < row.count {
      sum += row[index] * other[index]
      index += 1
    }
    return sum
  }
}
