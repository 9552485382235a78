internal import Foundation
public import GeulCompute
public import GeulModel
public import GeulText

/// Cells that follow something a person can name, found by correlation on a text (after Karpathy, Johnson, Li 2015).
public struct NeuronProbe: Sendable {
  /// Something that a person can name, with a number for each place of a text.
  public enum Feature: String, CaseIterable, Sendable {
    case quotation = "inside quotation marks"
    case brackets = "inside brackets"
    case lineLength = "position in the line"
    case wordLength = "position in the word"
    case afterCapital = "in a word that began with a capital"
    case hangul = "Hangul"
    case latin = "Latin letters"
    case digits = "digits"

    /// The feature's number when each unit has just been read.
    public func values(_ units: [String]) -> [Float] {
      var (open, depth, column, letters, capital) = (false, 0, 0, 0, false)
      return units.map { unit in
        let scalar = unit.unicodeScalars.first ?? " "
        let isLetter = scalar.properties.isAlphabetic
        switch unit {
        case "\"": open.toggle()
        case "“", "「", "«": open = true
        case "”", "」", "»": open = false
        case "(", "[", "{": depth += 1
        case ")", "]", "}": depth = max(0, depth - 1)
        default: break
        }
        let endsLine = unit == "\n" || unit == "\r\n"
        // What was never closed ends with the paragraph.
        if endsLine, column == 0 { (open, depth) = (false, 0) }
        column = endsLine ? 0 : min(200, column + 1)
        capital = isLetter ? (letters == 0 ? scalar.properties.isUppercase : capital) : false
        letters = isLetter ? letters + 1 : 0
        switch self {
        case .quotation: return open ? 1 : 0
        case .brackets: return depth > 0 ? 1 : 0
        case .lineLength: return Float(column)
        case .wordLength: return Float(min(letters, 12))
        case .afterCapital: return capital ? 1 : 0
        case .hangul:
          return 0x1100...0x11FF ~= scalar.value || 0x3130...0x318F ~= scalar.value
            || 0xAC00...0xD7A3 ~= scalar.value ? 1 : 0
        case .latin: return isLetter && scalar.value < 0x250 ? 1 : 0
        case .digits: return scalar.properties.numericType == .decimal ? 1 : 0
        }
      }
    }
  }

  /// A cell that follows a feature.
  public struct Finding: Sendable {
    /// What it follows.
    public let feature: Feature
    /// In which layer, counted from 0.
    public let layer: Int
    /// Which of its cells.
    public let cell: Int
    /// Pearson's r, from -1 to 1, on the text.
    public let correlation: Double
  }

  /// How many units of the text were read.
  public var units: Int { ids.count }
  private let ids: [Int32]
  private let words: [String]
  private let model: Model

  /// For each feature that occurs in the text, the cell that follows it best, the strongest first.
  public let findings: [Finding]

  /// Reads a text with a model and compares each cell (c of the LSTM, h of the others) with each feature.
  public init(_ model: Model, _ corpus: Corpus, units: Int, kernels: Kernels, pool: ThreadPool) {
    var ids: [Int32] = []
    corpus.forEachKnownID(in: 0..<min(units, corpus.count)) { ids.append($0) }
    let words = ids.map { model.metadata.vocabulary.tokens[Int($0)] }
    (self.ids, self.words, self.model) = (ids, words, model)
    let weights = PackedNetwork(
      model.network, parameters: model.parameters, precision: .float32, backward: false,
      kernels: kernels, pool: pool)
    let (layers, hidden) = (model.network.layers.count, model.network.architecture.hidden)
    var sums = Correlations(Feature.allCases.map { $0.values(words) }, cells: layers * hidden)
    var portion = BatchShard(
      model.network, firstRow: 0, rows: 1, length: 1, precision: .float32, dropout: false,
      backward: false)
    var scores: [[Float]] = [[]]
    for (place, id) in ids.enumerated() {
      portion.tokens[0] = id
      portion.step(weights, kernels, pool: pool, scores: &scores)
      sums.add(
        place,
        portion.traces.flatMap { trace in
          let state = trace.state
          return state.cells.isEmpty || trace.cell == .gru
            ? state.hidden.prefix(hidden) : state.cells.prefix(hidden)
        })
    }
    findings = Feature.allCases.indices.compactMap { feature in
      guard let best = sums.best(feature) else { return nil }
      return Finding(
        feature: Feature.allCases[feature], layer: best.cell / hidden, cell: best.cell % hidden,
        correlation: best.correlation)
    }.sorted { abs($0.correlation) > abs($1.correlation) }
  }

  /// Where in the text a finding shows best: units, and the cell's number there, from 0 for the least to 1 for the most.
  public func excerpt(_ finding: Finding, length: Int = 240) -> [(unit: String, value: Float)] {
    let values = finding.feature.values(words)
    func spread(_ start: Int) -> Float {
      let part = values[start..<min(values.count, start + length)]
      let mean = part.reduce(0, +) / Float(part.count)
      return part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    let starts = stride(from: 0, to: max(1, ids.count - length), by: length / 2)
    guard let start = starts.max(by: { spread($0) < spread($1) }) else { return [] }
    let network = InstrumentedNetwork(model)
    var state = network.beginning
    var shown: [Float] = []
    let end = min(ids.count, start + length)
    // Some units before it, so that the state is one of the middle of a text.
    for place in max(0, start - 200)..<end {
      state = network.step(Int(ids[place]), after: state)
      let moment = state[finding.layer]
      if place >= start {
        shown.append((moment.cell.isEmpty ? moment.hidden : moment.cell)[finding.cell])
      }
    }
    let (least, most) = (shown.min() ?? 0, shown.max() ?? 1)
    return zip(words[start..<end], shown).map { ($0, ($1 - least) / max(1e-9, most - least)) }
  }
}

/// Sums for Pearson's r of each of several features with each of several cells.
struct Correlations: Sendable {
  private let features: [[Double]]
  private var count = 0.0
  private var sum, squares: [Double]
  private var products: [[Double]]

  /// Features without a mean, and so without need of sums of their own.
  init(_ features: [[Float]], cells: Int) {
    self.features = features.map { values in
      let mean = values.reduce(0) { $0 + Double($1) } / Double(max(1, values.count))
      return values.map { Double($0) - mean }
    }
    sum = Array(repeating: 0, count: cells)
    squares = sum
    products = features.map { [sum] _ in sum }
  }

  mutating func add(_ place: Int, _ values: [Float]) {
    count += 1
    for (cell, value) in values.enumerated() {
      let value = Double(value)
      sum[cell] += value
      squares[cell] += value * value
    }
    for feature in features.indices where features[feature][place] != 0 {
      let factor = features[feature][place]
      for (cell, value) in values.enumerated() { products[feature][cell] += factor * Double(value) }
    }
  }

  /// The cell that follows a feature best; nil if the feature never changes.
  func best(_ feature: Int) -> (cell: Int, correlation: Double)? {
    let spread = features[feature].reduce(0) { $0 + $1 * $1 }
    guard spread > 0, count > 2 else { return nil }
    let all = sum.indices.map { cell -> (cell: Int, correlation: Double) in
      let own = squares[cell] - sum[cell] * sum[cell] / count
      return (cell, own > 0 ? products[feature][cell] / (own * spread).squareRoot() : 0)
    }
    return all.max { abs($0.correlation) < abs($1.correlation) }
  }
}
