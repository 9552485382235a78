internal import GeulModel
internal import GeulText

/// The form of the lines of a text: how they begin and end, and how long they are.
public struct LineForm: Sendable, Equatable {
  /// The text whose graphemes the lines begin with, one line for each; nil for any number of lines.
  public var acrostic: String?
  /// The texts of which each line ends with one; empty for any ending.
  public var endings: [String]
  /// The maximum number of characters (code points) of a line.
  public var length: Int

  /// The default length of lines that have an ending: few sentences of a model are longer.
  public static let defaultLengthWithEndings = 120
  /// The default length of lines that have no ending, as in verse.
  public static let defaultLength = 24

  /// Creates a form; without a length it is the default one.
  public init(acrostic: String? = nil, endings: [String] = [], length: Int? = nil) {
    self.acrostic = acrostic
    self.endings = endings
    self.length =
      length ?? (endings.isEmpty ? Self.defaultLength : Self.defaultLengthWithEndings)
  }

  /// Returns the pattern of the text: its lines with line breaks between them.
  ///
  /// - Throws: `ConstraintError` if a line cannot begin or end as it must.
  func pattern(for metadata: Model.Metadata) throws(ConstraintError) -> TextPattern {
    try checkEndings()
    guard let acrostic else {
      // Any number of lines.
      let line = try line(beginning: "")
      return TextPattern(
        .sequence([
          line, .repeated(.sequence([.literal("\n"), line]), minimum: 0, maximum: nil),
        ]))
    }
    let beginnings = Tokenizer(unit: .grapheme).tokens(of: acrostic)
    guard !beginnings.isEmpty else {
      throw .lines("An acrostic needs at least one character.")
    }
    var parts: [TextPattern.Node] = []
    for beginning in beginnings {
      let encoding = metadata.tokenizer.encodePrompt(beginning, vocabulary: metadata.vocabulary)
      guard !beginning.allSatisfy(\.isWhitespace), encoding.substitutions.isEmpty else {
        let unit = metadata.tokenizer.unit
        let isSyllable = beginning.unicodeScalars.allSatisfy { 0xAC00...0xD7A3 ~= $0.value }
        throw isSyllable && (unit == .grapheme || unit == .codepoint)
          ? .syllable(beginning) : .acrostic(beginning)
      }
      if !parts.isEmpty { parts.append(.literal("\n")) }
      parts.append(try line(beginning: beginning))
    }
    return TextPattern(.sequence(parts))
  }

  /// The characters that are no white space.
  private static let firstCharacter: CharacterClass = {
    guard let set = try? CharacterClass("\\P{White_Space}") else {
      preconditionFailure("ICU does not know White_Space")
    }
    return set
  }()

  private func checkEndings() throws(ConstraintError) {
    guard !endings.contains(where: { $0.isEmpty || $0.contains(where: \.isNewline) }) else {
      throw .lines(
        "An ending of lines has at least one character and no line break, because a line break follows it."
      )
    }
  }

  /// Returns the pattern of one line.
  private func line(beginning: String) throws(ConstraintError) -> TextPattern.Node {
    let start = beginning.unicodeScalars.count
    let any = TextPattern.Node.characters(TextPattern.anyCharacter)
    guard !endings.isEmpty else {
      guard length > start else { throw .lineTooShort(length: length, minimum: start + 1) }
      let minimum = max(1, length / 2 - start)
      return .sequence([
        .text(beginning), .repeated(any, minimum: minimum, maximum: length - start),
      ])
    }
    // A line does not begin with white space.
    let first = TextPattern.Node.characters(Self.firstCharacter)
    let head: TextPattern.Node = beginning.isEmpty ? first : .text(beginning)
    var lines: [TextPattern.Node] = []
    for ending in endings {
      let minimum = max(start, 1) + ending.unicodeScalars.count
      guard length >= minimum else { throw .lineTooShort(length: length, minimum: minimum) }
      lines.append(
        .sequence([
          head, .repeated(any, minimum: 0, maximum: length - minimum), .text(ending),
        ]))
    }
    return lines.count == 1 ? lines[0] : .alternatives(lines)
  }
}
