/// A table of a terminal.
public struct TextTable: Sendable {
  private let headings: [String]
  private let rows: [[String]]

  /// A table, under headings if there are any.
  public init(_ rows: [[String]], under headings: [String] = []) {
    self.headings = headings
    self.rows = rows
  }

  /// Columns side by side, of which the last may take several lines; where there is no room, one cell below the other.
  public func lines(width: Int) -> [String] {
    let all = (headings.isEmpty ? [] : [headings]) + rows
    guard let count = all.map(\.count).max(), count > 0 else { return [] }
    let widths = (0..<count).map { column in
      all.map { $0.indices.contains(column) ? columnCount($0[column]) : 0 }.max() ?? 0
    }
    let before = widths.dropLast().reduce(0) { $0 + $1 + 2 }
    let room = width - before
    guard room >= min(widths.last ?? 0, 20) else { return stacked(width) }
    return all.flatMap { row in
      var line = ""
      for (cell, wide) in zip(row, widths).prefix(count - 1) {
        line += cell + String(repeating: " ", count: wide - columnCount(cell) + 2)
      }
      let last = row.count == count ? wrapped(row[count - 1], width: room) : [""]
      return last.enumerated().map { index, rest in
        trimmed((index == 0 ? line : String(repeating: " ", count: before)) + rest)
      }
    }
  }

  private func stacked(_ width: Int) -> [String] {
    rows.flatMap { row in
      row.enumerated().filter { !$1.isEmpty }.flatMap { index, cell in
        let heading = headings.indices.contains(index) ? headings[index] : ""
        let text = heading.isEmpty ? cell : "\(heading): \(cell)"
        return index == 0
          ? wrapped(text, width: width) : wrapped(text, width: width - 2).map { "  " + $0 }
      }
    }
  }

  private func trimmed(_ line: String) -> String {
    var line = line
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}
