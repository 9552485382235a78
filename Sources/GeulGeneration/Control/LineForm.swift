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
      let line = try line(beginning: nil)
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
      if !parts.isEmpty { parts.append(.literal("\n")) }
      parts.append(try line(beginning: head(of: beginning, for: metadata)))
    }
    return TextPattern(.sequence(parts))
  }

  /// Returns the beginning of a line of an acrostic, with its number of characters.
  ///
  /// A letter such as ㄱ stands for the syllables that begin with it, too.
  private func head(
    of grapheme: String, for metadata: Model.Metadata
  ) throws(ConstraintError) -> (node: TextPattern.Node, length: Int) {
    let scalars = grapheme.unicodeScalars
    let encoding = metadata.tokenizer.encodePrompt(grapheme, vocabulary: metadata.vocabulary)
    let isKnown = !grapheme.allSatisfy(\.isWhitespace) && encoding.substitutions.isEmpty
    let form = SymbolForm(metadata.tokenizer)
    guard let letter = scalars.first?.value, scalars.count == 1,
      let syllables = Hangul.syllables(beginningWith: letter),
      form.hasToken(in: syllables, of: metadata.vocabulary)
    else {
      guard isKnown else {
        let unit = metadata.tokenizer.unit
        let isSyllable = scalars.allSatisfy { 0xAC00...0xD7A3 ~= $0.value }
        throw isSyllable && (unit == .grapheme || unit == .codepoint)
          ? .syllable(grapheme) : .acrostic(grapheme)
      }
      return (.text(grapheme), scalars.count)
    }
    let syllable = TextPattern.Node.characters(CharacterClass(ranges: [syllables]))
    // In jamo, the letter itself would be a syllable without a vowel.
    return (isKnown && form != .jamo ? .alternatives([.text(grapheme), syllable]) : syllable, 1)
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

  /// Returns the pattern of one line; `beginning` is that of an acrostic.
  private func line(
    beginning: (node: TextPattern.Node, length: Int)?
  ) throws(ConstraintError) -> TextPattern.Node {
    let start = beginning?.length ?? 0
    let any = TextPattern.Node.characters(TextPattern.anyCharacter)
    guard !endings.isEmpty else {
      guard length > start else { throw .lineTooShort(length: length, minimum: start + 1) }
      let minimum = max(1, length / 2 - start)
      return .sequence([
        beginning?.node ?? .text(""), .repeated(any, minimum: minimum, maximum: length - start),
      ])
    }
    // A line does not begin with white space.
    let first = TextPattern.Node.characters(Self.firstCharacter)
    let head = beginning?.node ?? first
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
