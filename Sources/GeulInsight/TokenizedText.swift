public import GeulModel
internal import GeulText

/// The tokens of a text, and the characters that they form.
///
/// A token of a jamo or byte model is a part of a character; one of a code point model may be.
public struct TokenizedText: Sendable {
  /// A user-perceived character (an extended grapheme cluster) and its tokens.
  public struct Character: Sendable, Equatable {
    /// The character as text, with composed jamo, and U+FFFD for bytes that are not UTF-8.
    public let text: String
    /// The indices of its tokens.
    public let tokens: Range<Int>
  }

  /// The ids of the tokens.
  public let ids: [Int]
  /// The tokens as text; a byte is represented by the scalar of the same value.
  public let tokens: [String]
  /// The characters in reading order; each token belongs to one.
  public let characters: [Character]

  /// Indicates whether any character has several tokens.
  public var hasCompositeCharacters: Bool { characters.count < tokens.count }

  /// The character of each byte, or the token if tokens are not bytes.
  let symbols: [String]

  /// Finds the characters of a sequence of token ids of a model.
  ///
  /// A token of the unit `grapheme` is always one character.
  public init(_ ids: [Int], of model: Model.Metadata) {
    self.ids = ids
    let tokens = ids.map { model.vocabulary.tokens[$0] }
    self.tokens = tokens
    guard model.tokenizer.unit != .grapheme else {
      characters = tokens.enumerated().map { Character(text: $1, tokens: $0..<$0 + 1) }
      symbols = tokens
      return
    }
    let isByte = model.tokenizer.unit == .byte
    let characters = Self.characters(isByte ? Self.scalars(of: tokens) : tokens.map { ($0, 1) })
    self.characters = characters
    symbols =
      isByte ? characters.flatMap { Array(repeating: $0.text, count: $0.tokens.count) } : tokens
  }

  /// Returns the code points that a sequence of bytes encodes, each with its number of bytes.
  private static func scalars(of bytes: [String]) -> [(text: String, tokenCount: Int)] {
    var bytes = bytes.map { UInt8(truncatingIfNeeded: $0.unicodeScalars.first?.value ?? 0) }
      .makeIterator()
    var parser = Unicode.UTF8.ForwardParser()
    var scalars: [(String, Int)] = []
    while true {
      switch parser.parseScalar(from: &bytes) {
      case .valid(let encoded):
        scalars.append((String(Unicode.UTF8.decode(encoded)), encoded.count))
      case .error(let length): scalars.append(("\u{FFFD}", length))
      case .emptyInput: return scalars
      }
    }
  }

  /// Joins pieces of text, each of which has a number of tokens, to characters.
  private static func characters(_ pieces: [(text: String, tokenCount: Int)]) -> [Character] {
    // The unknown token stands for any text; U+FFFD does not join with its neighbors.
    let texts = pieces.map { $0.text.isEmpty ? "\u{FFFD}" : $0.text }
    let graphemes = Tokenizer(unit: .grapheme, normalization: .none).tokens(of: texts.joined())
    var graphemeEnd = 0
    let ends = Set(
      graphemes.map { grapheme in
        graphemeEnd += grapheme.unicodeScalars.count
        return graphemeEnd
      })
    var characters: [Character] = []
    var (text, position, tokens) = ("", 0, 0..<0)
    for (piece, visible) in zip(pieces, texts) {
      text += piece.text
      position += visible.unicodeScalars.count
      tokens = tokens.lowerBound..<tokens.upperBound + piece.tokenCount
      guard ends.contains(position) else { continue }
      characters.append(Character(text: composed(text), tokens: tokens))
      (text, tokens) = ("", tokens.upperBound..<tokens.upperBound)
    }
    return characters
  }

  /// Returns a character with its jamo composed to syllables; other characters are unchanged.
  private static func composed(_ character: String) -> String {
    let hasJamo = character.unicodeScalars.contains { JamoPosition(String($0)) != nil }
    return hasJamo
      ? Tokenizer(unit: .codepoint, normalization: .nfc).normalized(character) : character
  }
}
