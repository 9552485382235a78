/// Splits text into tokens according to a token unit and a normal form.
///
/// ```swift
/// let tokenizer = Tokenizer(unit: .jamo)
/// tokenizer.tokens(of: "한글!")  // ["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ", "ᆯ", "!"]
/// ```
///
/// A model file contains the tokenizer and the vocabulary. To tokenize large files, use
/// `Corpus.read`; to decode tokens, use `StreamDecoder`.
public struct Tokenizer: Sendable, Codable {
  /// The unit of text that one token stands for.
  public let unit: TokenUnit
  /// The normal form that is applied to text first; always `none` for bytes.
  public let normalization: NormalForm
  /// The version of ICU that the tokenizer was created with, such as "72.1".
  public let icu: String

  /// Creates a tokenizer that uses the ICU of this machine.
  ///
  /// Bytes are never normalized: with `TokenUnit.byte`, `normalization` has no effect.
  public init(unit: TokenUnit = .grapheme, normalization: NormalForm = .nfc) {
    self.init(unit: unit, normalization: normalization, icu: ICU.version)
  }

  private init(unit: TokenUnit, normalization: NormalForm, icu: String) {
    self.unit = unit
    self.normalization = unit == .byte ? .none : normalization
    self.icu = icu
  }

  /// Decodes the tokenizer of a model file.
  ///
  /// - Throws: `DecodingError` for an unknown token unit or normal form.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      unit: try values.decode(TokenUnit.self, forKey: .unit),
      normalization: try values.decode(NormalForm.self, forKey: .normalization),
      icu: try values.decode(String.self, forKey: .icu))
  }

  /// Returns the tokens of a text in its normal form.
  ///
  /// A byte is represented by the scalar of the same value, U+0000 to U+00FF.
  public func tokens(of text: String) -> [String] {
    var segmenter = TokenSegmenter(self)
    var queue = ByteQueue(bytes: Array(text.utf8))
    segmenter.segment(&queue, last: true)
    return segmenter.tokens.strings
  }

  /// Returns the graphemes of a text according to ICU's break iterator alone: the slow reference
  /// implementation of `tokens(of:)`.
  package static func graphemesByICU(of text: String) -> [String] {
    var batch = TokenBatch()
    GraphemeSegmenter().segmentByICU(Array(text.utf8)[...], into: &batch)
    return batch.strings
  }

  /// Returns a text in the normal form of the tokenizer.
  public func normalized(_ text: String) -> String {
    guard normalization != .none else { return text }
    var out = ByteQueue()
    _ = ICU.normalize(Array(text.utf8)[...], normalization, last: true, into: &out)
    return String(decoding: out.bytes, as: UTF8.self)
  }
}

extension Tokenizer: Equatable {
  /// Compares the token unit and the normal form, but not the version of ICU.
  public static func == (a: Tokenizer, b: Tokenizer) -> Bool {
    a.unit == b.unit && a.normalization == b.normalization
  }
}
