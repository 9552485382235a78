import ArgumentParser
import Foundation
import GeulPictures

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
    return Terminal(width: width, hasColours: isTerminal && !refused)
  }

  /// Writes the page, if one is asked for.
  func write(_ page: Page) throws {
    guard let html else { return }
    do { try Data(page.text.utf8).write(to: URL(filePath: html), options: .atomic) } catch {
      throw Failure("\(html): cannot be written. Give another file with --html.")
    }
    Output.note("Written: \(html)")
  }
}

/// A terminal and a page that are filled side by side.
struct Story {
  private let terminal = PictureOptions.terminal
  private(set) var page: Page

  init(_ title: String) throws {
    page = Page(title: title)
    try Output.text(title + "\n\n")
  }

  mutating func heading(_ text: String) throws {
    page.heading(text)
    try Output.text("\n\(text)\n\(String(repeating: "─", count: text.count))\n")
  }

  mutating func paragraph(_ text: String) throws {
    page.paragraph(text)
    try Output.text(text + "\n")
  }

  mutating func quotation(_ text: String) throws {
    page.quotation(text)
    try Output.text("  │ " + text.replacing("\n", with: "\n  │ ") + "\n")
  }

  mutating func picture(_ picture: some Picture) throws {
    page.picture(picture)
    try Output.text(picture.lines(on: terminal).joined(separator: "\n") + "\n")
  }

  /// A table, under headings if there are any.
  mutating func table(_ rows: [[String]], under headings: [String] = []) throws {
    page.table(rows, under: headings)
    let all = (headings.isEmpty ? [] : [headings]) + rows
    let widths = (0..<(all.map(\.count).max() ?? 0)).map { column in
      all.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    for row in all {
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      var line = cells.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      try Output.text(line + "\n")
    }
  }

  mutating func html(_ html: String) { page.html(html) }
}
