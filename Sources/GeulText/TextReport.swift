/// What a text holds, and what each kind of unit would make of it, so that a user can choose.
public struct TextReport: Sendable {
  /// One file, or standard input.
  public struct Source: Sendable {
    /// Its path as it was given, or its name.
    public let name: String
    /// Its size in bytes.
    public let byteCount: Int
    /// Its encoding: `UTF-8`, `UTF-16LE`, `CP949 (EUC-KR)`.
    public let encoding: String
    /// Whether it began with a byte-order mark.
    public let hasByteOrderMark: Bool
  }

  /// What a kind of unit makes of the text.
  public struct Units: Sendable {
    /// The kind.
    public let unit: TokenUnit
    /// How many units there are.
    public let count: Int
    /// How many of them are different.
    public let vocabularySize: Int
    /// How many bytes of UTF-8 a unit stands for, on average.
    public let bytesPerUnit: Double
    /// The rarest units, the rarest first, at most ten.
    public let rarest: [Rare]
    /// How many different units occur only once.
    public let onceCount: Int
  }

  /// A unit that is rare, or a control character.
  public struct Rare: Sendable, Equatable {
    /// The unit.
    public let unit: String
    /// The unit for human eyes: `U+D55C HANGUL SYLLABLE HAN`.
    public let name: String
    /// How often it occurs.
    public let count: Int
  }

  /// How many code points are written in a script.
  public struct Script: Sendable, Equatable {
    /// The Unicode name of the script: `Hangul`.
    public let name: String
    /// How many code points there are.
    public let count: Int
  }

  /// How lines end.
  public struct LineEnds: Sendable, Equatable {
    /// CR LF, as Windows ends lines.
    public let crlf: Int
    /// CR alone.
    public let cr: Int
    /// LF alone.
    public let lf: Int
  }

  /// The files that were read.
  public let sources: [Source]
  /// One entry a kind of unit.
  public let units: [Units]
  /// How lines end.
  public let lineEnds: LineEnds
  /// The normal forms that the text is in already.
  public let normalForms: [NormalForm]
  /// The scripts, the most frequent first.
  public let scripts: [Script]
  /// Control characters other than tab, line feed and carriage return, the most frequent first.
  public let controls: [Rare]
  /// What the user should hear; whole sentences.
  public let notes: [String]

  /// Reads texts once and reports on them.
  ///
  /// - Parameters:
  ///   - sources: What to read, as `Corpus.read` does.
  ///   - options: How to read it; the unit and vocabulary in it are not used, its normal form is
  ///     that of graphemes, code points and jamo.
  /// - Returns: The report.
  /// - Throws: `TextError`, as `Corpus.read` does.
  public static func read(
    _ sources: [TextSource], options: CorpusOptions = CorpusOptions()
  ) throws(TextError) -> TextReport {
    var notes: [String] = []
    var tally = TextStatistics(options.tokenizer.normalization)
    for source in try SourceList(sources, notes: &notes).files {
      try notes += tally.read(source, options)
    }
    let name = sources.map(\.name).joined(separator: ", ")
    guard tally.hasText else { throw TextError(.empty, in: name) }
    return tally.report(notes: notes)
  }
}
