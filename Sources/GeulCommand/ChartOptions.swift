import ArgumentParser
import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

/// Options of reports: the language and, with `--html`, an HTML page in addition to the terminal.
struct ChartOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Also write an HTML file.", valueName: "file"),
    completion: .file(extensions: ["html"]))
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
  func check() throws { try file?.check(overwriting: true) }

  /// Writes the page to the file of `--html`, if given.
  func write(_ page: HTMLPage) throws { try file?.write(Array(page.html.utf8), in: language) }

  private var file: OutputFile? { html.map { OutputFile($0, option: "--html") } }
}
