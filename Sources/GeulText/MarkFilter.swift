/// Removes byte-order marks (U+FEFF) at the start of lines, which remain if files are joined, and
/// counts other signs of a wrong conversion.
struct MarkFilter {
  /// Removes and counts nothing except a byte-order mark at the start of the source if false.
  var isActive = true
  /// Indicates whether the text so far ends with a line break.
  var endsLine = false
  /// The number of U+FFFD that the reader itself adds to its input.
  var ownReplacements: Int {
    get { counts.ownReplacements }
    set { counts.ownReplacements = newValue }
  }
  private(set) var counts = Counts()
  /// Indicates whether the source starts with a byte-order mark.
  private(set) var hasByteOrderMark = false

  private var hasBegun = false

  /// Creates a filter of a source, or of a part of one that follows a line break.
  init(followsLineBreak: Bool = false) {
    (hasBegun, endsLine) = (followsLineBreak, followsLineBreak)
  }

  /// Appends valid UTF-8 to `text`.
  mutating func append(_ bytes: ArraySlice<UInt8>, to text: inout ByteQueue) {
    guard !bytes.isEmpty else { return }
    var rest = bytes
    if !hasBegun {
      hasBegun = true
      hasByteOrderMark = rest.starts(with: Self.mark)
      if hasByteOrderMark {
        rest = rest.dropFirst(3)
        endsLine = true
      }
    }
    guard isActive else {
      text.bytes += rest
      return
    }
    var start = rest.startIndex
    while let next = ICU.nextMark(in: rest) {
      let isMark = bytes[next + 1] == 0xBB && bytes[next + 2] == 0xBF
      if isMark {
        let before = next > start ? bytes[next - 1] : nil
        if before.map({ $0 == 0x0A || $0 == 0x0D }) ?? endsLine {
          text.bytes += bytes[start..<next]
          start = next + 3
          endsLine = true
          counts.removed += 1
        } else {
          counts.kept += 1
        }
      } else if bytes[next + 1] == 0xBF, bytes[next + 2] == 0xBD {
        counts.replacements += 1
      }
      rest = bytes[(next + 3)...]
    }
    text.bytes += bytes[start...]
    if start < bytes.endIndex, let last = bytes.last { endsLine = last == 0x0A || last == 0x0D }
  }

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

extension MarkFilter {
  /// What has been removed and counted in a source, or in several parts of it.
  struct Counts: Codable, Sendable {
    fileprivate(set) var removed = 0
    fileprivate(set) var kept = 0
    fileprivate(set) var replacements = 0
    fileprivate(set) var ownReplacements = 0

    /// Adds the counts of the next part of the source.
    mutating func add(_ next: Counts) {
      removed += next.removed
      kept += next.kept
      replacements += next.replacements
      ownReplacements += next.ownReplacements
    }

    /// Messages for the user without the name of the source.
    var notes: [String] {
      var notes: [String] = []
      if removed > 0 {
        notes.append(
          "byte-order marks at the start of lines were removed: \(removed); joining files leaves them."
        )
      }
      if kept > 0 {
        notes.append("U+FEFF within lines was kept as a zero width no-break space: \(kept).")
      }
      let already = replacements - ownReplacements
      if already > 0 {
        notes.append(
          "it already contains \(already) replacement character\(already == 1 ? "" : "s") U+FFFD:"
            + " it was decoded with a wrong encoding before.")
      }
      return notes
    }
  }
}
