internal import GeulText

/// A token of a file: an entry of the model's vocabulary, or literal bytes.
enum LosslessToken: Equatable {
  /// An entry of the vocabulary, by its id.
  case known(Int)
  /// 1 to `LosslessTokenizer.maximumLiteralLength` bytes that no entry of the vocabulary covers.
  case literal([UInt8])
}

/// A tokenizer that splits the bytes of any file into tokens whose concatenated bytes are the file.
///
/// Text is not normalized: characters that are not in the model's normal form become literals, as
/// invalid UTF-8 does.
struct LosslessTokenizer {
  private let tokenizer: Tokenizer
  private let vocabulary: Vocabulary

  init(_ unit: TokenUnit, _ vocabulary: Vocabulary) {
    tokenizer = Tokenizer(unit: unit, normalization: .none)
    self.vocabulary = vocabulary
  }

  /// The maximum number of bytes in a literal.
  static let maximumLiteralLength = 256

  /// Returns a chunk of at most 64 KiB that starts at `start` and can be tokenized independently.
  ///
  /// The chunk ends after a line feed if it contains one, and otherwise between two code points.
  func chunk(of bytes: [UInt8], from start: Int) -> ArraySlice<UInt8> {
    let end = min(bytes.count, start + 1 << 16)
    guard end < bytes.count else { return bytes[start..<end] }
    if let lineFeed = bytes[start..<end].lastIndex(of: 0x0A) { return bytes[start...lineFeed] }
    let isScalarStart = { (index: Int) in bytes[index] & 0xC0 != 0x80 }
    return bytes[start..<((end - 3...end).last(where: isScalarStart) ?? end)]
  }

  /// Returns the tokens of a chunk.
  func tokens(of bytes: ArraySlice<UInt8>) -> [LosslessToken] {
    guard tokenizer.unit != .byte else {
      return bytes.map { knownToken(String(Unicode.Scalar($0))) ?? .literal([$0]) }
    }
    var tokens: [LosslessToken] = []
    var (parser, iterator) = (Unicode.UTF8.ForwardParser(), bytes.makeIterator())
    var (start, index) = (bytes.startIndex, bytes.startIndex)
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): index += scalar.count
      case .error(let length):
        tokens += textTokens(bytes[start..<index])
        tokens.append(.literal(Array(bytes[index..<index + length])))
        index += length
        start = index
      case .emptyInput: return tokens + textTokens(bytes[start..<index])
      }
    }
  }

  /// Returns the tokens of valid UTF-8.
  private func textTokens(_ bytes: ArraySlice<UInt8>) -> [LosslessToken] {
    let text = String(decoding: bytes, as: UTF8.self)
    guard tokenizer.unit == .jamo else {
      return tokenizer.tokens(of: text).flatMap { token in
        knownToken(token).map { [$0] } ?? Self.literals(token)
      }
    }
    // A syllable with one unknown jamo becomes a literal as a whole: a literal ends the composition
    // of a syllable, so its known jamo would not decode to the same bytes.
    return Tokenizer(unit: .grapheme, normalization: .none).tokens(of: text).flatMap { grapheme in
      let tokens = tokenizer.tokens(of: grapheme).map(knownToken)
      return tokens.contains(nil) ? Self.literals(grapheme) : tokens.compactMap(\.self)
    }
  }

  /// Returns the token of a vocabulary entry; nil if the vocabulary does not contain `text`.
  private func knownToken(_ text: String) -> LosslessToken? {
    vocabulary.id(of: text).map(LosslessToken.known)
  }

  /// Returns the UTF-8 bytes of `text` as literals of at most `maximumLiteralLength` bytes.
  private static func literals(_ text: String) -> [LosslessToken] {
    let bytes = Array(text.utf8)
    return stride(from: 0, to: bytes.count, by: maximumLiteralLength).map {
      .literal(Array(bytes[$0..<min(bytes.count, $0 + maximumLiteralLength)]))
    }
  }
}

/// A decoder of a stream of lossless tokens into bytes.
struct LosslessDetokenizer {
  /// The bytes of each vocabulary entry; nil for jamo, which a `StreamDecoder` composes.
  private let bytesByID: [[UInt8]]?
  private var jamoDecoder: StreamDecoder

  init(_ unit: TokenUnit, _ vocabulary: Vocabulary) {
    // Without normalization, as in `LosslessTokenizer`: jamo are composed to syllables whatever the
    // normal form of the model.
    jamoDecoder = StreamDecoder(
      tokenizer: Tokenizer(unit: unit, normalization: .none), vocabulary: vocabulary)
    switch unit {
    case .byte:
      bytesByID = vocabulary.tokens.map { token in
        token.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      }
    case .grapheme, .codepoint: bytesByID = vocabulary.tokens.map { Array($0.utf8) }
    case .jamo: bytesByID = nil
    }
  }

  /// Returns the bytes that are complete after `token`; an open Hangul syllable is held back.
  mutating func bytes(of token: LosslessToken) -> [UInt8] {
    switch token {
    case .known(let id): bytesByID?[id] ?? Array(jamoDecoder.append(id).utf8)
    case .literal(let bytes): Array(jamoDecoder.finish().utf8) + bytes
    }
  }

  /// Returns the bytes held back at the end of the stream.
  mutating func finish() -> [UInt8] { Array(jamoDecoder.finish().utf8) }
}
