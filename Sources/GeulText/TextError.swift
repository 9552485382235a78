import GeulStorage

/// An error in a text or a vocabulary.
public struct TextError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A reason for an error.
  public enum Reason: Sendable, Equatable {
    /// The file or folder does not exist.
    case missing
    /// The file cannot be read; the system's message.
    case unreadable(String)
    /// The file does not have the size that another process has read.
    case otherSize(Int, expected: Int)
    /// The text has no tokens.
    case empty
    /// The folder contains no text file.
    case folderWithoutText
    /// The data is not text; the evidence.
    case binary(String)
    /// Bytes are invalid in the encoding; at most two encodings in which they may be text.
    case invalidBytes([UInt8], encoding: String, suggestions: [EncodingSuggestion])
    /// The byte order of UTF-16 or UTF-32 is unknown; the orders in which the bytes may be text.
    case unknownByteOrder(String, suggestions: [EncodingSuggestion])
    /// ICU does not know the encoding; similar names.
    case unknownEncoding(String, suggestions: [String])
    /// A character exceeds the size limit, for example because of many combining marks.
    case characterTooLong(bytes: Int)
    /// No token occurs as often as `CorpusOptions.minimumCount`.
    case minimumCountTooHigh(Int)
    /// The file of token ids cannot be written; the system's message.
    case temporaryFile(String)
    /// No file of token ids can be created; the directories that were tried with the system's
    /// messages.
    case noTemporaryFolder([String])
    /// The vocabulary is invalid; the problem.
    case invalidVocabulary(String)
    /// The text is too large to be read as a list.
    case listTooLarge
    /// A line or a source has no valid label; the problem.
    case invalidLabel(String)
    /// The label of a source is the name of its file, and it is not a file.
    case noFileLabel
    /// The vocabulary has no such label; those that it has.
    case unknownLabel(String, known: [String])
    /// A list is read with a vocabulary that has no line feed.
    case noLineFeed
  }

  /// The reason for the error.
  public let reason: Reason
  /// The path as it was given, "standard input", or the name of a value.
  public let source: String
  /// The byte offset of the error in the source; nil if there is none.
  public let offset: Int?

  /// Creates an error for a source.
  public init(_ reason: Reason, in source: String, at offset: Int? = nil) {
    self.reason = reason
    self.source = source
    self.offset = offset
  }

  /// Creates the error for a file that cannot be opened.
  init(opening path: String, _ error: FileError) {
    self.init(error.isMissing ? .missing : .unreadable(error.message), in: path)
  }

  /// The source, the problem and a remedy, without a line feed.
  public var description: String { description { $0 != "--label" } }

  /// Returns the description for a command, which advises only the options that the command has.
  package func description(offering isOption: (String) -> Bool) -> String {
    "\(source): \(message(isOption))"
  }

  private var location: String { offset.map { " at offset \($0)" } ?? "" }

  /// Returns the meaning of bytes that encode a surrogate, such as ED A0 80.
  private static func surrogate(_ bytes: [UInt8]) -> String {
    guard let (scalar, isPair) = TextEncoding.surrogates(bytes[...]) else { return "" }
    let name = "U+" + String(hexadecimal: scalar, digits: 4, uppercase: true)
    return isPair
      ? ": they encode a surrogate pair, as in CESU-8" : ": they encode the lone surrogate \(name)"
  }

  private func message(_ isOption: (String) -> Bool) -> String {
    let otherUnit = isOption("--unit") ? "--unit byte reads any file" : "give a text file"
    switch reason {
    case .missing:
      return "no such file or directory."
    case .unreadable(let message):
      return "it cannot be read: \(message)."
    case .otherSize(let own, let expected):
      return
        "it has \(own) bytes on this rank and \(expected) bytes on rank 0, so it is another text."
    case .empty:
      return "there is no text in it; at least one character is needed."
    case .folderWithoutText:
      return
        "the directory contains no text file (\(FolderListing.patterns)); give the paths of files."
    case .binary(let evidence):
      return "this is not text: \(evidence)\(location); \(otherUnit)."
    case .invalidBytes(let bytes, let encoding, let suggestions):
      let hasEncoding = isOption("--encoding")
      let remedy =
        EncodingSuggestion.remedy(suggestions, hasOption: hasEncoding)
        ?? (hasEncoding ? "set its encoding with --encoding" : "convert it to UTF-8")
      let digits = bytes.map { "0x" + String(hexadecimal: $0, digits: 2, uppercase: true) }
      return
        "\(digits.count == 1 ? "the byte" : "the bytes") \(digits.joined(separator: " "))\(location)"
        + " \(bytes.count == 1 ? "is" : "are") not valid \(encoding)\(Self.surrogate(bytes));"
        + " \(remedy)"
        + (isOption("--invalid")
          ? ", or use --invalid replace to replace invalid bytes with U+FFFD." : ".")
    case .unknownByteOrder(let encoding, let suggestions):
      let remedy = EncodingSuggestion.remedy(suggestions)
      return remedy.map {
        "there is no byte-order mark, and \(encoding) is possible in both orders; \($0)."
      }
        ?? "there is no byte-order mark, and the bytes are not text in \(encoding) in either byte order;"
        + " omit --encoding to detect the encoding."
    case .unknownEncoding(let name, let suggestions):
      let hint =
        suggestions.isEmpty ? "." : "; did you mean \(suggestions.joined(separator: " or "))?"
      return "unknown encoding \"\(name)\"\(hint)"
    case .characterTooLong(let bytes):
      return "a character is longer than \(bytes) bytes\(location); \(otherUnit)."
    case .minimumCountTooHigh(let count):
      return "no token occurs \(count) times; use a smaller --min-count."
    case .temporaryFile(let message):
      return "the token ids cannot be written there: \(message); set TMPDIR to another directory."
    case .noTemporaryFolder(let attempts):
      return "no file for them can be created in \(attempts.joined(separator: ", "));"
        + " set TMPDIR to a writable directory."
    case .invalidVocabulary(let problem):
      return "\(problem)."
    case .listTooLarge:
      return
        "a list or a text with labels is kept in memory, up to \(Corpus.maximumListBytes >> 20) MB and \(ItemSet.maximumCount) lines;"
        + (isOption("--context-label") ? " leave out --lines and --context-label, or" : "")
        + " use a part of the text."
    case .invalidLabel(let problem):
      return "\(problem)"
        + (isOption("--label") ? ", or give all lines one label with --label." : ".")
    case .noFileLabel:
      let remedy =
        isOption("--label")
        ? "give its label with --label"
        : isOption("--context-label") ? "use --context-label line" : "give a file"
      return "a label is the name of a file, but this is not a file; \(remedy)."
    case .unknownLabel(let name, let known):
      return UnknownLabel(name, known).description
        + (isOption("--label") ? " --label gives all lines one of them." : "")
    case .noLineFeed:
      return "the vocabulary has no line feed, which ends the items of a list; leave out --lines."
    }
  }
}

/// Returns bytes as hexadecimal digits, such as `C3 28`.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { String(hexadecimal: $0, digits: 2, uppercase: true) }.joined(separator: " ")
}
