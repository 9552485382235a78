internal import GeulCompute
internal import GeulModel
internal import GeulStorage
internal import GeulText
internal import GeulTraining

/// What stands before the coded pieces: which model, how it learned, and what must come out.
struct ArchiveHeader: Equatable {
  /// The model's identity.
  var model: UInt64
  /// How the model went on learning; nil if it did not.
  var learning: DynamicEvaluator.AdaptationConfiguration?
  /// How many pieces are coded.
  var pieces: Int
  /// The hash of the bytes that they are together.
  var hash: UInt64

  init(
    model: UInt64, learning: DynamicEvaluator.AdaptationConfiguration?, pieces: Int, hash: UInt64
  ) {
    self.model = model
    self.learning = learning
    self.pieces = pieces
    self.hash = hash
  }

  private static let mark = Array("GEUL".utf8)
  private static let version: UInt8 = 1

  /// The header as it stands in the file, numbers little-endian.
  var bytes: [UInt8] {
    var bytes = Self.mark + [Self.version, learning == nil ? 0 : 1]
    func put(_ number: some FixedWidthInteger) {
      for place in 0..<number.bitWidth / 8 {
        bytes.append(UInt8(truncatingIfNeeded: number >> (8 * place)))
      }
    }
    put(model)
    put(UInt64(pieces))
    put(hash)
    if let learning {
      put(learning.rate.bitPattern)
      put(UInt32(learning.length))
      put(learning.beta2.bitPattern)
      put(learning.decay.bitPattern)
    }
    return bytes
  }

  /// Takes the header from the beginning of `bytes`.
  init(_ bytes: inout ArraySlice<UInt8>) throws(ArchiveError) {
    guard bytes.starts(with: Self.mark) else { throw .notAnArchive }
    bytes = bytes.dropFirst(Self.mark.count)
    func take<Number: FixedWidthInteger>(
      _ type: Number.Type, _ bytes: inout ArraySlice<UInt8>
    ) throws(ArchiveError) -> Number {
      let size = Number.bitWidth / 8
      guard bytes.count >= size else { throw .damaged }
      defer { bytes = bytes.dropFirst(size) }
      return bytes.prefix(size).reversed().reduce(0) { $0 << 8 | Number($1) }
    }
    let version = try take(UInt8.self, &bytes)
    guard version == Self.version else { throw .newer(version: Int(version)) }
    let learns = try take(UInt8.self, &bytes)
    model = try take(UInt64.self, &bytes)
    guard learns <= 1, let pieces = Int(exactly: try take(UInt64.self, &bytes)) else {
      throw .damaged
    }
    self.pieces = pieces
    hash = try take(UInt64.self, &bytes)
    guard learns == 1 else { return }
    var learning = DynamicEvaluator.AdaptationConfiguration()
    learning.rate = Float(bitPattern: try take(UInt32.self, &bytes))
    learning.length = Int(try take(UInt32.self, &bytes))
    learning.beta2 = Float(bitPattern: try take(UInt32.self, &bytes))
    learning.decay = Float(bitPattern: try take(UInt32.self, &bytes))
    guard learning.isSound else { throw .damaged }
    self.learning = learning
  }
}

extension Model {
  /// Tells one model from another: a hash of its shape, its vocabulary and its numbers.
  var identity: UInt64 {
    var hash = XXH64()
    let names = [
      "\(metadata.model.cell.rawValue) \(metadata.model.layers) \(metadata.model.hidden)"
        + (metadata.model.activation == .tanh ? "" : " \(metadata.model.activation.rawValue)"),
      metadata.tokenizer.unit.rawValue, metadata.tokenizer.normalization.rawValue,
    ]
    for name in names + metadata.vocabulary.tokens {
      hash.update(Array((name + "\0").utf8).span.raw)
    }
    hash.update(parameters.values.array.span.raw)
    return hash.finish()
  }
}

extension XXH64 {
  /// The hash of all of `bytes`.
  static func hash(_ bytes: [UInt8]) -> UInt64 {
    var hash = XXH64()
    hash.update(bytes.span.raw)
    return hash.finish()
  }
}
