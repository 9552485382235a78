/// Decodes a stream of token ids into text, incrementally.
///
/// ```swift
/// var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
/// for id in ids { print(decoder.append(id), terminator: "") }
/// print(decoder.finish())
/// ```
///
/// The output is valid UTF-8 at any time and is never revised: bytes are buffered until they form a
/// character, and jamo until the syllable is complete.
public struct StreamDecoder: Sendable {
  private enum Piece: Sendable {
    case text(String)
    case byte(UInt8)
    case jamo(UInt32)
  }

  private let pieces: [Piece]
  private var bytes = UTF8Assembler()
  private var syllable = SyllableAssembler()

  /// Creates a decoder at the start of a text.
  public init(tokenizer: Tokenizer, vocabulary: Vocabulary) {
    let composes = tokenizer.unit == .jamo && tokenizer.normalization != .nfd
    pieces = vocabulary.tokens.enumerated().map { id, token in
      guard id != vocabulary.unknownID else { return .text("\u{FFFD}") }
      guard vocabulary.labels?.ids.contains(id) != true else { return .text("\n") }
      guard let scalar = token.unicodeScalars.first, token.unicodeScalars.count == 1 else {
        return .text(token)
      }
      if tokenizer.unit == .byte, let byte = UInt8(exactly: scalar.value) { return .byte(byte) }
      return composes && Hangul.isJamo(scalar.value) ? .jamo(scalar.value) : .text(token)
    }
  }

  /// Decodes one token and returns the text that is now complete, which is often empty.
  ///
  /// The unknown token becomes U+FFFD, and so does each maximal subpart of invalid UTF-8.
  ///
  /// - Precondition: The id is in the vocabulary.
  public mutating func append(_ id: Int) -> String {
    precondition(pieces.indices.contains(id), "id \(id) is not in 0..<\(pieces.count)")
    switch pieces[id] {
    case .text(let text): return finish() + text
    case .byte(let byte): return bytes.append(byte)
    case .jamo(let scalar): return syllable.append(scalar)
    }
  }

  /// Returns the number of code points of the last token's own text that `append` has returned.
  ///
  /// That is 0 while the token is buffered, and at most 1 for a byte or a jamo, which is a part of a character.
  package func completeScalarCount(endingWith id: Int) -> Int {
    switch pieces[id] {
    case .text(let text): text.unicodeScalars.count
    case .byte: bytes.isEmpty ? 1 : 0
    case .jamo: syllable.isEmpty ? 1 : 0
    }
  }

  /// Ends the text: returns the buffered text, and starts a new text.
  public mutating func finish() -> String { bytes.finish() + syllable.finish() }

  /// Ends a truncated text: returns the buffered text if it is a complete character, and starts a
  /// new text.
  ///
  /// An incomplete character is discarded: some of its bytes, or a leading consonant without a
  /// vowel.
  public mutating func finishTruncated() -> String {
    bytes.discard()
    return syllable.finishTruncated()
  }
}

/// Composes a stream of jamo into syllables.
struct SyllableAssembler: Sendable {
  /// A leading consonant, or a syllable that may get a trailing consonant.
  private var pending: UInt32?

  var isEmpty: Bool { pending == nil }

  mutating func append(_ jamo: UInt32) -> String {
    if let before = pending, let joined = Hangul.syllable(before, jamo) {
      pending = joined
      return (joined - 0xAC00) % 28 == 0 ? "" : finish()
    }
    let text = finish()
    pending = jamo
    return Hangul.leads.contains(jamo) ? text : text + finish()
  }

  /// Returns the pending syllable, but not a leading consonant alone.
  mutating func finishTruncated() -> String {
    if let pending, !Hangul.syllables.contains(pending) { self.pending = nil }
    return finish()
  }

  mutating func finish() -> String {
    defer { pending = nil }
    return pending.flatMap { Unicode.Scalar($0) }.map { String($0) } ?? ""
  }
}

/// Decodes a stream of bytes as UTF-8, with U+FFFD for each maximal subpart of an ill-formed
/// sequence (WHATWG Encoding Standard, section 8.1.1).
package struct UTF8Assembler: Sendable {
  private var scalar: UInt32 = 0
  private var needed = 0
  private var bounds: ClosedRange<UInt8> = 0x80...0xBF

  /// Creates a decoder at the start of a text.
  package init() {}

  var isEmpty: Bool { needed == 0 }

  /// Decodes one byte and returns the text that is now complete.
  package mutating func append(_ byte: UInt8) -> String {
    guard needed > 0 else { return begin(byte) }
    guard bounds.contains(byte) else { return finish() + begin(byte) }
    bounds = 0x80...0xBF
    scalar = scalar << 6 | UInt32(byte & 0x3F)
    needed -= 1
    guard needed == 0, let whole = Unicode.Scalar(scalar) else { return "" }
    return String(whole)
  }

  private mutating func begin(_ lead: UInt8) -> String {
    bounds =
      switch lead {
      case 0xE0: 0xA0...0xBF
      case 0xED: 0x80...0x9F
      case 0xF0: 0x90...0xBF
      case 0xF4: 0x80...0x8F
      default: 0x80...0xBF
      }
    switch lead {
    case 0x00...0x7F: return String(Unicode.Scalar(lead))
    case 0xC2...0xDF: (needed, scalar) = (1, UInt32(lead & 0x1F))
    case 0xE0...0xEF: (needed, scalar) = (2, UInt32(lead & 0x0F))
    case 0xF0...0xF4: (needed, scalar) = (3, UInt32(lead & 0x07))
    default: return "\u{FFFD}"
    }
    return ""
  }

  /// Discards the bytes of an incomplete character.
  mutating func discard() { needed = 0 }

  mutating func finish() -> String {
    defer { discard() }
    return needed > 0 ? "\u{FFFD}" : ""
  }
}
