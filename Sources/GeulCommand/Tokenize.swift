import ArgumentParser
import Foundation
import Geul
import GeulCharts

/// `geul tokenize`: what a text holds, and what each kind of unit makes of it.
struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a text holds and what each kind of unit makes of it.",
    usage: "geul tokenize <files> ... [<options>]")

  @Argument(help: "Files, folders, or - for standard input.")
  var files: [String]
  @Option(help: "Unicode normal form: nfc, nfd, nfkc or none.")
  var normalize = NormalForm.nfc
  @OptionGroup var bytes: EncodingOptions
  @Flag(help: "Print one JSON object.")
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
      let bytesPerUnit: Double
      let rarest: [String]
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
      let mark = source.hasByteOrderMark ? ", with a byte-order mark" : ""
      lines.append("\(source.name): \(source.byteCount) bytes of \(source.encoding)\(mark)")
    }
    let ends = report.lineEnds
    let forms = report.normalForms.map { $0.rawValue.uppercased() }
    lines += [
      "line ends    LF \(ends.lf), CRLF \(ends.crlf), CR \(ends.cr)",
      "normal form  \(forms.isEmpty ? "mixed" : forms.joined(separator: ", "))",
      "scripts      "
        + report.scripts.prefix(12).map { "\($0.name) \($0.count)" }.joined(separator: ", "),
      "controls     "
        + (report.controls.isEmpty
          ? "none"
          : report.controls.prefix(8).map { "\($0.name) \($0.count)" }.joined(separator: ", ")),
      "",
    ]
    let table = TextTable(
      report.units.map { units in
        [
          units.unit.rawValue, "\(units.count)", "\(units.vocabularySize)", "\(units.onceCount)",
          number(units.bytesPerUnit, 3),
          units.rarest.prefix(3).map { "\($0.name) (\($0.count))" }.joined(separator: ", "),
        ]
      }, header: ["unit", "units", "vocabulary", "once", "bytes a unit", "the rarest"])
    let width = PictureOptions.terminal.width
    lines = lines.flatMap { wrapped($0, width: width) } + table.lines(width: width)
    try Output.text(lines.joined(separator: "\n") + "\n")
    for note in report.notes { Output.note(note) }
  }

  private func printJSON(_ report: TextReport) throws {
    let ends = report.lineEnds
    try Output.json(
      Result(
        units: report.units.map {
          Result.Row(
            unit: $0.unit, count: $0.count, vocabulary: $0.vocabularySize, once: $0.onceCount,
            bytesPerUnit: $0.bytesPerUnit, rarest: $0.rarest.map(\.unit))
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
