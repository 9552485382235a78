public import GeulPage

/// A figure that renders as text for a terminal and as a fragment of an HTML page.
///
/// Titles, labels and legends are shown as they are given. `language` is that of the words that a figure adds, such as
/// "log scale".
public protocol Figure: Sendable {
  /// Returns lines of text, with ANSI colors if the terminal supports them.
  func terminalLines(on terminal: Terminal, in language: Language) -> [String]
  /// Returns the figure as HTML; drawings are inline SVG.
  func html(in language: Language) -> String
}
