public import GeulPage

/// A line chart of one or more series.
public struct LineChart: Figure {
  /// A series of points, drawn as one line.
  public struct Series: Sendable {
    /// The name in the legend.
    public let name: String
    /// The points from left to right.
    public let points: [(x: Double, y: Double)]

    /// Creates a series of the points that are finite.
    public init(_ name: String, _ points: [(x: Double, y: Double)]) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    }
  }

  /// The title.
  public let title: String
  /// The labels of the axes: the quantity or its unit.
  public let labels: (x: String, y: String)
  /// Indicates which axes are logarithmic.
  public let isLogarithmic: (x: Bool, y: Bool)
  /// The series that have points.
  public let series: [Series]

  /// Creates a chart; points that are not positive on a logarithmic axis are left out.
  public init(
    title: String, x: String, y: String, logarithmicX: Bool = false, logarithmicY: Bool = false,
    series: [Series]
  ) {
    self.title = title
    labels = (x, y)
    isLogarithmic = (logarithmicX, logarithmicY)
    self.series = series.map { line in
      Series(
        line.name,
        line.points.filter { (!logarithmicX || $0.x > 0) && (!logarithmicY || $0.y > 0) })
    }.filter { !$0.points.isEmpty }
  }

  private var axes: (x: Axis, y: Axis) {
    let points = series.flatMap(\.points)
    return (
      Axis(points.map(\.x), isLogarithmic: isLogarithmic.x),
      Axis(points.map(\.y), isLogarithmic: isLogarithmic.y)
    )
  }

  /// The number of rows of the plot on a terminal.
  private static let height = 13

  /// Returns the chart drawn with braille characters; without colors, with a letter for each series.
  public func terminalLines(on terminal: Terminal, in language: Language) -> [String] {
    guard !series.isEmpty else { return ["\(title): \(Self.noData(language))"] }
    let (axes, height) = (axes, Self.height)
    var tickLabels = Array(repeating: "", count: height)
    for tick in axes.y.ticks {
      let row = height - 1 - Self.dotIndex(axes.y.position(of: tick.value), 4 * height) / 4
      if tickLabels[row].isEmpty { tickLabels[row] = tick.label }
    }
    let margin = (tickLabels.map(\.count).max() ?? 0) + 2
    let width = min(100, terminal.width - margin - 1)
    var lines = wrapped(
      Self.caption(title, labels.y, isLogarithmic.y, language), width: terminal.width)
    for (label, row) in zip(tickLabels, plotRows(axes, width: width, on: terminal)) {
      let padding = String(repeating: " ", count: margin - 2 - label.count)
      lines.append(padding + label + (label.isEmpty ? " │" : " ┤") + row)
    }
    lines += Self.axisLines(axes.x, width: width, margin: margin)
    let name = Self.caption("", labels.x, isLogarithmic.x, language)
    lines.append(
      String(repeating: " ", count: margin + max(0, (width - displayWidth(of: name)) / 2)) + name)
    for (index, line) in series.enumerated() {
      lines.append(
        terminal.supportsColor
          ? terminal.styled("  ━━ ", Self.color(index)) + line.name
          : "  \(Self.letter(index)) \(line.name)")
    }
    return lines
  }

  /// Returns the rows of the plot, `width` columns each.
  private func plotRows(_ axes: (x: Axis, y: Axis), width: Int, on terminal: Terminal) -> [String] {
    let height = Self.height
    var dots = Array(repeating: Array(repeating: 0, count: width), count: height)
    var seriesIndex = dots
    for (index, line) in series.enumerated() {
      let points = line.points.map { point in
        (
          x: Self.dotIndex(axes.x.position(of: point.x), 2 * width),
          y: Self.dotIndex(axes.y.position(of: point.y), 4 * height)
        )
      }
      for (x, y) in Self.interpolated(points) {
        let (column, row) = (x / 2, height - 1 - y / 4)
        dots[row][column] |= Self.brailleBits[3 - y % 4][x % 2]
        seriesIndex[row][column] = index
      }
    }
    return zip(dots, seriesIndex).map { rowDots, rowSeries in
      zip(rowDots, rowSeries).map { bits, index -> String in
        guard bits != 0 else { return " " }
        guard terminal.supportsColor else { return Self.letter(index) }
        let braille = UnicodeScalar(UInt32(0x2800 + bits)).map { String($0) } ?? " "
        return terminal.styled(braille, Self.color(index))
      }.joined()
    }
  }

  private static func noData(_ language: Language) -> String { language("no data", "데이터 없음") }

  /// Returns the line of the x axis, and below it the tick labels that fit.
  private static func axisLines(_ axis: Axis, width: Int, margin: Int) -> [String] {
    var line = Array(repeating: "─", count: width)
    var labels = ""
    for tick in axis.ticks {
      let column = dotIndex(axis.position(of: tick.value), 2 * width) / 2
      line[column] = "┬"
      let end = margin + width
      let start = min(margin + column - tick.label.count / 2, end - tick.label.count)
      guard start > labels.count || labels.isEmpty else { continue }
      labels += String(repeating: " ", count: max(0, start - labels.count)) + tick.label
    }
    return [String(repeating: " ", count: margin - 1) + "└" + line.joined(), labels]
  }

  /// Returns a title with the label of an axis and its scale in parentheses.
  private static func caption(
    _ title: String, _ label: String, _ isLogarithmic: Bool, _ language: Language
  ) -> String {
    let scale = isLogarithmic ? language("log scale", "로그 눈금") : ""
    let words = [label, scale].filter { !$0.isEmpty }
    let details = words.joined(separator: ", ")
    guard !title.isEmpty, !details.isEmpty else { return title + details }
    return language("\(title) (\(details))", "\(title)(\(details))")
  }

  /// Returns the letter of a series on a terminal without colors.
  private static func letter(_ index: Int) -> String {
    String(UnicodeScalar(UInt8(97 + index % 26)))
  }

  private static func color(_ index: Int) -> Color { Color.palette[index % Color.palette.count] }

  /// The bits of the dots of a braille character, `[row][column]`.
  private static let brailleBits = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  /// Returns the index, less than `count`, of the dot at a position from 0 to 1.
  private static func dotIndex(_ position: Double, _ count: Int) -> Int {
    Int((position * Double(count - 1)).rounded())
  }

  /// Returns the dots of a polyline through the given points.
  private static func interpolated(_ points: [(x: Int, y: Int)]) -> [(x: Int, y: Int)] {
    var dots = Array(points.prefix(1))
    for (a, b) in zip(points, points.dropFirst()) {
      let steps = max(abs(b.x - a.x), abs(b.y - a.y), 1)
      for step in 0...steps {
        dots.append((a.x + (b.x - a.x) * step / steps, a.y + (b.y - a.y) * step / steps))
      }
    }
    return dots
  }

  /// Returns an SVG drawing, with its data in a collapsed table as a text alternative.
  public func html(in language: Language) -> String {
    guard !series.isEmpty else {
      return "<p>\(htmlEscaped(title)): \(Self.noData(language)).</p>"
    }
    let axes = axes
    let (width, height, left, right, bottom, top) = (640.0, 300.0, 64.0, 20.0, 40.0, 10.0)
    func x(_ value: Double) -> Double {
      left + axes.x.position(of: value) * (width - left - right)
    }
    func y(_ value: Double) -> Double {
      height - bottom - axes.y.position(of: value) * (height - bottom - top)
    }
    var elements: [String] = []
    for tick in axes.y.ticks {
      let y = y(tick.value)
      elements.append(
        "<line class=\"grid\" x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(rounded(y, 1))\" y2=\"\(rounded(y, 1))\"/>"
          + "<text x=\"\(left - 6)\" y=\"\(rounded(y + 4, 1))\" text-anchor=\"end\">\(tick.label)</text>"
      )
    }
    for tick in axes.x.ticks {
      elements.append(
        "<text x=\"\(rounded(x(tick.value), 1))\" y=\"\(height - bottom + 16)\" text-anchor=\"middle\">\(tick.label)</text>"
      )
    }
    elements.append(
      "<text x=\"\(width / 2)\" y=\"\(height - 6)\" text-anchor=\"middle\">\(htmlEscaped(Self.caption("", labels.x, isLogarithmic.x, language)))</text>"
    )
    for (index, line) in series.enumerated() {
      let points = line.points.map { "\(rounded(x($0.x), 1)),\(rounded(y($0.y), 1))" }
      elements.append(
        "<polyline fill=\"none\" \(Self.stroke(index)) points=\"\(points.joined(separator: " "))\"/>"
      )
    }
    let legend = series.enumerated().map { index, line in
      "<span><svg width=\"40\" height=\"8\" aria-hidden=\"true\"><line x1=\"2\" x2=\"38\" y1=\"4\" y2=\"4\" \(Self.stroke(index))/></svg> \(htmlEscaped(line.name))</span>"
    }
    return """
      <figure><figcaption><b>\(htmlEscaped(title))</b> \(htmlEscaped(Self.caption("", labels.y, isLogarithmic.y, language)))</figcaption>
      <div class="wide"><svg width="\(Int(width))" height="\(Int(height))" viewBox="0 0 \(Int(width)) \(Int(height))" role="img">\
      <title>\(htmlEscaped(title))</title><desc>\(htmlEscaped(summary(in: language)))</desc>
      \(elements.joined(separator: "\n"))</svg></div>
      <p class="legend">\(legend.joined(separator: " "))</p>
      <details><summary>\(language("Data", "데이터"))</summary>\(table)</details></figure>
      """
  }

  /// Returns the SVG attributes of a series: a color and a dash pattern, which distinguishes
  /// series without color.
  private static func stroke(_ index: Int) -> String {
    let dashes = ["", "6 3", "2 3", "8 3 2 3", "1 2"][index % 5]
    return
      "stroke=\"\(color(index).css)\" stroke-width=\"2\" stroke-dasharray=\"\(dashes)\""
  }

  /// Returns the first and last point of each series, as a text alternative.
  private func summary(in language: Language) -> String {
    series.map { line in
      let (first, last) = (line.points[0], line.points[line.points.count - 1])
      let (x1, y1, x2, y2) = (short(first.x), short(first.y), short(last.x), short(last.y))
      return "\(line.name): "
        + language("from \(y1) at \(x1) to \(y2) at \(x2)", "\(x1)에서 \(y1), \(x2)에서 \(y2)")
    }.joined(separator: "; ")
  }

  /// Up to 40 points of each series as an HTML table.
  private var table: String {
    let rows = series.flatMap { line in
      let interval = max(1, (line.points.count + 39) / 40)
      return stride(from: 0, to: line.points.count, by: interval).map { index in
        "<tr><td>\(htmlEscaped(line.name))</td><td>\(short(line.points[index].x))</td><td>\(short(line.points[index].y))</td></tr>"
      }
    }
    return
      "<table><tr><th></th><th>\(htmlEscaped(labels.x))</th><th>\(htmlEscaped(labels.y.isEmpty ? title : labels.y))</th></tr>\(rows.joined())</table>"
  }
}
