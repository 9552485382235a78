internal import GeulText

/// A piece of a file: a unit that the model knows, or bytes that are none.
enum Piece: Equatable {
  case unit(Int)
  case other([UInt8])
}

/// Spells the bytes of any file in units, so that the pieces one after the other are the bytes again.
///
/// Nothing is normalised: what is not in the normal form of the model's text is spelled in bytes, as invalid UTF-8 is.
struct LosslessTokenizer {
  private let tokenizer: Tokenizer
  private let vocabulary: Vocabulary

  init(_ unit: TokenUnit, _ vocabulary: Vocabulary) {
    tokenizer = Tokenizer(unit: unit, normalization: .none)
    self.vocabulary = vocabulary
  }

  /// The longest run of bytes that are none; longer ones are cut.
  static let longest = 256

  /// A part of a file that can be spelled by itself: some bytes from `start` on, up to a line's end if there is one.
  func part(of bytes: [UInt8], from start: Int) -> ArraySlice<UInt8> {
    let end = min(bytes.count, start + 1 << 16)
    guard end < bytes.count else { return bytes[start..<end] }
    if let line = bytes[start..<end].lastIndex(of: 0x0A) { return bytes[start...line] }
    let isCharacterStart = { (place: Int) in bytes[place] & 0xC0 != 0x80 }
    return bytes[start..<((end - 3...end).last(where: isCharacterStart) ?? end)]
  }

  /// The pieces of a part of a file.
  func pieces(of bytes: ArraySlice<UInt8>) -> [Piece] {
    guard tokenizer.unit != .byte else {
      return bytes.map { piece(String(Unicode.Scalar($0))) ?? .other([$0]) }
    }
    var pieces: [Piece] = []
    var (parser, iterator) = (Unicode.UTF8.ForwardParser(), bytes.makeIterator())
    var (begin, place) = (bytes.startIndex, bytes.startIndex)
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): place += scalar.count
      case .error(let length):
        pieces += spelled(bytes[begin..<place]) + [.other(Array(bytes[place..<place + length]))]
        place += length
        begin = place
      case .emptyInput: return pieces + spelled(bytes[begin..<place])
      }
    }
  }

  /// The pieces of valid UTF-8.
  private func spelled(_ bytes: ArraySlice<UInt8>) -> [Piece] {
    let text = String(decoding: bytes, as: UTF8.self)
    guard tokenizer.unit == .jamo else {
      return tokenizer.tokens(of: text).flatMap { unit in piece(unit).map { [$0] } ?? Self.cut(unit)
      }
    }
    // A syllable of which one jamo is not known is none: the others alone would not give it back.
    return Tokenizer(unit: .grapheme, normalization: .none).tokens(of: text).flatMap { grapheme in
      let pieces = tokenizer.tokens(of: grapheme).map(piece)
      return pieces.contains(nil) ? Self.cut(grapheme) : pieces.compactMap(\.self)
    }
  }

  /// A unit that the vocabulary holds; nil if it does not.
  private func piece(_ unit: String) -> Piece? { vocabulary.id(of: unit).map(Piece.unit) }

  /// The bytes of a text that is no unit.
  private static func cut(_ text: String) -> [Piece] {
    let bytes = Array(text.utf8)
    return stride(from: 0, to: bytes.count, by: longest).map {
      .other(Array(bytes[$0..<min(bytes.count, $0 + longest)]))
    }
  }
}

/// Turns pieces back into bytes, as they come.
struct LosslessDetokenizer {
  private let bytes: [[UInt8]]?
  private var jamo: StreamDecoder

  init(_ unit: TokenUnit, _ vocabulary: Vocabulary) {
    // As spelling: nothing is normalised, and jamo are composed, whatever the normal form of the model's text.
    jamo = StreamDecoder(
      tokenizer: Tokenizer(unit: unit, normalization: .none), vocabulary: vocabulary)
    switch unit {
    case .byte:
      bytes = vocabulary.tokens.map { unit in
        unit.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      }
    case .grapheme, .codepoint: bytes = vocabulary.tokens.map { Array($0.utf8) }
    case .jamo: bytes = nil
    }
  }

  /// The bytes that are certain now that this piece has come.
  mutating func bytes(of piece: Piece) -> [UInt8] {
    switch piece {
    case .unit(let id): bytes?[id] ?? Array(jamo.append(id).utf8)
    case .other(let other): Array(jamo.finish().utf8) + other
    }
  }

  /// What was held back.
  mutating func finish() -> [UInt8] { Array(jamo.finish().utf8) }
}
