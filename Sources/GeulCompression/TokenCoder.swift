internal import GeulModel
internal import GeulTraining

/// An encoder or decoder of the tokens of a file, with the probabilities that a model predicts.
///
/// The same procedure encodes with a `RangeEncoder` and decodes with a `RangeDecoder`, so both see
/// the same sequence of frequency tables.
struct TokenCoder<Coder: SymbolCoder>: ~Copyable {
  var coder: Coder
  private var model: DynamicEvaluator
  private let vocabularySize: Int
  private let unknownID: Int?

  /// The frequencies of known tokens (0) and literals (1), given the kind of the previous token.
  private var kindFrequencies = [FrequencyTable([1, 1]), FrequencyTable([1, 1])]
  private var previousKind = 0
  /// The frequencies of the lengths of literals, minus one.
  private var lengthFrequencies = FrequencyTable(
    Array(repeating: 1, count: LosslessTokenizer.maximumLiteralLength))
  /// The frequencies of the bytes of literals.
  private var byteFrequencies = FrequencyTable(Array(repeating: 1, count: 256))

  init(_ coder: Coder, _ model: consuming DynamicEvaluator, vocabularySize: Int, unknownID: Int?) {
    self.coder = coder
    self.model = model
    self.vocabularySize = vocabularySize
    self.unknownID = unknownID
  }

  /// Codes one token and returns it; a decoder ignores the argument.
  mutating func code(_ token: LosslessToken) throws(Coder.Failure) -> LosslessToken {
    let isLiteral = if case .literal = token { 1 } else { 0 }
    let kind = try coder.code(isLiteral, kindFrequencies[previousKind])
    kindFrequencies[previousKind].add(2, to: kind)
    previousKind = kind
    guard kind == 0 else { return try codeLiteral(token) }
    let id = if case .known(let id) = token { id } else { 0 }
    let codedID = try coder.code(id, predictedFrequencies())
    model.read(Int32(codedID))
    return .known(codedID)
  }

  private mutating func codeLiteral(_ token: LosslessToken) throws(Coder.Failure) -> LosslessToken {
    let bytes = if case .literal(let bytes) = token { bytes } else { [UInt8]() }
    let length = try coder.code(bytes.count - 1, lengthFrequencies) + 1
    lengthFrequencies.add(8, to: length - 1)
    var codedBytes: [UInt8] = []
    for index in 0..<length {
      let byte = try coder.code(index < bytes.count ? Int(bytes[index]) : 0, byteFrequencies)
      byteFrequencies.add(8, to: byte)
      codedBytes.append(UInt8(byte))
    }
    if let unknownID { model.read(Int32(unknownID)) }
    return .literal(codedBytes)
  }

  /// The model's probabilities of the next token as frequencies of at least 1 with a resolution of
  /// 2^-30; uniform before the first token.
  private mutating func predictedFrequencies() -> FrequencyTable {
    guard let probabilities = model.relativeProbabilities() else {
      return FrequencyTable(Array(repeating: 1, count: vocabularySize))
    }
    return FrequencyTable(probabilities.map { UInt64($0 * 0x1p30) + 1 })
  }
}
