public import GeulCompute
public import GeulModel
internal import GeulStorage
internal import GeulText
public import GeulTraining

/// Packs files with a model: each unit takes as many bits as the model is surprised by it.
///
/// So a model proves what `evaluate` says of it. Any file can be packed, byte for byte; what the model does not know takes
/// a byte and more for each byte. Only the same model unpacks it.
public struct Compressor: Sendable {
  private let model: Model
  private let kernels: Kernels
  private let pool: ThreadPool

  /// A compressor; it computes in float32.
  public init(_ model: Model, kernels: Kernels, pool: ThreadPool) {
    self.model = model
    self.kernels = kernels
    self.pool = pool
  }

  /// Packs the bytes of a file.
  ///
  /// - Parameters:
  ///   - file: the bytes.
  ///   - learning: how the model goes on learning from what it has packed; nil for one that stays as it is.
  ///   - report: called now and then with the number of bytes that are packed.
  /// - Returns: the archive.
  public func compress(
    _ file: [UInt8], learning: DynamicEvaluator.AdaptationConfiguration? = nil,
    report: (Int) -> Void = { _ in }
  ) -> [UInt8] {
    let spelling = LosslessTokenizer(model.metadata.tokenizer.unit, model.metadata.vocabulary)
    var coder = coder(RangeEncoder(), learning)
    var (place, count) = (0, 0)
    while place < file.count {
      let part = spelling.part(of: file, from: place)
      for piece in spelling.pieces(of: part) {
        _ = coder.code(piece)
        count += 1
      }
      place = part.endIndex
      report(place)
    }
    let header = ArchiveHeader(
      model: model.identity, learning: learning, pieces: count, hash: XXH64.hash(file))
    return header.bytes + coder.coder.finish()
  }

  /// How many bytes an archive may have unpacked, unless more is asked for.
  public static let usualLimit = 1 << 30

  /// Unpacks an archive.
  ///
  /// A few bytes can say that a model was never surprised for as long as they like, so a stranger's archive has a limit.
  ///
  /// - Parameters:
  ///   - archive: what `compress` gave.
  ///   - limit: how many bytes may come out.
  ///   - report: called now and then with the number of bytes that are unpacked.
  /// - Returns: the file's bytes.
  /// - Throws: `ArchiveError` if it is none, was made with another model, is damaged or too large.
  public func decompress(
    _ archive: [UInt8], limit: Int = usualLimit, report: (Int) -> Void = { _ in }
  ) throws(ArchiveError) -> [UInt8] {
    var rest = archive[...]
    let header = try ArchiveHeader(&rest)
    guard header.model == model.identity else { throw .otherModel }
    // No piece is of less than a byte.
    guard header.pieces <= limit else { throw .tooLarge(limit: limit) }
    var coder = coder(RangeDecoder(rest), header.learning)
    var reading = LosslessDetokenizer(model.metadata.tokenizer.unit, model.metadata.vocabulary)
    var file: [UInt8] = []
    let unknown = model.metadata.vocabulary.unknownID.map(Piece.unit)
    for count in 0..<header.pieces {
      let piece = try coder.code(.unit(0))
      guard piece != unknown else { throw .damaged }  // no writer does that
      file += reading.bytes(of: piece)
      guard file.count <= limit else { throw .tooLarge(limit: limit) }
      if count % 65536 == 0 { report(file.count) }
    }
    file += reading.finish()
    guard XXH64.hash(file) == header.hash else { throw .damaged }
    return file
  }

  private func coder<Coder>(
    _ coder: Coder, _ learning: DynamicEvaluator.AdaptationConfiguration?
  ) -> TokenCoder<Coder> {
    let vocabulary = model.metadata.vocabulary
    let online = DynamicEvaluator(
      model.network, parameters: model.parameters, learning: learning, kernels: kernels,
      pool: pool)
    return TokenCoder(
      coder, online, vocabulary: vocabulary.count, unknownID: vocabulary.unknownID)
  }
}
