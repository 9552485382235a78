internal import GeulText

/// The values of features of Korean after each token of a text.
struct KoreanFeatures {
  private let text: TokenizedText
  /// The syllable of each character; nil for characters that are not one composed syllable.
  private let syllables: [Unicode.Scalar?]

  init(_ text: TokenizedText) {
    self.text = text
    syllables = text.characters.map { character in
      let scalars = character.text.unicodeScalars
      guard let first = scalars.first, scalars.count == 1, Hangul.syllables.contains(first.value)
      else {
        return nil
      }
      return first
    }
  }

  /// Returns 1 after each token of the suffixes of a kind, else 0.
  func suffixes(_ kind: EojeolSuffix.Kind) -> [Float] {
    var values = [Float](repeating: 0, count: text.tokens.count)
    var start = 0
    for index in 0...syllables.count where index == syllables.count || syllables[index] == nil {
      let eojeol = syllables[start..<index].compactMap(\.self)
      if let suffix = EojeolSuffix(of: eojeol), suffix.kind == kind {
        for character in text.characters[index - suffix.count..<index] {
          for token in character.tokens { values[token] = 1 }
        }
      }
      start = index + 1
    }
    return values
  }

  /// Returns 1 after each token that ends a syllable with a final consonant, else 0.
  ///
  /// Before its last token, whether a syllable gets a final consonant is not known to the model.
  func finalConsonants() -> [Float] {
    var values = [Float](repeating: 0, count: text.tokens.count)
    for (character, syllable) in zip(text.characters, syllables) {
      guard let syllable, Hangul.jamo(of: syllable.value).trail != nil else { continue }
      values[character.tokens.upperBound - 1] = 1
    }
    return values
  }
}
