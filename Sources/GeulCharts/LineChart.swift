/// Lines over an axis.
public struct LineChart: Picture {
  /// A line.
  public struct Series: Sendable {
    /// What it is.
    public let name: String
    /// Its points, from left to right; those that are not finite are left out.
    public let points: [(x: Double, y: Double)]

    /// A line.
    public init(_ name: String, _ points: [(x: Double, y: Double)]) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    }
  }

  /// What is shown.
  public let title: String
  /// What the axes are.
  public let labels: (x: String, y: String)
  /// Whether an axis counts in powers; numbers that are not positive are left out there.
  public let isLogarithmic: (x: Bool, y: Bool)
  /// The lines.
  public let series: [Series]

  /// A chart.
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

  /// An axis: what it spans, and where on it a number is, from 0 to 1.
  private struct Axis {
    let low, high: Double
    let isLogarithmic: Bool

    init(_ values: [Double], isLogarithmic: Bool) {
      self.isLogarithmic = isLogarithmic
      let (least, most) = (values.min() ?? 0, values.max() ?? 1)
      if least == most {
        (low, high) = isLogarithmic ? (least / 2, most * 2) : (least - 0.5, most + 0.5)
      } else {
        (low, high) = (least, most)
      }
    }

    func share(_ value: Double) -> Double {
      isLogarithmic
        ? (logarithm(value) - logarithm(low)) / (logarithm(high) - logarithm(low))
        : (value - low) / (high - low)
    }

    /// Numbers to write at the axis.
    var ticks: [Double] {
      (0...4).map { step in
        let share = Double(step) / 4
        return isLogarithmic
          ? power(logarithm(low) + share * (logarithm(high) - logarithm(low)))
          : low + share * (high - low)
      }
    }
  }

  private var axes: (x: Axis, y: Axis) {
    let points = series.flatMap(\.points)
    return (
      Axis(points.map(\.x), isLogarithmic: isLogarithmic.x),
      Axis(points.map(\.y), isLogarithmic: isLogarithmic.y)
    )
  }

  /// A grid of dots, eight to a character; without colours a letter for each line.
  public func lines(on terminal: Terminal) -> [String] {
    guard !series.isEmpty else { return ["\(title): nothing to show"] }
    // Five ticks, three rows apart.
    let (axes, height) = (axes, 13)
    let ticks = axes.y.ticks.map(short)
    let margin = (ticks.map(\.count).max() ?? 0) + 2
    let width = min(100, terminal.width - margin - 1)
    var dots = Array(repeating: Array(repeating: 0, count: width), count: height)
    var owner = dots
    for (number, line) in series.enumerated() {
      for (x, y) in Self.trace(
        line.points.map { (axes.x.share($0.x), axes.y.share($0.y)) }, 2 * width, 4 * height)
      {
        let (column, row) = (x / 2, height - 1 - y / 4)
        dots[row][column] |= Self.dot[3 - y % 4][x % 2]
        owner[row][column] = number
      }
    }
    var lines = wrapped(named(title, labels.y, isLogarithmic.y), width: terminal.width)
    for row in 0..<height {
      let tick = row % 3 == 0 ? ticks[4 - row / 3] : ""
      var text = String(repeating: " ", count: margin - 2 - tick.count) + tick + " │"
      for column in 0..<width {
        let (bits, number) = (dots[row][column], owner[row][column])
        let letter = String(UnicodeScalar(UInt8(97 + number % 26)))
        let braille = UnicodeScalar(UInt32(0x2800 + bits)).map { String($0) } ?? " "
        text +=
          bits == 0
          ? " "
          : terminal.hasColours
            ? terminal.paint(braille, Colour.series[number % Colour.series.count]) : letter
      }
      lines.append(text)
    }
    lines.append(
      String(repeating: " ", count: margin - 1) + "└" + String(repeating: "─", count: width))
    let ends = axes.x.ticks.map(short)
    let (first, last) = (ends.first ?? "", ends.last ?? "")
    let gap = String(repeating: " ", count: max(1, width - first.count - last.count))
    lines.append(String(repeating: " ", count: margin) + first + gap + last)
    let name = named("", labels.x, isLogarithmic.x)
    lines.append(
      String(repeating: " ", count: margin + max(0, (width - columnCount(name)) / 2)) + name)
    for (number, line) in series.enumerated() {
      lines.append(
        terminal.hasColours
          ? terminal.paint("  ━━ ", Colour.series[number % Colour.series.count]) + line.name
          : "  \(String(UnicodeScalar(UInt8(97 + number % 26)))) \(line.name)")
    }
    return lines
  }

  /// A title with what an axis counts, and how.
  private func named(_ title: String, _ unit: String, _ isLogarithmic: Bool) -> String {
    let words = [unit, isLogarithmic ? "logarithmic" : ""].filter { !$0.isEmpty }
    let rest = words.joined(separator: ", ")
    return title.isEmpty ? rest : rest.isEmpty ? title : "\(title) (\(rest))"
  }

  /// Which dot of a braille character is which bit: `[row][column]`.
  private static let dot = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  /// The places of a grid that a line goes through.
  private static func trace(
    _ points: [(Double, Double)], _ width: Int, _ height: Int
  ) -> [(Int, Int)] {
    func place(_ point: (Double, Double)) -> (Int, Int) {
      (
        Int((point.0 * Double(width - 1)).rounded()), Int((point.1 * Double(height - 1)).rounded())
      )
    }
    var places = points.first.map { [place($0)] } ?? []
    for (a, b) in zip(points, points.dropFirst()) {
      let ((x0, y0), (x1, y1)) = (place(a), place(b))
      let steps = max(abs(x1 - x0), abs(y1 - y0), 1)
      for step in 0...steps {
        places.append((x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps))
      }
    }
    return places
  }

  /// A drawing, and the numbers in a table for those who cannot see it.
  public var html: String {
    guard !series.isEmpty else { return "<p>\(escaped(title)): nothing to show.</p>" }
    let axes = axes
    let (width, height, left, bottom, top) = (640.0, 300.0, 64.0, 40.0, 10.0)
    func x(_ value: Double) -> Double { left + axes.x.share(value) * (width - left - 20) }
    func y(_ value: Double) -> Double {
      height - bottom - axes.y.share(value) * (height - bottom - top)
    }
    var parts: [String] = []
    for tick in axes.y.ticks {
      let place = rounded(y(tick), 1)
      parts.append(
        "<line class=\"grid\" x1=\"\(left)\" x2=\"\(width - 20)\" y1=\"\(place)\" y2=\"\(place)\"/>"
          + "<text x=\"\(left - 6)\" y=\"\(rounded(y(tick) + 4, 1))\" text-anchor=\"end\">\(short(tick))</text>"
      )
    }
    for tick in axes.x.ticks {
      parts.append(
        "<text x=\"\(rounded(x(tick), 1))\" y=\"\(height - bottom + 16)\" text-anchor=\"middle\">\(short(tick))</text>"
      )
    }
    parts.append(
      "<text x=\"\(width / 2)\" y=\"\(height - 6)\" text-anchor=\"middle\">\(escaped(named("", labels.x, isLogarithmic.x)))</text>"
    )
    for (number, line) in series.enumerated() {
      let points = line.points.map { "\(rounded(x($0.x), 1)),\(rounded(y($0.y), 1))" }
      let colour = Colour.series[number % Colour.series.count].css
      parts.append(
        "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" stroke-dasharray=\"\(Self.dashes(number))\" points=\"\(points.joined(separator: " "))\"/>"
      )
    }
    let legend = series.enumerated().map { number, line in
      let colour = Colour.series[number % Colour.series.count].css
      return
        "<span><svg width=\"40\" height=\"8\" aria-hidden=\"true\"><line x1=\"2\" x2=\"38\" y1=\"4\" y2=\"4\" stroke=\"\(colour)\" stroke-width=\"2\" stroke-dasharray=\"\(Self.dashes(number))\"/></svg> \(escaped(line.name))</span>"
    }
    return """
      <figure><figcaption><b>\(escaped(title))</b> \(escaped(named("", labels.y, isLogarithmic.y)))</figcaption>
      <div class="wide"><svg width="\(Int(width))" height="\(Int(height))" viewBox="0 0 \(Int(width)) \(Int(height))" role="img">\
      <title>\(escaped(title))</title><desc>\(escaped(description))</desc>
      \(parts.joined(separator: "\n"))</svg></div>
      <p class="legend">\(legend.joined(separator: " "))</p>
      <details><summary>The numbers</summary>\(table)</details></figure>
      """
  }

  /// How a line is drawn, for those who see few colours.
  private static func dashes(_ number: Int) -> String {
    ["", "6 3", "2 3", "8 3 2 3", "1 2"][number % 5]
  }

  /// The lines in words.
  private var description: String {
    series.map { line in
      let (first, last) = (line.points[0], line.points[line.points.count - 1])
      return
        "\(line.name): from \(short(first.y)) at \(short(first.x)) to \(short(last.y)) at \(short(last.x))"
    }.joined(separator: "; ")
  }

  /// Up to forty points of each line.
  private var table: String {
    let rows = series.flatMap { line in
      let every = max(1, (line.points.count + 39) / 40)
      return stride(from: 0, to: line.points.count, by: every).map { index in
        "<tr><td>\(escaped(line.name))</td><td>\(short(line.points[index].x))</td><td>\(short(line.points[index].y))</td></tr>"
      }
    }
    return
      "<table><tr><th></th><th>\(escaped(labels.x))</th><th>\(escaped(labels.y.isEmpty ? title : labels.y))</th></tr>\(rows.joined())</table>"
  }
}
