internal import GeulCompute
internal import GeulModel
internal import GeulNGrams
internal import GeulStorage
internal import GeulText
internal import GeulTraining

/// The header of an archive: the model, its adaptation, the number of tokens and a checksum.
struct ArchiveHeader: Equatable {
  /// The fingerprint of the model that compressed the file.
  var modelFingerprint: UInt64
  /// The adaptation of the model to the file; nil if its parameters were fixed.
  var adaptation: DynamicEvaluator.Configuration?
  /// The number of coded tokens.
  var tokenCount: Int
  /// The XXH64 hash of the decompressed bytes.
  var checksum: UInt64

  init(
    modelFingerprint: UInt64, adaptation: DynamicEvaluator.Configuration?,
    tokenCount: Int, checksum: UInt64
  ) {
    self.modelFingerprint = modelFingerprint
    self.adaptation = adaptation
    self.tokenCount = tokenCount
    self.checksum = checksum
  }

  private static let magic = Array("GEUL".utf8)

  /// The versions of the format: the first has no online mixture.
  private enum Version: UInt8 {
    case first = 1, onlineMixture
  }

  /// The serialized header; integers are little-endian.
  var bytes: [UInt8] {
    let version = adaptation?.isMixed == true ? Version.onlineMixture : .first
    var bytes = Self.magic + [version.rawValue, adaptation == nil ? 0 : 1]
    func append(_ value: some FixedWidthInteger) {
      for index in 0..<value.bitWidth / 8 {
        bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
      }
    }
    append(modelFingerprint)
    append(UInt64(tokenCount))
    append(checksum)
    if let adaptation {
      append(adaptation.rate.bitPattern)
      append(UInt32(adaptation.length))
      append(adaptation.beta2.bitPattern)
      append(adaptation.decay.bitPattern)
      if adaptation.isMixed { append(adaptation.epsilon.bitPattern) }
    }
    return bytes
  }

  /// Parses a header and removes it from the start of `bytes`.
  ///
  /// - Throws: `ArchiveError` if the header is invalid or truncated.
  init(parsing bytes: inout ArraySlice<UInt8>) throws(ArchiveError) {
    guard bytes.starts(with: Self.magic) else { throw .notAnArchive }
    bytes = bytes.dropFirst(Self.magic.count)
    func read<Value: FixedWidthInteger>(
      _ type: Value.Type, _ bytes: inout ArraySlice<UInt8>
    ) throws(ArchiveError) -> Value {
      let size = Value.bitWidth / 8
      guard bytes.count >= size else { throw .damaged }
      defer { bytes = bytes.dropFirst(size) }
      return bytes.prefix(size).reversed().reduce(0) { $0 << 8 | Value($1) }
    }
    let number = try read(UInt8.self, &bytes)
    guard let version = Version(rawValue: number) else {
      throw .unsupportedVersion(Int(number))
    }
    let isAdaptive = try read(UInt8.self, &bytes)
    modelFingerprint = try read(UInt64.self, &bytes)
    guard isAdaptive <= 1, let tokenCount = Int(exactly: try read(UInt64.self, &bytes)) else {
      throw .damaged
    }
    self.tokenCount = tokenCount
    checksum = try read(UInt64.self, &bytes)
    guard isAdaptive == 1 else { return }
    var adaptation = DynamicEvaluator.Configuration(isMixed: version == .onlineMixture)
    adaptation.rate = Float(bitPattern: try read(UInt32.self, &bytes))
    adaptation.length = Int(try read(UInt32.self, &bytes))
    adaptation.beta2 = Float(bitPattern: try read(UInt32.self, &bytes))
    adaptation.decay = Float(bitPattern: try read(UInt32.self, &bytes))
    if adaptation.isMixed { adaptation.epsilon = Float(bitPattern: try read(UInt32.self, &bytes)) }
    guard adaptation.isValid else { throw .damaged }
    self.adaptation = adaptation
  }
}

extension XXH64 {
  /// Returns the hash of `bytes`.
  static func hash(_ bytes: [UInt8]) -> UInt64 {
    var hash = XXH64()
    hash.update(bytes.span.raw)
    return hash.finish()
  }
}
