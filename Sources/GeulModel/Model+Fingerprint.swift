internal import GeulCompute
internal import GeulNGrams
internal import GeulStorage
internal import GeulText

extension Model {
  /// The XXH64 hash of the architecture, the tokenizer, the vocabulary, the parameters and the n-grams.
  package var fingerprint: UInt64 {
    var hash = XXH64()
    let names = [
      "\(metadata.architecture.cell.rawValue) \(metadata.architecture.layers) \(metadata.architecture.hidden)"
        + (metadata.architecture.activation == .tanh
          ? "" : " \(metadata.architecture.activation.rawValue)"),
      metadata.tokenizer.unit.rawValue, metadata.tokenizer.normalization.rawValue,
    ]
    for name in names + metadata.vocabulary.tokens {
      hash.update(Array((name + "\0").utf8).span.raw)
    }
    hash.update(parameters.values.array.span.raw)
    if let ngrams {
      // Names, because Swift 6.3.1 crashes on spans of temporaries.
      let (bytes, weights) = (ngrams.model.bytes, ngrams.networkWeights.map(\.bitPattern))
      hash.update(bytes.span.raw)
      hash.update(weights.span.raw)
      let discounts = ngrams.model.storedDiscounts.flatMap { $0.map(\.bitPattern) }
      hash.update(discounts.span.raw)
    }
    return hash.finish()
  }
}
