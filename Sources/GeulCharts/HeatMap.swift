/// Numbers of several cells over a text, as colours.
public struct HeatMap: Picture {
  /// What is shown.
  public let title: String
  /// In words, what low and high numbers mean.
  public let meaning: String
  /// The numbers' range.
  public let range: ClosedRange<Double>
  /// `[cells][time]`.
  public let rows: [[Float]]
  /// What each row is called.
  public let rowNames: [String]
  /// The text: a unit for each column.
  public let columns: [String]

  /// A heat map.
  public init(
    title: String, meaning: String, range: ClosedRange<Double>, rows: [[Float]],
    rowNames: [String], columns: [String]
  ) {
    self.title = title
    self.meaning = meaning
    self.range = range
    self.rows = rows
    self.rowNames = rowNames
    self.columns = columns
  }

  /// Where in the range a number is, from 0 to 1.
  private func share(_ value: Float) -> Double {
    let share = (Double(value) - range.lowerBound) / (range.upperBound - range.lowerBound)
    // The states of a rectified network have no bound.
    return share.isFinite ? min(1, max(0, share)) : 0
  }

  /// The text, and under it a line for each cell; with colours blocks, without bars from low to high.
  public func lines(on terminal: Terminal) -> [String] {
    let margin = (rowNames.map(\.count).max() ?? 0) + 1
    var lines = wrapped("\(title): \(meaning)", width: terminal.width)
    var start = 0
    while start < columns.count {
      var (end, width) = (start, 0)
      // A column that is wider than the terminal stands by itself.
      repeat {
        width += cellWidth(end)
        end += 1
      } while end < columns.count && width + cellWidth(end) <= terminal.width - margin
      let text = (start..<end).map { visible(columns[$0]) }.joined()
      lines.append(String(repeating: " ", count: margin) + text)
      for (name, row) in zip(rowNames, rows) {
        let cells = (start..<end).map { column in
          let share = share(row[column])
          let width = cellWidth(column)
          return terminal.hasColours
            ? terminal.paint(String(repeating: " ", count: width), on: .along(share))
            : String(repeating: Self.bars[Int((share * 7.999).rounded(.down))], count: width)
        }
        lines.append(
          name + String(repeating: " ", count: margin - name.count) + cells.joined())
      }
      start = end
    }
    return lines
  }

  private static let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  private func cellWidth(_ column: Int) -> Int {
    max(1, GeulCharts.columns(visible(columns[column])))
  }

  /// How many columns of a page stand side by side; the rest goes below.
  private static let pageColumns = 70

  /// One drawing: a square for each number, in sixteen colours, so that a page stays small.
  public var html: String {
    let (size, margin, top) = (12, 64, 16)
    let block = top + rows.count * size + 8
    let blocks = (columns.count + Self.pageColumns - 1) / Self.pageColumns
    let (width, height) = (
      margin + min(columns.count, Self.pageColumns) * size, max(1, blocks) * block
    )
    func place(_ column: Int) -> (x: Int, y: Int) {
      (margin + column % Self.pageColumns * size, column / Self.pageColumns * block)
    }
    var paths = Array(repeating: "", count: 16)
    for (row, values) in rows.enumerated() {
      for (column, value) in values.enumerated() {
        let shade = min(15, max(0, Int(share(value) * 16)))
        let (x, y) = place(column)
        paths[shade] += "M\(x),\(y + top + row * size)h\(size)v\(size)h-\(size)z"
      }
    }
    let squares = paths.enumerated().filter { !$1.isEmpty }.map { shade, path in
      "<path fill=\"\(Colour.along((Double(shade) + 0.5) / 16).css)\" d=\"\(path)\"/>"
    }
    let texts = columns.enumerated().map { column, unit in
      let (x, y) = place(column)
      return
        "<text x=\"\(x + size / 2)\" y=\"\(y + 11)\" text-anchor=\"middle\">\(escaped(visible(unit)))</text>"
    }
    let names = (0..<blocks).flatMap { index in
      rowNames.enumerated().map { row, name in
        "<text x=\"\(margin - 4)\" y=\"\(index * block + top + row * size + 10)\" text-anchor=\"end\">\(escaped(name))</text>"
      }
    }
    let means = zip(rowNames, rows).map { name, row in
      "\(name): mean \(rounded(Double(row.reduce(0, +)) / Double(max(1, row.count)), 2))"
    }
    return """
      <figure><figcaption><b>\(escaped(title))</b>: \(escaped(meaning))<br>\(scale)</figcaption>
      <div class="wide"><svg\(languageMark(of: columns.joined())) width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="img">\
      <title>\(escaped(title))</title><desc>\(escaped(means.joined(separator: "; ")))</desc>
      \(squares.joined())\(texts.joined())\(names.joined())</svg></div></figure>
      """
  }

  /// What the colours mean.
  private var scale: String {
    let steps = (0..<16).map { step in
      "<span style=\"background:\(Colour.along((Double(step) + 0.5) / 16).css)\"></span>"
    }
    return
      "<span class=\"scale\" aria-hidden=\"true\">\(short(range.lowerBound)) \(steps.joined()) \(short(range.upperBound))</span>"
  }
}
