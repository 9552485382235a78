import ArgumentParser
import Foundation
import Geul
import GeulCharts

/// Options of reports: the language and, with `--html`, an HTML page in addition to the terminal.
struct ChartOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Also write an HTML file.", valueName: "file"))
  var html: String?
  @Option(help: "Language of the report.")
  var language = Language.english

  /// The terminal of standard output; it supports colors unless NO_COLOR is set or TERM is unset or `dumb`.
  static var terminal: Terminal {
    let environment = ProcessInfo.processInfo.environment
    let isColorDisabled = !(environment["NO_COLOR"] ?? "").isEmpty
    let columns = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    return Terminal(
      width: Output.columns(of: STDOUT_FILENO) ?? columns ?? 80,
      supportsColor: Output.understandsSequences(STDOUT_FILENO) && !isColorDisabled)
  }

  /// Throws if the HTML file cannot be written; called before a long computation.
  func check() throws {
    guard let html = html.map(creatable) else { return }
    let folder = FileSystem.folder(of: html)
    if FileSystem.isFolder(html) {
      throw CommandError("\(html) is a directory. Give a file with --html.")
    }
    guard FileSystem.isWritable(folder: folder.isEmpty ? "." : folder) else {
      throw unwritable(html)
    }
  }

  private func unwritable(_ file: String) -> CommandError {
    CommandError("\(file): cannot be written. Choose another file for --html.")
  }

  /// Writes the page to the file of `--html`, if given.
  func write(_ page: HTMLPage) throws {
    guard let html = html.map(creatable) else { return }
    do {
      guard FileSystem.isRereadable(html) else {
        try FileDescriptor(appendingTo: html).write(Array(page.html.utf8).span.raw)
        return
      }
      try AtomicFile(html).replace(keepingPrevious: false) { (out) throws(FileError) in
        try out.write(Array(page.html.utf8).span)
      }
    } catch {
      throw unwritable(html)
    }
    Output.note(language("Wrote \(html)", "저장: \(html)"))
  }
}
