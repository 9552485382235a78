public import GeulPage

/// A text whose segments are highlighted by intensity and annotated by tooltips.
public struct HighlightedText: Figure {
  /// A segment of the text, usually one token.
  public struct Segment: Sendable {
    /// The text.
    public var text: String
    /// The intensity of the highlight, from 0 to 1; nil for no highlight and no tooltip.
    public var intensity: Double?
    /// The digit that represents the intensity on a terminal without colors, clamped to 0...9.
    public var digit: Int
    /// The tooltip on a page.
    public var tooltip: String

    /// Creates a segment.
    public init(_ text: String, intensity: Double?, digit: Int, tooltip: String) {
      self.text = text
      self.intensity = intensity
      self.digit = digit
      self.tooltip = tooltip
    }
  }

  /// The segments in reading order.
  public let segments: [Segment]
  /// An explanation of the highlights.
  public let legend: String

  /// Creates a highlighted text.
  public init(_ segments: [Segment], legend: String) {
    self.segments = segments
    self.legend = legend
  }

  /// Returns the text on colored backgrounds; without colors, each line followed by a line of digits.
  public func terminalLines(on terminal: Terminal, in language: Language) -> [String] {
    var lines: [String] = []
    var (text, digits, column) = ("", "", 0)
    func endLine() {
      lines.append(text)
      if !terminal.supportsColor { lines.append(digits) }
      (text, digits, column) = ("", "", 0)
    }
    for segment in segments {
      let shown = displayText(of: segment.text)
      let width = displayWidth(ofCharacter: shown)
      if column + width > terminal.width { endLine() }
      let background = segment.intensity.map { Self.background($0) }
      text += terminal.styled(
        shown, background.map { _ in Color(0, 0, 0) }, background: background)
      digits +=
        (segment.intensity == nil ? " " : "\(min(9, max(0, segment.digit)))")
        + String(repeating: " ", count: max(0, width - 1))
      column += width
      if segment.text == "\n" || segment.text == "\r\n" { endLine() }
    }
    if column > 0 { endLine() }
    return lines + wrapped(legend, width: terminal.width)
  }

  /// Returns a span for each segment.
  public func html(in language: Language) -> String {
    let spans = segments.map { segment -> String in
      let isLineEnd = segment.text == "\n" || segment.text == "\r\n"
      let shown =
        isLineEnd ? "↵\n" : segment.text == "\t" ? "\t" : displayText(of: segment.text)
      guard let intensity = segment.intensity else { return "<span>\(htmlEscaped(shown))</span>" }
      return
        "<span style=\"--tint:\(rounded(intensity, 2))\" title=\"\(htmlEscaped(segment.tooltip))\">\(htmlEscaped(shown))</span>"
    }
    return
      "<p class=\"token-text\"\(languageAttribute(of: segments.map(\.text).joined()))>\(spans.joined())</p>\n<p class=\"legend\">\(htmlEscaped(legend))</p>"
  }

  /// Returns the background of an intensity: near white at 0, orange at 1.
  package static func background(_ intensity: Double) -> Color {
    .interpolate(Color(238, 238, 238), Color(240, 110, 10), min(1, max(0, intensity)))
  }
}
