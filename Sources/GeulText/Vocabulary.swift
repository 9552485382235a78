/// The tokens of a model; the id of a token is its index.
///
/// ```swift
/// let vocabulary = try Vocabulary(tokens: ["e", "t", "a"], unknownID: nil)
/// vocabulary.id(of: "t")  // 1
/// vocabulary.tokens[1]    // "t"
/// ```
///
/// The vocabulary of a corpus depends only on its text: the most frequent token comes first, and
/// equally frequent tokens are in the order of their code points. If rare tokens were replaced by
/// the unknown token (`--min-count`), that token is the last one and is represented by the empty
/// string. A vocabulary is encoded as an array of strings.
public struct Vocabulary: Sendable {
  /// The tokens in the order of their ids.
  ///
  /// A byte is represented by the scalar of the same value.
  public let tokens: [String]
  /// The id of the unknown token, which replaces rare tokens; nil if there is none.
  ///
  /// It is never generated.
  public let unknownID: Int?

  /// The tokens of labels; nil if there are none.
  public let labels: LabelTokens?

  private let ids: [ExactText: Int32]

  /// The number of tokens, including the unknown token.
  public var count: Int { tokens.count }

  /// Creates a vocabulary and validates it.
  ///
  /// - Parameters:
  ///   - tokens: The tokens in the order of their ids.
  ///   - unknownID: The id of the unknown token, which must be the empty string.
  /// - Throws: `TextError` if there is no token, a token occurs twice, or another token is the
  ///   empty string.
  public init(tokens: [String], unknownID: Int?) throws(TextError) {
    func error(_ problem: String) -> TextError {
      TextError(.invalidVocabulary(problem), in: "vocabulary")
    }
    guard tokens.count > (unknownID == nil ? 0 : 1) else { throw error("it contains no token") }
    guard tokens.count <= Int(Int32.max) else { throw error("it has more than 2^31 - 1 tokens") }
    var ids: [ExactText: Int32] = Dictionary(minimumCapacity: tokens.count)
    for (id, token) in tokens.enumerated() {
      if let first = ids.updateValue(Int32(id), forKey: ExactText(token)) {
        throw error("tokens \(first) and \(id) are both \(describe(token))")
      }
    }
    guard ids[ExactText("")].map({ Int($0) }) == unknownID else {
      throw error("the unknown token, and no other, must be the empty string")
    }
    self.tokens = tokens
    self.unknownID = unknownID
    self.ids = ids
    labels = LabelTokens(tokens: tokens, lineFeedID: ids[ExactText("\n")].map { Int($0) })
  }

  /// Returns the id of a token, compared by code points; nil if it is not in the vocabulary.
  public func id(of token: String) -> Int? {
    token.isEmpty ? nil : ids[ExactText(token)].map { Int($0) }
  }

  /// Returns the ids of a letter such as ㄱ and of the jamo that it stands for; empty for other texts.
  package func ids(ofLetter text: String) -> [Int] {
    guard let letter = text.unicodeScalars.first, text.unicodeScalars.count == 1,
      Hangul.letters.contains(letter.value)
    else { return [] }
    let jamo = Hangul.jamo(ofLetter: letter.value).compactMap(Unicode.Scalar.init)
    return ([letter] + jamo).compactMap { id(of: String($0)) }
  }

  /// Checks that all tokens can be produced by a tokenizer.
  ///
  /// - Throws: `TextError` if the unit is a code point and a token has several, or if the unit is a
  ///   byte and a token is not a single scalar up to U+00FF.
  public func check(for tokenizer: Tokenizer) throws(TextError) {
    for (id, token) in tokens.enumerated()
    where id != unknownID && labels?.ids.contains(id) != true {
      let isValid =
        switch tokenizer.unit {
        case .grapheme, .jamo: true
        case .codepoint: token.unicodeScalars.count == 1
        case .byte:
          token.unicodeScalars.count == 1 && token.unicodeScalars.allSatisfy { $0.value < 256 }
        }
      guard isValid else {
        throw TextError(
          .invalidVocabulary(
            "token \(id), \(describe(token)), is not a \(tokenizer.unit.rawValue)"),
          in: "vocabulary")
      }
    }
  }
}

extension Vocabulary: Equatable {
  /// Compares the code points of all tokens.
  public static func == (a: Vocabulary, b: Vocabulary) -> Bool {
    a.tokens.count == b.tokens.count
      && zip(a.tokens, b.tokens).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }
}

extension Vocabulary: Codable {
  /// Decodes an array of strings.
  ///
  /// - Throws: `DecodingError` if the value is not an array of strings, or not a valid vocabulary.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let tokens = try container.decode([String].self)
    do {
      try self.init(tokens: tokens, unknownID: tokens.firstIndex { $0.isEmpty })
    } catch {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: error.description)
    }
  }

  /// Encodes an array of strings.
  ///
  /// - Throws: Errors of the encoder.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(tokens)
  }
}

/// A string that is compared by code points, not by canonical equivalence as `String` is.
struct ExactText: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (a: ExactText, b: ExactText) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
