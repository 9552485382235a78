import Geul
import GeulCharts
import GeulCommandSupport

/// A document that is written to the terminal and to an HTML page at the same time.
///
/// The title is printed together with the first element, so that an error before it leaves the output
/// empty.
struct ReportDocument {
  private let terminal = ChartOptions.terminal
  /// Indicates whether the document is written to the terminal, too.
  private let isShown: Bool
  private(set) var page: HTMLPage
  private var hasTitle = false

  init(_ title: String, in language: Language, isShown: Bool = true) {
    page = HTMLPage(title: title, language: language)
    self.isShown = isShown
  }

  /// The language of the document.
  var language: Language { page.language }

  /// Writes lines, whose control characters must be visible already: figures add control sequences.
  private mutating func show(_ lines: [String]) throws {
    guard isShown else { return }
    if !hasTitle {
      hasTitle = true
      try show(wrapped(Output.visible(page.title), width: terminal.width) + [""])
    }
    try Output.styledText(lines.joined(separator: "\n") + "\n")
  }

  mutating func heading(_ text: String) throws {
    page.addHeading(text)
    try show(["", text, String(repeating: "─", count: displayWidth(of: text))])
  }

  mutating func paragraph(_ text: String) throws {
    page.addParagraph(text)
    try show(wrapped(Output.visible(text), width: terminal.width))
  }

  mutating func quotation(_ text: String) throws {
    page.addQuotation(text)
    try show(wrappedLines(Output.visible(text), width: terminal.width - 4).map { "  │ " + $0 })
  }

  mutating func figure(_ figure: some Figure) throws {
    page.addFigure(figure)
    try show(figure.terminalLines(on: terminal, in: language))
  }

  /// Adds a table, with a header row unless `headings` is empty.
  mutating func table(_ rows: [[String]], under headings: [String] = []) throws {
    page.addTable(rows, header: headings)
    let shown = rows.map { $0.map(Output.visible) }
    try show(TextTable(shown, header: headings).lines(width: terminal.width))
  }
}
