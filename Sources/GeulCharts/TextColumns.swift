/// Texts in columns next to each other, each under a title.
package struct TextColumns: Sendable {
  /// A text and its title.
  package struct Column: Sendable {
    package let title: String
    /// The title of a narrow column.
    package let shortTitle: String
    package let text: String

    /// Creates a column; the short title is by default the title.
    package init(title: String, shortTitle: String? = nil, text: String) {
      (self.title, self.shortTitle, self.text) = (title, shortTitle ?? title, text)
    }
  }

  private let columns: [Column]
  private static let separator = " │ "
  /// The least width of a column; columns that do not fit beside each other stand below.
  private static let minimumWidth = 20

  /// Creates columns.
  package init(_ columns: [Column]) { self.columns = columns }

  /// Returns the lines, each of at most `width` columns of a terminal, for at least 20 of them.
  package func lines(width: Int) -> [String] {
    let separatorWidth = displayWidth(of: Self.separator)
    let fitting = max(1, (width + separatorWidth) / (Self.minimumWidth + separatorWidth))
    let groupCount = (columns.count + fitting - 1) / fitting
    return (0..<groupCount).flatMap { group in
      let part = columns[
        columns.count * group / groupCount..<columns.count * (group + 1) / groupCount]
      let columnWidth = (width - separatorWidth * (part.count - 1)) / part.count
      return (group == 0 ? [] : [""]) + Self.lines(part, columnWidth)
    }
  }

  /// Returns the lines of columns next to each other.
  private static func lines(_ columns: ArraySlice<Column>, _ width: Int) -> [String] {
    let isNarrow = columns.contains { displayWidth(of: $0.title) > width }
    let wrapped = columns.map { column in
      wrappedLines(isNarrow ? column.shortTitle : column.title, width: width)
        + [String(repeating: "─", count: width)]
        + wrappedLines(visibleText(column.text).replacing("\t", with: "    "), width: width)
    }
    return (0..<(wrapped.map(\.count).max() ?? 0)).map { row in
      let cells = wrapped.map { lines in
        let cell = lines.indices.contains(row) ? lines[row] : ""
        return cell + String(repeating: " ", count: max(0, width - displayWidth(of: cell)))
      }
      let line = cells.joined(separator: separator)
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
