public import GeulPage

/// A heat map over the tokens of a text, with a row for each neuron.
public struct HeatMap: Figure {
  /// The title.
  public let title: String
  /// An explanation of low and high values.
  public let caption: String
  /// The range of the color map; values outside are clamped.
  public let range: ClosedRange<Double>
  /// The values, `[row][column]`.
  public let rows: [[Float]]
  /// The label of each row.
  public let rowLabels: [String]
  /// The label of each column, usually a token.
  public let columnLabels: [String]
  /// The labels of groups of columns, by the first column of the group; shown above `columnLabels`.
  public let groupLabels: [Int: String]

  /// Creates a heat map.
  public init(
    title: String, caption: String, range: ClosedRange<Double>, rows: [[Float]],
    rowLabels: [String], columnLabels: [String], groupLabels: [Int: String] = [:]
  ) {
    self.title = title
    self.caption = caption
    self.range = range
    self.rows = rows
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
    self.groupLabels = groupLabels
  }

  /// Returns the position of a value in `range`, from 0 to 1; 0 for values that are not finite.
  private func normalized(_ value: Float) -> Double {
    let fraction = (Double(value) - range.lowerBound) / (range.upperBound - range.lowerBound)
    return fraction.isFinite ? min(1, max(0, fraction)) : 0
  }

  /// Returns the column labels, and below them a line for each row: colored blocks, or bars without
  /// colors.
  ///
  /// Columns beyond the width of the terminal continue in further blocks.
  public func terminalLines(on terminal: Terminal, in language: Language) -> [String] {
    let margin = (rowLabels.map { displayWidth(of: $0) }.max() ?? 0) + 1
    var lines = wrapped("\(title): \(caption)", width: terminal.width)
    var start = 0
    while start < columnLabels.count {
      var (end, width) = (start, 0)
      // At least one column, even if it is wider than the terminal.
      repeat {
        width += columnWidth(end)
        end += 1
      } while end < columnLabels.count && width + columnWidth(end) <= terminal.width - margin
      if !groupLabels.isEmpty {
        lines.append(String(repeating: " ", count: margin) + groupLine(start..<end))
      }
      let text = (start..<end).map { displayText(of: columnLabels[$0]) }.joined()
      lines.append(String(repeating: " ", count: margin) + text)
      for (label, row) in zip(rowLabels, rows) {
        let cells = (start..<end).map { column in
          let fraction = normalized(row[column])
          let width = columnWidth(column)
          return terminal.supportsColor
            ? terminal.styled(
              String(repeating: " ", count: width), background: .diverging(fraction))
            : String(repeating: Self.bars[Int((fraction * 7.999).rounded(.down))], count: width)
        }
        lines.append(
          label + String(repeating: " ", count: margin - displayWidth(of: label)) + cells.joined())
      }
      start = end
    }
    return lines
  }

  private static let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  private func columnWidth(_ column: Int) -> Int {
    max(1, displayWidth(of: displayText(of: columnLabels[column])))
  }

  /// Returns the labels of the groups that begin in a range of columns, each above its first column.
  private func groupLine(_ columns: Range<Int>) -> String {
    var line = ""
    var (width, position) = (0, 0)
    for column in columns {
      if let label = groupLabels[column].map(displayText) {
        line += String(repeating: " ", count: max(0, position - width)) + label
        width = max(width, position) + displayWidth(of: label)
      }
      position += columnWidth(column)
    }
    return line
  }

  /// The number of columns side by side in a block of the drawing.
  private static let blockColumnCount = 70
  /// The number of colors of the drawing; one path for each keeps the page small.
  private static let colorCount = 16

  /// Returns an SVG drawing with a square for each value.
  public func html(in language: Language) -> String {
    let (size, margin, top) = (12, 64, groupLabels.isEmpty ? 16 : 30)
    let blockHeight = top + rows.count * size + 8
    let blockCount = (columnLabels.count + Self.blockColumnCount - 1) / Self.blockColumnCount
    let width = margin + min(columnLabels.count, Self.blockColumnCount) * size
    let height = max(1, blockCount) * blockHeight
    func origin(of column: Int) -> (x: Int, y: Int) {
      (
        margin + column % Self.blockColumnCount * size,
        column / Self.blockColumnCount * blockHeight
      )
    }
    var paths = Array(repeating: "", count: Self.colorCount)
    for (row, values) in rows.enumerated() {
      for (column, value) in values.enumerated() {
        let color = Int(normalized(value) * Double(Self.colorCount))
        let (x, y) = origin(of: column)
        paths[min(Self.colorCount - 1, color)] +=
          "M\(x),\(y + top + row * size)h\(size)v\(size)h-\(size)z"
      }
    }
    let squares = paths.enumerated().filter { !$1.isEmpty }.map { index, path in
      "<path fill=\"\(Self.color(index).css)\" d=\"\(path)\"/>"
    }
    func text(_ label: String, above column: Int, line: Int) -> String {
      let (x, y) = origin(of: column)
      return
        "<text x=\"\(x + size / 2)\" y=\"\(y + line)\" text-anchor=\"middle\">\(htmlEscaped(displayText(of: label)))</text>"
    }
    let columnTexts =
      groupLabels.sorted { $0.key < $1.key }.map { text($0.value, above: $0.key, line: 11) }
      + columnLabels.enumerated().map { text($1, above: $0, line: top - 5) }
    let rowTexts = (0..<blockCount).flatMap { block in
      rowLabels.enumerated().map { row, label in
        "<text x=\"\(margin - 4)\" y=\"\(block * blockHeight + top + row * size + 10)\" text-anchor=\"end\">\(htmlEscaped(label))</text>"
      }
    }
    let means = zip(rowLabels, rows).map { label, row in
      "\(label): \(language("mean", "평균")) \(rounded(Double(row.reduce(0, +)) / Double(max(1, row.count)), 2))"
    }
    return """
      <figure><figcaption><b>\(htmlEscaped(title))</b>: \(htmlEscaped(caption))<br>\(colorScale)</figcaption>
      <div class="wide"><svg\(languageAttribute(of: columnLabels.joined())) width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="img">\
      <title>\(htmlEscaped(title))</title><desc>\(htmlEscaped(means.joined(separator: "; ")))</desc>
      \(squares.joined())\(columnTexts.joined())\(rowTexts.joined())</svg></div></figure>
      """
  }

  private static func color(_ index: Int) -> Color {
    .diverging((Double(index) + 0.5) / Double(colorCount))
  }

  /// The colors between the bounds of `range`, as a legend.
  private var colorScale: String {
    let colors = (0..<Self.colorCount).map { index in
      "<span style=\"background:\(Self.color(index).css)\"></span>"
    }
    return
      "<span class=\"scale\" aria-hidden=\"true\">\(short(range.lowerBound)) \(colors.joined()) \(short(range.upperBound))</span>"
  }
}
