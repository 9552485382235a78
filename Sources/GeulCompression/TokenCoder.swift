internal import GeulModel
internal import GeulTraining

/// Codes pieces of a file with the probabilities that a model gives them: the same procedure writes and reads.
struct TokenCoder<Coder: SymbolCoder> {
  var coder: Coder
  private var model: DynamicEvaluator
  private let vocabulary: Int
  private let unknownID: Int?

  /// Whether a piece is bytes: by whether the one before it was.
  private var kinds = [FrequencyTable([1, 1]), FrequencyTable([1, 1])]
  private var kind = 0
  /// How many bytes such a piece has, less one, and which.
  private var counts = FrequencyTable(Array(repeating: 1, count: LosslessTokenizer.longest))
  private var bytes = FrequencyTable(Array(repeating: 1, count: 256))

  init(_ coder: Coder, _ model: DynamicEvaluator, vocabulary: Int, unknownID: Int?) {
    self.coder = coder
    self.model = model
    self.vocabulary = vocabulary
    self.unknownID = unknownID
  }

  /// Codes one piece; a reader does not look at what it is given.
  mutating func code(_ piece: Piece) throws(Coder.Failure) -> Piece {
    let isOther = if case .other = piece { 1 } else { 0 }
    let before = kind
    kind = try coder.code(isOther, kinds[before])
    kinds[before].add(2, to: kind)
    guard kind == 0 else { return try codeBytes(piece) }
    let id = if case .unit(let id) = piece { id } else { 0 }
    let coded = try coder.code(id, shares)
    model.read(Int32(coded))
    return .unit(coded)
  }

  private mutating func codeBytes(_ piece: Piece) throws(Coder.Failure) -> Piece {
    let given = if case .other(let bytes) = piece { bytes } else { [UInt8]() }
    let count = try coder.code(given.count - 1, counts) + 1
    counts.add(8, to: count - 1)
    var coded: [UInt8] = []
    for place in 0..<count {
      let byte = try coder.code(place < given.count ? Int(given[place]) : 0, bytes)
      bytes.add(8, to: byte)
      coded.append(UInt8(byte))
    }
    if let unknownID { model.read(Int32(unknownID)) }
    return .other(coded)
  }

  /// The model's probabilities as shares of some 2^30; none is zero.
  private var shares: FrequencyTable {
    guard let chances = model.chances else {
      return FrequencyTable(Array(repeating: 1, count: vocabulary))
    }
    return FrequencyTable(chances.shares.map { UInt64($0 * 0x1p30) + 1 })
  }
}
