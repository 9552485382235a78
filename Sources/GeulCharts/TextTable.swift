/// A table of plain text for a terminal.
public struct TextTable: Sendable {
  private let header: [String]
  private let rows: [[String]]

  /// Creates a table; an empty `header` adds no header row.
  public init(_ rows: [[String]], header: [String] = []) {
    self.header = header
    self.rows = rows
  }

  /// Returns lines of at most `width` columns.
  ///
  /// The last column is wrapped. If fewer than 20 columns remain for it, the cells of each row are
  /// stacked.
  public func lines(width: Int) -> [String] {
    let all = (header.isEmpty ? [] : [header]) + rows
    guard let count = all.map(\.count).max(), count > 0 else { return [] }
    let widths = (0..<count).map { column in
      all.map { $0.indices.contains(column) ? displayWidth(of: $0[column]) : 0 }.max() ?? 0
    }
    let indentation = widths.dropLast().reduce(0) { $0 + $1 + 2 }
    let lastWidth = width - indentation
    guard lastWidth >= min(widths.last ?? 0, 20) else { return stacked(width) }
    return all.flatMap { row in
      var line = ""
      for (cell, columnWidth) in zip(row, widths).prefix(count - 1) {
        line += cell + String(repeating: " ", count: columnWidth - displayWidth(of: cell) + 2)
      }
      let last = row.count == count ? wrapped(row[count - 1], width: lastWidth) : [""]
      return last.enumerated().map { index, text in
        trimmed((index == 0 ? line : String(repeating: " ", count: indentation)) + text)
      }
    }
  }

  /// Returns the cells of each row below each other, all but the first indented.
  private func stacked(_ width: Int) -> [String] {
    rows.flatMap { row in
      row.enumerated().filter { !$1.isEmpty }.flatMap { index, cell in
        let label = header.indices.contains(index) ? header[index] : ""
        let text = label.isEmpty ? cell : "\(label): \(cell)"
        return index == 0
          ? wrapped(text, width: width) : wrapped(text, width: width - 2).map { "  " + $0 }
      }
    }
  }

  /// Returns a line without trailing spaces.
  private func trimmed(_ line: String) -> String {
    var line = line
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}
