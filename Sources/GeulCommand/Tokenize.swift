import ArgumentParser
import Geul
import GeulCharts
import GeulCommandSupport
import PortableFoundation

/// `geul tokenize`: prints statistics of a text and of its tokens in each unit.
struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Print statistics of a text and its tokens.",
    usage: "geul tokenize <files> ... [<options>]")

  @Argument(help: "Text files or directories; - for standard input.", completion: .file())
  var files: [String]
  @Option(help: ArgumentHelp("Unicode normalization form.", valueName: "form"))
  var normalize = NormalForm.nfc
  @OptionGroup var bytes: EncodingOptions
  @Flag(help: "Print the result as one JSON object.")
  var json = false

  private struct Result: Encodable {
    let units: [Row]
    let sources: [Source]
    let scripts: [String: Int]
    let lineEnds: [String: Int]
    let normalForms: [NormalForm]
    let controls: [String: Int]
    let notes: [String]

    struct Row: Encodable {
      let unit: TokenUnit
      let count: Int
      let vocabulary: Int
      let once: Int
      let bytesPerToken: Double
      let rarest: [String]

      enum CodingKeys: String, CodingKey {
        case unit, count, vocabulary, once, rarest
        case bytesPerToken = "bytesPerUnit"
      }
    }

    struct Source: Encodable {
      let name: String
      let bytes: Int
      let encoding: String
      let byteOrderMark: Bool
    }
  }

  func run() throws {
    let report = try TextReport.read(
      files.map(TextSource.init(argument:)),
      options: CorpusOptions(
        tokenizer: Tokenizer(normalization: normalize), encoding: bytes.encoding,
        invalid: bytes.invalid))
    try json ? printJSON(report) : printTable(report)
  }

  private func printTable(_ report: TextReport) throws {
    var lines: [String] = []
    for source in report.sources {
      let mark = source.hasByteOrderMark ? ", byte-order mark" : ""
      let size = quantity(source.byteCount, "byte")
      lines.append("\(source.name): \(size), \(source.encoding)\(mark)")
    }
    let ends = report.lineEndings
    let forms = report.normalForms.map { $0.rawValue.uppercased() }
    lines += [
      "line breaks         LF \(ends.lf), CRLF \(ends.crlf), CR \(ends.cr)",
      "normal form         \(forms.isEmpty ? "mixed" : "already " + forms.joined(separator: ", "))",
      "scripts             "
        + report.scripts.prefix(12).map { "\($0.name) \($0.count)" }.joined(separator: ", "),
      "control characters  "
        + (report.controls.isEmpty
          ? "none"
          : report.controls.prefix(8).map { "\($0.name) \($0.count)" }.joined(separator: ", ")),
      "",
    ]
    let table = TextTable(
      report.tokenStatistics.map { statistics in
        [
          statistics.unit.rawValue, "\(statistics.count)", "\(statistics.vocabularySize)",
          "\(statistics.onceCount)", number(statistics.bytesPerToken, 3),
          statistics.rarest.prefix(3).map { "\($0.name) (\($0.count))" }.joined(separator: ", "),
        ]
      }, header: ["unit", "tokens", "vocabulary", "singletons", "bytes/token", "rarest"])
    let width = ChartOptions.terminal.width
    lines = lines.flatMap { wrapped($0, width: width) } + table.lines(width: width)
    try Output.text(lines.joined(separator: "\n") + "\n")
    for note in report.notes { Output.note(note) }
  }

  private func printJSON(_ report: TextReport) throws {
    let ends = report.lineEndings
    try Output.json(
      Result(
        units: report.tokenStatistics.map {
          Result.Row(
            unit: $0.unit, count: $0.count, vocabulary: $0.vocabularySize, once: $0.onceCount,
            bytesPerToken: $0.bytesPerToken, rarest: $0.rarest.map(\.token))
        },
        sources: report.sources.map {
          Result.Source(
            name: $0.name, bytes: $0.byteCount, encoding: $0.encoding,
            byteOrderMark: $0.hasByteOrderMark)
        },
        scripts: Dictionary(report.scripts.map { ($0.name, $0.count) }) { $0 + $1 },
        lineEnds: ["lf": ends.lf, "crlf": ends.crlf, "cr": ends.cr],
        normalForms: report.normalForms,
        controls: Dictionary(report.controls.map { ($0.name, $0.count) }) { $0 + $1 },
        notes: report.notes))
  }
}
