internal import GeulNGrams
internal import GeulStorage
internal import PortableFoundation

/// The n-grams in a model file: a metadata key and two tensors, which other programs ignore.
extension Model {
  /// The metadata key of `NGramMetadata`.
  private static let ngramsKey = "geul.ngrams"
  /// The name of the tensor with `NGramModel.bytes`.
  private static let ngramsTensor = "ngrams.counts"
  /// The name of the tensor with `NGramMixture.networkWeights`.
  private static let ngramWeightsTensor = "ngrams.network_weights"

  private struct NGramMetadata: Codable {
    /// The discounts by length and count; see `NGramModel.storedDiscounts`.
    var discounts: [[Double]]
  }

  /// Reads the n-grams of a model file; nil if it has none.
  static func ngrams(
    _ file: SafetensorsFile, vocabulary: Int, _ formatError: (String) -> FormatError
  ) throws(FormatError) -> NGramMixture? {
    guard let text = file.metadata[ngramsKey] else { return nil }
    guard
      let metadata = try? JSONDecoder().decode(NGramMetadata.self, from: Data(text.utf8)),
      let tensor = file.tensors.first(where: { $0.name == ngramsTensor }), tensor.dtype == .u8,
      1...NGramModel.maximumOrder ~= metadata.discounts.count
    else { throw formatError("its n-grams cannot be decoded. Train the model again.") }
    let bytes: [UInt8] = try file.values(ngramsTensor, shape: [tensor.byteCount])
    let weights: [Double] = try file.values(
      ngramWeightsTensor, shape: NGramMixture.weightShape(order: metadata.discounts.count))
    guard
      let model = NGramModel(
        bytes: bytes, vocabulary: vocabulary, discounts: metadata.discounts),
      let mixture = NGramMixture(model, networkWeights: weights)
    else { throw formatError("its n-grams are inconsistent. Train the model again.") }
    return mixture
  }

  /// Adds n-grams to a model file.
  static func add(_ ngrams: NGramMixture, to file: inout SafetensorsFile) {
    file.metadata[ngramsKey] = json(NGramMetadata(discounts: ngrams.model.storedDiscounts))
    let bytes = ngrams.model.bytes
    file.tensors.append(.init(ngramsTensor, shape: [bytes.count], values: bytes))
    file.tensors.append(
      .init(
        ngramWeightsTensor, shape: NGramMixture.weightShape(order: ngrams.model.order),
        values: ngrams.networkWeights))
  }
}
