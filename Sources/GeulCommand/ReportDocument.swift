import ArgumentParser
import Foundation
import Geul
import GeulCharts

#if canImport(Glibc)
  import Glibc
#endif

/// Options of the output of charts: the terminal, and an HTML page on request.
struct PictureOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Also write an HTML file.", valueName: "file"))
  var html: String?

  /// Standard output: with colors if it is a terminal and NO_COLOR is not set.
  static var terminal: Terminal {
    let environment = ProcessInfo.processInfo.environment
    let isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
    let isColorDisabled = !(environment["NO_COLOR"] ?? "").isEmpty
    let width =
      Output.columns(of: STDOUT_FILENO) ?? environment["COLUMNS"].flatMap { Int($0) } ?? 80
    return Terminal(width: width, supportsColor: isTerminal && !isColorDisabled)
  }

  /// Throws if the HTML file cannot be written, so that no long computation precedes the error.
  func check() throws {
    guard let html else { return }
    let folder = URL(filePath: html).deletingLastPathComponent().path
    if FileSystem.isFolder(html) {
      throw CommandError("\(html) is a directory. Give a file with --html.")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw unwritable(html)
    }
  }

  private func unwritable(_ file: String) -> CommandError {
    CommandError("\(file): cannot be written. Choose another file for --html.")
  }

  /// Writes the page to the file of `--html`, if given.
  func write(_ page: HTMLPage) throws {
    guard let html else { return }
    do { try Data(page.html.utf8).write(to: URL(filePath: html), options: .atomic) } catch {
      throw unwritable(html)
    }
    Output.note("Wrote \(html)")
  }
}

/// A document that is written to the terminal and to an HTML page at the same time.
///
/// The title is printed together with the first element, so that an error before it stands alone.
struct ReportDocument {
  private let terminal = PictureOptions.terminal
  private(set) var page: HTMLPage
  private var hasTitle = false

  init(_ title: String) { page = HTMLPage(title: title) }

  private mutating func show(_ lines: [String]) throws {
    if !hasTitle {
      hasTitle = true
      try show(wrapped(page.title, width: terminal.width) + [""])
    }
    try Output.text(lines.joined(separator: "\n") + "\n")
  }

  mutating func heading(_ text: String) throws {
    page.addHeading(text)
    try show(["", text, String(repeating: "─", count: text.count)])
  }

  mutating func paragraph(_ text: String) throws {
    page.addParagraph(text)
    try show(wrapped(text, width: terminal.width))
  }

  mutating func quotation(_ text: String) throws {
    page.addQuotation(text)
    try show(wrappedLines(text, width: terminal.width - 4).map { "  │ " + $0 })
  }

  mutating func picture(_ picture: some Figure) throws {
    page.addFigure(picture)
    try show(picture.terminalLines(on: terminal))
  }

  /// Adds a table, with a header row unless `headings` is empty.
  mutating func table(_ rows: [[String]], under headings: [String] = []) throws {
    page.addTable(rows, header: headings)
    try show(TextTable(rows, header: headings).lines(width: terminal.width))
  }
}
