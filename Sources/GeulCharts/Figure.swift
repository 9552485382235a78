/// A figure that renders as text for a terminal and as a fragment of an HTML page.
public protocol Figure: Sendable {
  /// Returns lines of text, with ANSI colors if the terminal supports them.
  func terminalLines(on terminal: Terminal) -> [String]
  /// The figure as HTML; drawings are inline SVG.
  var html: String { get }
}
