internal import GeulCharts
internal import GeulText

/// The last rows of a text and its continuation, as they stand in a terminal.
package struct TextLayout: Sendable, Equatable {
  /// A character in a row.
  package struct Cell: Sendable, Equatable {
    /// The visible form of the character.
    package let text: String
    /// The number of columns.
    package let width: Int
    /// The index of the character in the text; nil for a character of the continuation.
    package let index: Int?
  }

  /// The rows, each of at most the given number of columns.
  package private(set) var rows: [[Cell]]
  /// The row and the column of the cursor, which is at the end of the text.
  ///
  /// The row is not less than the number of rows if an earlier part of the text is shown.
  package private(set) var cursor: (row: Int, column: Int) = (0, 0)
  /// The number of rows by which an earlier part of the text is shown.
  package private(set) var scrolledRows = 0

  /// Lays out a text for `height` rows of `width` columns.
  ///
  /// Rows are wrapped at spaces. If there are more than `height`, the last ones are kept, but the row of the cursor in
  /// any case. The time depends on the length of the last lines only.
  ///
  /// - Parameters:
  ///   - characters: The text.
  ///   - suggestion: Its continuation.
  ///   - width: The number of columns; less than 2 counts as 2.
  ///   - height: The number of rows; less than 1 counts as 1.
  ///   - scrolledRows: The number of rows by which an earlier part is shown, as far as there is one.
  package init(
    of characters: [Character], suggestion: String, width: Int, height: Int, scrolledRows: Int = 0
  ) {
    let (width, height) = (max(2, width), max(1, height))
    rows = []
    var start = Self.lineStart(in: characters, before: characters.count, block: width * height)
    var cells = (start..<characters.count).map { Self.cell(characters[$0], index: $0) }
    let cursor = cells.count
    let lines = suggestion.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    cells += lines[0].map { Self.cell($0, index: nil) }
    append(cells, width: width, cursor: cursor)
    for line in lines.dropFirst() {
      append(line.map { Self.cell($0, index: nil) }, width: width, cursor: nil)
    }
    // The lines before, until the screen is full.
    while self.cursor.row < height + scrolledRows, start > 0 {
      let end = characters[start - 1].isNewline ? start - 1 : start
      start = Self.lineStart(in: characters, before: end, block: width * height)
      var above = TextLayout(rows: [])
      above.append(
        (start..<end).map { Self.cell(characters[$0], index: $0) }, width: width, cursor: nil)
      rows = above.rows + rows
      self.cursor.row += above.rows.count
    }
    let last = max(0, min(self.cursor.row, rows.count - height))
    let top = max(0, last - scrolledRows)
    self.scrolledRows = last - top
    rows.removeFirst(top)
    rows.removeLast(max(0, rows.count - height))
    self.cursor.row -= top
  }

  private init(rows: [[Cell]]) { self.rows = rows }

  /// Adds a line; `cursor` is the index of the cell that the cursor is before.
  private mutating func append(_ cells: [Cell], width: Int, cursor: Int?) {
    let ranges = wrappedRows(of: cells.map { WrappedCharacter($0) }, width: width)
    for range in ranges {
      if let cursor, range.contains(cursor) || cursor == range.upperBound {
        let column = cells[range.lowerBound..<cursor].reduce(0) { $0 + $1.width }
        self.cursor = (rows.count, column)
      }
      var column = 0
      rows.append(
        cells[range].filter { cell in
          column += cell.width
          return column <= width
        })
    }
    if cursor != nil, self.cursor.column >= width {
      // The row is full.
      self.cursor = (self.cursor.row + 1, 0)
      if self.cursor.row == rows.count { rows.append([]) }
    }
  }

  /// Returns the start of the line that ends before an index.
  ///
  /// A line of more than three blocks of `block` characters is divided at a multiple of that length, so that its layout does
  /// not take longer the longer it is.
  private static func lineStart(in characters: [Character], before end: Int, block: Int) -> Int {
    let searched = max(0, end - 3 * block)
    if let lineBreak = characters[searched..<end].lastIndex(where: \.isNewline) {
      return lineBreak + 1
    }
    return searched == 0 ? 0 : (end / block - 2) * block
  }

  private static func cell(_ character: Character, index: Int?) -> Cell {
    if character == "\t" { return Cell(text: "    ", width: 4, index: index) }
    // Terminals disagree on the width of conjoining jamo. (Foundation does not compose a syllable without a final
    // consonant and that consonant.)
    let composed =
      character.unicodeScalars.count == 1
      ? String(character) : Tokenizer(normalization: .nfc).normalized(String(character))
    let shown = visibleText(displayText(of: composed))
    return Cell(
      text: shown,
      width: shown.count == 1 ? displayWidth(ofCharacter: shown) : displayWidth(of: shown),
      index: index)
  }

  package static func == (a: TextLayout, b: TextLayout) -> Bool {
    a.rows == b.rows && a.cursor == b.cursor && a.scrolledRows == b.scrolledRows
  }
}

extension WrappedCharacter {
  /// Creates the value of a cell; a tab is a space.
  fileprivate init(_ cell: TextLayout.Cell) { self.init(cell.text, width: cell.width) }
}
