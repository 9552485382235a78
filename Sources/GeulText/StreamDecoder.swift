/// Turns ids into text while they come: what it has put out is valid UTF-8 at any moment and never
/// changes.
///
/// Bytes are held back until they make a character, jamo until they can join no more.
///
/// ```swift
/// var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
/// for id in ids { print(decoder.append(id), terminator: "") }
/// print(decoder.finish())
/// ```
public struct StreamDecoder: Sendable {
  private enum Piece: Sendable {
    case text(String)
    case byte(UInt8)
    case jamo(UInt32)
  }

  private let pieces: [Piece]
  private var bytes = UTF8Assembler()
  private var syllable = SyllableAssembler()

  /// A decoder at the beginning of a text.
  public init(tokenizer: Tokenizer, vocabulary: Vocabulary) {
    let composes = tokenizer.unit == .jamo && tokenizer.normalization != .nfd
    pieces = vocabulary.units.enumerated().map { id, unit in
      guard id != vocabulary.unknownID else { return .text("\u{FFFD}") }
      guard let scalar = unit.unicodeScalars.first, unit.unicodeScalars.count == 1 else {
        return .text(unit)
      }
      if tokenizer.unit == .byte, let byte = UInt8(exactly: scalar.value) { return .byte(byte) }
      return composes && Hangul.isJamo(scalar.value) ? .jamo(scalar.value) : .text(unit)
    }
  }

  /// Takes one id, which the vocabulary must have, and answers the text that is certain now, often
  /// empty.
  ///
  /// The unknown unit becomes U+FFFD, and so do bytes that are no UTF-8, one for each maximal
  /// subpart.
  public mutating func append(_ id: Int) -> String {
    precondition(pieces.indices.contains(id), "id \(id) in a vocabulary of \(pieces.count)")
    switch pieces[id] {
    case .text(let text): return finish() + text
    case .byte(let byte): return bytes.append(byte)
    case .jamo(let scalar): return syllable.append(scalar)
    }
  }

  /// Ends the text: answers what was held back, and is ready for another.
  public mutating func finish() -> String { bytes.finish() + syllable.finish() }

  /// Ends a text that was cut off: answers what was held back if it is a whole character, and is ready for another.
  ///
  /// Left out is what only begins one: some bytes of it, or a lead that no vowel has followed.
  public mutating func cut() -> String {
    bytes.discard()
    return syllable.cut()
  }
}

/// Composes jamo into syllables as they come.
struct SyllableAssembler: Sendable {
  private var held: UInt32?  // a lead, or a syllable that a trail may still join

  mutating func append(_ jamo: UInt32) -> String {
    if let before = held, let joined = Hangul.syllable(before, jamo) {
      held = joined
      return (joined - 0xAC00) % 28 == 0 ? "" : finish()
    }
    let text = finish()
    held = jamo
    return Hangul.leads.contains(jamo) ? text : text + finish()
  }

  /// Ends with a whole syllable or with nothing.
  mutating func cut() -> String {
    if let held, !Hangul.syllables.contains(held) { self.held = nil }
    return finish()
  }

  mutating func finish() -> String {
    defer { held = nil }
    return held.flatMap { Unicode.Scalar($0) }.map { String($0) } ?? ""
  }
}

/// Makes characters of bytes as they come; U+FFFD for each maximal subpart of an ill-formed
/// sequence.
///
/// The UTF-8 decoder of the WHATWG Encoding Standard, section 8.1.1.
struct UTF8Assembler: Sendable {
  private var scalar: UInt32 = 0
  private var needed = 0
  private var bounds: ClosedRange<UInt8> = 0x80...0xBF

  mutating func append(_ byte: UInt8) -> String {
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

  /// Forgets the bytes of a character that has only begun.
  mutating func discard() { needed = 0 }

  mutating func finish() -> String {
    defer { discard() }
    return needed > 0 ? "\u{FFFD}" : ""
  }
}
