/// The rules that turn text into units; a checkpoint keeps them beside its vocabulary.
///
/// ```swift
/// Tokenizer(unit: .jamo).units(of: "한글!")  // ["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ", "ᆯ", "!"]
/// ```
public struct Tokenizer: Sendable, Codable {
  /// What text is cut into.
  public let unit: TokenUnit
  /// The form it is brought into first; always `none` for bytes, which are taken as they stand.
  public let normalization: NormalForm
  /// The version of the ICU that the rules were first used with, such as "72.1".
  public let icu: String

  /// Rules for this machine's ICU.
  ///
  /// Bytes are never normalised: for them `normalization` has no effect.
  public init(unit: TokenUnit = .grapheme, normalization: NormalForm = .nfc) {
    self.init(unit: unit, normalization: normalization, icu: ICU.version)
  }

  private init(unit: TokenUnit, normalization: NormalForm, icu: String) {
    self.unit = unit
    self.normalization = unit == .byte ? .none : normalization
    self.icu = icu
  }

  /// Reads the rules from a checkpoint.
  ///
  /// - Throws: `DecodingError` for an unknown unit or normal form.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      unit: try values.decode(TokenUnit.self, forKey: .unit),
      normalization: try values.decode(NormalForm.self, forKey: .normalization),
      icu: try values.decode(String.self, forKey: .icu))
  }

  /// The units of a text, in its normal form.
  ///
  /// A byte is spelled as the scalar value of its number, U+0000 to U+00FF.
  public func units(of text: String) -> [String] {
    var cutter = TokenSegmenter(self)
    var queue = ByteQueue(bytes: Array(text.utf8))
    cutter.cut(&queue, last: true)
    var units: [String] = []
    cutter.units.forEach { units.append($0) }
    return units
  }

  /// The graphemes of a text by ICU's break iterator alone, slowly: what `units` is tested against.
  package static func graphemesByICU(of text: String) -> [String] {
    var batch = TokenBatch()
    GraphemeFinder().findByICU(in: Array(text.utf8)[...], into: &batch)
    var units: [String] = []
    batch.forEach { units.append($0) }
    return units
  }

  /// The normal form of a text.
  public func normalized(_ text: String) -> String {
    guard normalization != .none else { return text }
    var out = ByteQueue()
    _ = ICU.normalize(Array(text.utf8)[...], normalization, last: true, into: &out)
    return String(decoding: out.bytes, as: UTF8.self)
  }
}

extension Tokenizer: Equatable {
  /// Whether the rules are the same; the version of ICU is not a rule.
  public static func == (a: Tokenizer, b: Tokenizer) -> Bool {
    a.unit == b.unit && a.normalization == b.normalization
  }
}
