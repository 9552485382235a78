/// A character of a line that is wrapped to rows.
package struct WrappedCharacter: Sendable, Equatable {
  /// The number of columns.
  package let width: Int
  /// The kind of the character, which decides where a row may end.
  package let kind: Kind

  /// The kinds of characters.
  package enum Kind: Sendable, Equatable {
    /// A row may end after a space; spaces at the end of a row may exceed its width.
    case space
    /// A row may end before and after an ideograph or a kana, because words are not separated by spaces.
    case ideograph
    /// A part of a word.
    case other
  }

  /// Creates the value of a visible character; `width` is by default its display width.
  package init(_ character: String, width: Int? = nil) {
    self.width = width ?? displayWidth(ofCharacter: character)
    kind =
      switch character.unicodeScalars.first?.value ?? 0 {
      case 0x20, 0x3000: .space
      case 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x3FFFD: .ideograph
      default: .other
      }
  }
}

/// Divides the characters of a line into rows of at most `width` columns.
///
/// A row ends after a space or beside an ideograph; a word that is longer than a row is divided.
///
/// - Returns: The ranges of the rows, at least one. Spaces at the end of a row may exceed its width.
package func wrappedRows(of characters: [WrappedCharacter], width: Int) -> [Range<Int>] {
  var rows: [Range<Int>] = []
  // The start of the row, the last index at which it may end, and the columns from the start to `index`.
  var (start, end, column) = (0, 0, 0)
  for (index, character) in characters.enumerated() {
    if character.kind == .space {
      column += character.width
      end = index + 1
      continue
    }
    if character.kind == .ideograph { end = index }
    while column + character.width > width, index > start {
      if end <= start { end = index }
      rows.append(start..<end)
      start = end
      column = characters[start..<index].reduce(0) { $0 + $1.width }
    }
    column += character.width
    if character.kind == .ideograph { end = index + 1 }
  }
  return rows + [start..<characters.count]
}

/// Wraps one line of text at spaces and beside ideographs to rows of at most `width` columns; longer words are divided.
///
/// The spaces at the end of a row are left out, except those at the end of the line.
public func wrapped(_ text: String, width: Int) -> [String] {
  let characters = text.map { String($0) }
  let rows = wrappedRows(of: characters.map { WrappedCharacter($0) }, width: width)
  return rows.map { range in
    var row = characters[range]
    // At the end of the line, spaces remain if they fit.
    var column = row.reduce(0) { $0 + displayWidth(ofCharacter: $1) }
    while let last = row.last, last == " ", range.upperBound < characters.count || column > width {
      row.removeLast()
      column -= 1
    }
    return row.joined()
  }
}

/// Wraps each line of a text of several lines to at most `width` columns.
public func wrappedLines(_ text: String, width: Int) -> [String] {
  text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.flatMap {
    wrapped(String($0), width: width)
  }
}
