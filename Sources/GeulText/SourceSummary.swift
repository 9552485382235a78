/// What has been found in a source, or in a part of it, for the notes to the user.
struct SourceSummary: Codable, Sendable {
  /// The path as it was given, or the name of the source.
  var name: String
  /// The number of bytes that were read.
  var byteCount = 0
  var hasByteOrderMark = false
  var marks = MarkFilter.Counts()
  /// The length of the run of NULs at the end, which are removed, and its offset in UTF-8.
  var zeros = 0
  var zerosOffset: Int?
  /// The number of invalid sequences that were replaced, and the offset of the first in UTF-8.
  var replaced = 0
  var firstReplaced: Int?
  private let encodingName: String
  /// A sentence on the choice of the encoding, without the name of the source.
  private let encodingNotes: [String]

  /// Creates the summary of a source that has not been read; `hasOption` is true if the command has the option `--encoding`.
  init(
    name: String, _ encoding: TextEncoding, doubt: EncodingSuggestion?, hasOption: Bool = true
  ) {
    self.name = name
    encodingName = encoding.name
    var notes: [String] = []
    if let other = encoding.otherOrder {
      notes.append(
        "no byte-order mark; read as \(encoding.name), detected from its bytes"
          + (hasOption ? "; --encoding \(other) overrides it." : "."))
    } else if encoding.isGuess {
      notes.append(
        "read as \(encoding.name), detected from its bytes"
          + (hasOption ? "; --encoding overrides it." : "."))
    }
    if let doubt {
      notes.append(
        "read as \(encoding.name), but it looks like \(doubt.name) (\"\(doubt.preview)\").")
    }
    encodingNotes = notes
  }

  /// Adds what has been found in the next part of the source.
  mutating func add(_ next: SourceSummary) {
    byteCount += next.byteCount
    marks.add(next.marks)
    (zeros, zerosOffset) = (next.zeros, next.zerosOffset)
    replaced += next.replaced
    firstReplaced = firstReplaced ?? next.firstReplaced
  }

  /// Messages for the user.
  var notes: [String] {
    var notes: [String] = []
    if byteCount == 0 { notes.append("the file is empty.") }
    notes += encodingNotes
    if hasByteOrderMark {
      let prefix = encodingName == TextEncoding.utf8.name ? "" : " \(encodingName)"
      notes.append("the\(prefix) byte-order mark was removed.")
    }
    notes += marks.notes
    if zeros > 0 {
      let offset = zerosOffset.map { " from byte \($0) on" } ?? ""
      notes.append("NULs at the end were removed: \(zeros)\(offset).")
    }
    if replaced > 0 {
      let first = firstReplaced.map { ", the first at offset \($0)" } ?? ""
      notes.append("invalid byte sequences replaced with U+FFFD: \(replaced)\(first).")
    }
    return notes.map { "\(name): \($0)" }
  }
}
