public import GeulCompute
public import GeulModel
internal import GeulStorage
internal import GeulText
public import GeulTraining

/// A lossless compressor that codes a file with the predictions of a model.
///
/// A range coder spends -log2 p bits on a token to which the model gives the probability p, so the
/// size of an archive verifies the cross-entropy that `geul evaluate` reports. Any file can be
/// compressed; bytes that the vocabulary does not cover take somewhat more than one byte each.
/// Decompression needs the same model.
///
/// ```swift
/// let compressor = Compressor(model, context: context)
/// let archive = compressor.compress(file)
/// let copy = try compressor.decompress(archive)  // copy == file
/// ```
public struct Compressor: Sendable {
  private let model: Model
  private let context: ComputeContext

  /// Creates a compressor that computes the model's predictions in float32.
  public init(_ model: Model, context: ComputeContext) {
    self.model = model
    self.context = context
  }

  /// Compresses the bytes of a file.
  ///
  /// - Parameters:
  ///   - file: The bytes of the file.
  ///   - adaptation: The configuration of dynamic evaluation, which adapts the model to the file;
  ///     nil to keep the parameters fixed.
  ///   - progress: A closure that is called repeatedly with the number of bytes compressed so far.
  /// - Returns: The archive.
  public func compress(
    _ file: [UInt8], adaptation: DynamicEvaluator.Configuration? = nil,
    progress: (Int) -> Void = { _ in }
  ) -> [UInt8] {
    let tokenizer = LosslessTokenizer(model.metadata.tokenizer.unit, model.metadata.vocabulary)
    var tokenCoder = tokenCoder(RangeEncoder(), adaptation)
    var (start, count) = (0, 0)
    while start < file.count {
      let chunk = tokenizer.chunk(of: file, from: start)
      for token in tokenizer.tokens(of: chunk) {
        _ = tokenCoder.code(token)
        count += 1
      }
      start = chunk.endIndex
      progress(start)
    }
    let header = ArchiveHeader(
      modelFingerprint: model.fingerprint, adaptation: adaptation, tokenCount: count,
      checksum: XXH64.hash(file))
    return header.bytes + tokenCoder.coder.finish()
  }

  /// The default limit of the decompressed size: 1 GiB.
  public static let defaultSizeLimit = 1 << 30

  /// Decompresses an archive.
  ///
  /// A few bytes can encode an arbitrarily long run of tokens with a probability near 1. The limit
  /// protects against such archives from untrusted sources.
  ///
  /// - Parameters:
  ///   - archive: An archive that `compress` returned.
  ///   - limit: The maximum size of the decompressed file, in bytes.
  ///   - progress: A closure that is called repeatedly with the number of bytes decompressed so far.
  /// - Returns: The bytes of the file.
  /// - Throws: `ArchiveError` if the archive is invalid, damaged, too large or was compressed
  ///   with a different model.
  public func decompress(
    _ archive: [UInt8], limit: Int = defaultSizeLimit, progress: (Int) -> Void = { _ in }
  ) throws(ArchiveError) -> [UInt8] {
    var payload = archive[...]
    let header = try ArchiveHeader(parsing: &payload)
    guard header.modelFingerprint == model.fingerprint else { throw .modelMismatch }
    // Every token decodes to at least one byte.
    guard header.tokenCount <= limit else { throw .tooLarge(limit: limit) }
    var tokenCoder = tokenCoder(RangeDecoder(payload), header.adaptation)
    var detokenizer = LosslessDetokenizer(
      model.metadata.tokenizer.unit, model.metadata.vocabulary)
    var file: [UInt8] = []
    let unknown = model.metadata.vocabulary.unknownID.map(LosslessToken.known)
    for index in 0..<header.tokenCount {
      let token = try tokenCoder.code(.known(0))
      // The tokenizer codes unknown characters as literals and never emits the unknown token.
      guard token != unknown else { throw .damaged }
      file += detokenizer.bytes(of: token)
      guard file.count <= limit else { throw .tooLarge(limit: limit) }
      if index % 65536 == 0 { progress(file.count) }
    }
    file += detokenizer.finish()
    guard XXH64.hash(file) == header.checksum else { throw .damaged }
    return file
  }

  private func tokenCoder<Coder>(
    _ coder: Coder, _ adaptation: DynamicEvaluator.Configuration?
  ) -> TokenCoder<Coder> {
    let vocabulary = model.metadata.vocabulary
    let evaluator = DynamicEvaluator(
      model.network, parameters: model.parameters, ngrams: model.ngrams, adaptation: adaptation,
      context: context)
    return TokenCoder(
      coder, evaluator, vocabularySize: vocabulary.count, unknownID: vocabulary.unknownID)
  }
}
