/// What the network reads and writes one at a time.
public enum TokenUnit: String, Codable, Sendable, CaseIterable {
  /// What a reader takes for one character: an extended grapheme cluster (UAX #29), found by ICU's
  /// rules.
  case grapheme
  /// A Unicode scalar value.
  case codepoint
  /// Hangul syllables spelled out as conjoining jamo (L V T), everything else as graphemes.
  case jamo
  /// A byte as it stands in the file: any file will do.
  case byte
}

/// The normal form (UAX #15) that text is brought into before it is cut into units.
public enum NormalForm: String, Codable, Sendable, CaseIterable {
  /// The text as it stands.
  case none
  /// Composed: `é` is one code point, a Hangul syllable too.
  case nfc
  /// Decomposed: `é` is `e` and a combining accent, a Hangul syllable its jamo.
  case nfd
  /// Composed, and characters of compatibility replaced: `ﬁ` becomes `fi`, `Ａ` becomes `A`.
  case nfkc
}
