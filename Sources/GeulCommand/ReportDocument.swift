import ArgumentParser
import Foundation
import GeulCharts

#if canImport(Glibc)
  import Glibc
#endif

/// Where pictures go: to the terminal, and to a page if one is asked for.
struct PictureOptions: ParsableArguments {
  @Option(help: "Write it as one HTML file as well.")
  var html: String?

  /// Standard output as a terminal: colours unless it is none, or NO_COLOR is set.
  static var terminal: Terminal {
    let environment = ProcessInfo.processInfo.environment
    let isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
    let refused = !(environment["NO_COLOR"] ?? "").isEmpty
    var size = winsize()
    let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    let width = isKnown ? Int(size.ws_col) : environment["COLUMNS"].flatMap { Int($0) } ?? 80
    return Terminal(width: width, supportsColor: isTerminal && !refused)
  }

  /// Refuses a page that could not be written, before anything long is done for it.
  func check() throws {
    guard let html else { return }
    let folder = URL(filePath: html).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: html, isDirectory: &isFolder),
      isFolder.boolValue
    {
      throw CommandError("\(html): is a folder. Give a file with --html.")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw unwritable(html)
    }
  }

  private func unwritable(_ file: String) -> CommandError {
    CommandError("\(file): cannot be written. Give another file with --html.")
  }

  /// Writes the page, if one is asked for.
  func write(_ page: HTMLPage) throws {
    guard let html else { return }
    do { try Data(page.html.utf8).write(to: URL(filePath: html), options: .atomic) } catch {
      throw unwritable(html)
    }
    Output.note("Written: \(html)")
  }
}

/// A terminal and a page that are filled side by side.
///
/// Nothing is shown before there is something to show: what is wrong with the input is said alone.
struct ReportDocument {
  private let terminal = PictureOptions.terminal
  private(set) var page: HTMLPage
  private var hasBegun = false

  init(_ title: String) { page = HTMLPage(title: title) }

  private mutating func show(_ lines: [String]) throws {
    if !hasBegun {
      hasBegun = true
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

  /// A table, under headings if there are any.
  mutating func table(_ rows: [[String]], under headings: [String] = []) throws {
    page.addTable(rows, header: headings)
    try show(TextTable(rows, header: headings).lines(width: terminal.width))
  }
}
