/// The encoding of a source, given by the user or detected from the first bytes.
struct TextEncoding: Equatable {
  /// The name in messages, such as `UTF-8` or `CP949`.
  let name: String
  /// ICU's name; nil for UTF-8, which needs no converter.
  let converter: String?
  /// Indicates whether the encoding was detected by heuristics, which is noted for the user.
  let isGuess: Bool
  /// The opposite byte order, if only the order was detected.
  var otherOrder: String?

  /// The size of a code unit in bytes.
  var codeUnitBytes: Int {
    let name = Self.fold(name)
    return name.hasPrefix("utf16") ? 2 : name.hasPrefix("utf32") ? 4 : 1
  }

  static let utf8 = TextEncoding(name: "UTF-8", converter: nil, isGuess: false)
  /// EUC-KR with the syllables that Windows added, as in the WHATWG Encoding Standard.
  static let korean = TextEncoding(
    name: "CP949 (EUC-KR)", converter: "windows-949", isGuess: true)

  /// Returns the encoding with a name.
  static func named(_ name: String) throws(TextError) -> TextEncoding {
    let folded = fold(name)
    if ["utf8", "ascii", "usascii"].contains(folded) { return .utf8 }
    if ["euckr", "cp949", "uhc", "ms949", "windows949", "ksc5601", "ksx1001"].contains(folded) {
      return TextEncoding(name: name, converter: korean.converter, isGuess: false)
    }
    guard Converter(name) != nil else {
      throw TextError(
        .unknownEncoding(name, suggestions: suggestions(for: folded)), in: "--encoding")
    }
    return TextEncoding(name: name, converter: name, isGuess: false)
  }

  static func fold(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// Returns up to three names at the smallest edit distance, if that is at most 2; case and punctuation do not count.
  private static func suggestions(for folded: String) -> [String] {
    let names = Dictionary(
      (ICU.encodingNames + ["CP949"]).sorted().map { (fold($0), $0) }, uniquingKeysWith: { $1 })
    return nearestNames(to: folded, among: names.keys.sorted(), limit: 2).prefix(3)
      .compactMap { names[$0] }.sorted()
  }
}
