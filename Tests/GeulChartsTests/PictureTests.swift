import Foundation
import GeulCharts
import Testing

@Suite("Pictures")
struct PictureTests {
  private static let plain = Terminal(width: 40, hasColours: false)
  private static let coloured = Terminal(width: 40, hasColours: true)
  private static let pictures: [any Picture] = [
    MarkedText(
      [
        .init("a", weight: nil, digit: 0, note: ""), .init("글", weight: 0.5, digit: 4, note: "<4>"),
        .init("\n", weight: 1, digit: 12, note: "x"), .init("&", weight: 0, digit: 0, note: "y"),
      ], legend: "legend"),
    HeatMap(
      title: "gate", meaning: "near 1 keeps", range: 0...1, rows: [[0, 0.5, 1], [1, 0.2, 0]],
      rowNames: ["cell 3", "cell 14"], columns: ["a", "글", "\n"]),
    LineChart(
      title: "loss", x: "step", y: "nats", series: [.init("train", [(1, 3), (2, 2), (3, 1.5)])]),
  ]

  @Test("are plain text where there are no colours, and coloured where there are")
  func colours() {
    for picture in Self.pictures {
      #expect(!picture.lines(on: Self.plain).joined().contains("\u{1B}"))
      #expect(
        picture.lines(on: Self.coloured).joined().contains("\u{1B}[38;2;")
          || picture.lines(on: Self.coloured).joined().contains("\u{1B}[48;2;"))
    }
  }

  @Test("never are wider than the terminal, wide letters counted twice")
  func width() {
    let text = MarkedText(
      (0..<100).map { .init($0 % 2 == 0 ? "글" : "a", weight: 0.1, digit: 1, note: "") },
      legend: "l")
    for line in text.lines(on: Self.plain) {
      let columns = line.unicodeScalars.reduce(0) { $0 + ($1.value > 0x1100 ? 2 : 1) }
      #expect(columns <= 40)
    }
    #expect(text.lines(on: Self.plain).count == 2 * 4 + 1)
  }

  @Test("show digits under a text without colours")
  func digits() {
    let lines = Self.pictures[0].lines(on: Self.plain)
    #expect(lines == ["a글↵", " 4 9", "&", "0", "legend"])
  }

  @Test("show bars from low to high in a heat map without colours")
  func bars() {
    let lines = Self.pictures[1].lines(on: Self.plain)
    #expect(lines[1].hasSuffix("a글↵"))
    #expect(lines[2] == "cell 3  ▁▄▄█" && lines[3] == "cell 14 █▂▂▁")
  }

  @Test("keep a heat map within the terminal, in blocks one below the other")
  func blocks() {
    let map = HeatMap(
      title: "gate", meaning: "near 1 keeps what the cell holds, near 0 forgets it", range: 0...1,
      rows: [Array(repeating: 0.5, count: 70)], rowNames: ["cell 3"],
      columns: Array(repeating: "글", count: 70))
    let lines = map.lines(on: Self.plain)
    #expect(lines.allSatisfy { columnCount($0) <= 40 })
    #expect(lines.count { $0.contains("글") } == 5 && lines.count { $0.contains("▄") } == 5)
  }

  @Test("write each tick of a chart beside its own row")
  func ticks() {
    let chart = LineChart(
      title: "t", x: "x", y: "y", series: [.init("s", [(0, 0), (1, 4)])])
    let labels = chart.lines(on: Self.plain).enumerated().compactMap { row, line in
      line.firstMatch(of: /^ *([0-9]) │/).map { (row, String($0.1)) }
    }
    #expect(labels.map(\.0) == [1, 4, 7, 10, 13] && labels.map(\.1) == ["4", "3", "2", "1", "0"])
  }

  @Test("show parts of Hangul syllables as letters of their own, and what is invisible as a sign")
  func parts() {
    #expect(["\u{1100}", "\u{1112}", "\u{1161}", "\u{1175}"].map(visible) == ["ㄱ", "ㅎ", "ㅏ", "ㅣ"])
    #expect(["\u{11A8}", "\u{11AA}", "\u{11C2}"].map(visible) == ["ㄱ", "ㄳ", "ㅎ"])
    #expect(["\n", "\t", "\u{7}", "각", ""].map(visible) == ["↵", "→", "·", "각", "□"])
    for part in 0x1100...0x1112 {
      let letter = UnicodeScalar(UInt32(part)).map { visible(String($0)) } ?? ""
      #expect(UnicodeScalar(letter)?.properties.name?.hasPrefix("HANGUL LETTER") == true)
    }
  }

  @Test("break lines at spaces, and what has none anywhere")
  func wrapping() {
    #expect(wrapped("one two three", width: 7) == ["one two", "three"])
    #expect(wrapped("가나다라 마", width: 4) == ["가나", "다라", "마"])
    #expect(wrapped("  indented", width: 20) == ["  indented"] && wrapped("", width: 5) == [""])
  }

  @Test("set a table in columns, or one cell below the other where there is no room")
  func table() {
    let table = TextTable([["a", "1", "x y"], ["글", "22", ""]], under: ["", "n", "words"])
    #expect(table.lines(width: 40) == ["    n   words", "a   1   x y", "글  22"])
    #expect(table.lines(width: 10) == ["a", "  n: 1", "  words: x", "  y", "글", "  n: 22"])
    #expect(TextTable([]).lines(width: 40).isEmpty && TextTable([[]]).lines(width: 40).isEmpty)
    #expect(
      TextTable([["a", "one two three four five six seven"]]).lines(width: 24)
        == ["a  one two three four", "   five six seven"])
  }

  @Test("put the lines of a chart where their numbers are")
  func chart() {
    let chart = LineChart(
      title: "t", x: "x", y: "y",
      series: [.init("falls", (0...10).map { (Double($0), -Double($0)) })])
    let lines = chart.lines(on: Self.plain).dropFirst().prefix(13)
    let firsts = lines.compactMap { line in
      line.firstIndex(of: "a").map { line.distance(from: line.startIndex, to: $0) }
    }
    #expect(firsts.count == 13 && firsts == firsts.sorted())
  }

  @Test("leave out what a logarithm does not have, and what is not finite")
  func strange() {
    let chart = LineChart(
      title: "t", x: "x", y: "y", logarithmicX: true, logarithmicY: true,
      series: [.init("s", [(0, 1), (1, .nan), (1, 0), (2, 3), (4, .infinity)])])
    #expect(chart.series[0].points.count == 1)
    #expect(!chart.html.contains("nan"))
    let empty = LineChart(title: "t", x: "x", y: "y", series: [.init("s", [])])
    #expect(empty.html.contains("nothing to show") && empty.lines(on: Self.plain).count == 1)
  }

  @Test("make a page that holds all it needs, and nothing of the text as markup")
  func page() {
    var page = Page(title: "<b>&", language: "ko")
    page.quotation("<script>alert(1)</script>")
    for picture in Self.pictures { page.picture(picture) }
    let text = page.text
    #expect(text.hasPrefix("<!doctype html>") && text.contains("lang=\"ko\""))
    #expect(!text.contains("<script") && text.contains("&lt;script&gt;"))
    for outside in ["http:", "https:", "src=", "@import", "url("] {
      #expect(!text.contains(outside))
    }
    #expect(text.contains("prefers-color-scheme:dark"))
    // For those who do not see: each drawing has a title and says what is in it.
    let drawings = text.components(separatedBy: "role=\"img\"").count - 1
    #expect(drawings == 2)
    #expect(text.components(separatedBy: "<desc>").count - 1 == drawings)
  }
}
