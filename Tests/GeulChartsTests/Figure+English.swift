import GeulCharts
import GeulPage

extension Figure {
  /// Returns lines of text in English, with ANSI colors if the terminal supports them.
  func terminalLines(on terminal: Terminal) -> [String] {
    terminalLines(on: terminal, in: .english)
  }

  /// The figure as HTML in English.
  var html: String { html(in: .english) }
}
