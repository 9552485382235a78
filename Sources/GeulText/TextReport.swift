/// Statistics of a text, and of its tokens with each token unit.
///
/// ```swift
/// let report = try TextReport.read([.path("corpora/korean.txt")])
/// for tokens in report.tokenStatistics {
///   print(tokens.unit, tokens.count, tokens.vocabularySize)
/// }
/// ```
public struct TextReport: Sendable {
  /// A file that was read, or standard input.
  public struct Source: Sendable {
    /// The path as it was given, or the name of the source.
    public let name: String
    /// The size in bytes.
    public let byteCount: Int
    /// The encoding, such as `UTF-8`, `UTF-16LE` or `CP949 (EUC-KR)`.
    public let encoding: String
    /// Indicates whether the source starts with a byte-order mark.
    public let hasByteOrderMark: Bool
  }

  /// Statistics of the tokens of one token unit.
  public struct TokenStatistics: Sendable {
    /// The token unit.
    public let unit: TokenUnit
    /// The number of tokens.
    public let count: Int
    /// The number of distinct tokens.
    public let vocabularySize: Int
    /// The average size of a token in bytes of UTF-8.
    public let bytesPerToken: Double
    /// At most ten of the rarest tokens, rarest first.
    public let rarest: [TokenFrequency]
    /// The number of distinct tokens that occur only once.
    public let onceCount: Int
  }

  /// A token and its number of occurrences.
  public struct TokenFrequency: Sendable, Equatable {
    /// The token.
    public let token: String
    /// A readable name, such as `한 U+D55C HANGUL SYLLABLE HAN`.
    public let name: String
    /// The number of occurrences.
    public let count: Int
  }

  /// A script and its number of code points.
  public struct Script: Sendable, Equatable {
    /// The Unicode name of the script, such as `Hangul`.
    public let name: String
    /// The number of code points.
    public let count: Int
  }

  /// The number of line endings of each kind.
  public struct LineEndings: Sendable, Equatable {
    /// CR LF, the line ending of Windows.
    public let crlf: Int
    /// CR alone.
    public let cr: Int
    /// LF alone.
    public let lf: Int
  }

  /// The files that were read.
  public let sources: [Source]
  /// Statistics of the tokens, one entry for each token unit.
  public let tokenStatistics: [TokenStatistics]
  /// The line endings.
  public let lineEndings: LineEndings
  /// The normal forms that do not change the text.
  public let normalForms: [NormalForm]
  /// The scripts, most frequent first.
  public let scripts: [Script]
  /// The control characters except tab, line feed and carriage return, most frequent first.
  public let controls: [TokenFrequency]
  /// Messages for the user.
  public let notes: [String]

  /// Reads texts in one pass.
  ///
  /// - Parameters:
  ///   - sources: The texts to read, as for `Corpus.read`.
  ///   - options: The options for reading. The token unit and the vocabulary are ignored; the
  ///     normal form applies to all units except bytes.
  /// - Returns: The statistics of all texts together.
  /// - Throws: `TextError`, as `Corpus.read` does.
  public static func read(
    _ sources: [TextSource], options: CorpusOptions = CorpusOptions()
  ) throws(TextError) -> TextReport {
    let list = try SourceList(sources)
    var notes = list.notes
    var statistics = TextStatistics(options.tokenizer.normalization)
    for source in list.files { try notes += statistics.read(source, options) }
    guard statistics.hasText else { throw TextError(.empty, in: list.name) }
    return statistics.report(notes: notes)
  }
}
