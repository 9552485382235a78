/// The unit of text that one token stands for.
public enum TokenUnit: String, Codable, Sendable, CaseIterable {
  /// A user-perceived character: an extended grapheme cluster (UAX #29) according to ICU.
  case grapheme
  /// A Unicode scalar value.
  case codepoint
  /// A conjoining jamo of a Hangul syllable (leading consonant, vowel, trailing consonant), or a
  /// grapheme of any other script.
  case jamo
  /// A byte. Any file can be read.
  case byte
}

/// A Unicode normalization form (UAX #15), applied before text is split into tokens.
public enum NormalForm: String, Codable, Sendable, CaseIterable {
  /// No normalization.
  case none
  /// Canonical composition: `é` and a Hangul syllable are one code point.
  case nfc
  /// Canonical decomposition: `é` becomes `e` and a combining accent, a Hangul syllable its jamo.
  case nfd
  /// Compatibility composition: in addition to NFC, `ﬁ` becomes `fi` and `Ａ` becomes `A`.
  case nfkc
}
