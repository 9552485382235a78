import Foundation
import GeulCharts
import GeulPage
import Testing

struct FigureTests {
  private static let plain = Terminal(width: 40, supportsColor: false)
  private static let color = Terminal(width: 40, supportsColor: true)
  private static let text = HighlightedText(
    [
      .init("a", intensity: nil, digit: 0, tooltip: ""),
      .init("글", intensity: 0.5, digit: 4, tooltip: "<4>"),
      .init("\n", intensity: 1, digit: 12, tooltip: "x"),
      .init("&", intensity: 0, digit: 0, tooltip: "y"),
    ], legend: "legend")
  private static let heatMap = HeatMap(
    title: "gate", caption: "near 1 keeps", range: 0...1, rows: [[0, 0.5, 1], [1, 0.2, 0]],
    rowLabels: ["neuron 3", "neuron 14"], columnLabels: ["a", "글", "\n"])
  private static let lineChart = LineChart(
    title: "loss", x: "step", y: "nats", series: [.init("train", [(1, 3), (2, 2), (3, 1.5)])])
  private static let figures: [any Figure] = [text, heatMap, lineChart]

  @Test func `only terminals that support color get escape codes`() {
    for figure in Self.figures {
      #expect(!figure.terminalLines(on: Self.plain).joined().contains("\u{1B}"))
      let lines = figure.terminalLines(on: Self.color).joined()
      #expect(lines.contains("\u{1B}[38;2;") || lines.contains("\u{1B}[48;2;"))
    }
  }

  @Test func `highlighted text is wrapped by display width`() {
    let text = HighlightedText(
      (0..<100).map { .init($0 % 2 == 0 ? "글" : "a", intensity: 0.1, digit: 1, tooltip: "") },
      legend: "l")
    for line in text.terminalLines(on: Self.plain) {
      let columns = line.unicodeScalars.reduce(0) { $0 + ($1.value > 0x1100 ? 2 : 1) }
      #expect(columns <= 40)
    }
    #expect(text.terminalLines(on: Self.plain).count == 2 * 4 + 1)
  }

  @Test func `without colors highlighted text has digits below each line`() {
    let lines = Self.text.terminalLines(on: Self.plain)
    #expect(lines == ["a글↵", " 4 9", "&", "0", "legend"])
  }

  @Test func `without colors a heat map shows bars`() {
    let lines = Self.heatMap.terminalLines(on: Self.plain)
    #expect(lines[1].hasSuffix("a글↵"))
    #expect(lines[2] == "neuron 3  ▁▄▄█" && lines[3] == "neuron 14 █▂▂▁")
  }

  @Test func `a heat map that is wider than the terminal is split into blocks`() {
    let map = HeatMap(
      title: "gate", caption: "near 1 keeps the cell state, near 0 erases it", range: 0...1,
      rows: [Array(repeating: 0.5, count: 70)], rowLabels: ["neuron 3"],
      columnLabels: Array(repeating: "글", count: 70))
    let lines = map.terminalLines(on: Self.plain)
    #expect(lines.allSatisfy { displayWidth(of: $0) <= 40 })
    #expect(lines.count { $0.contains("글") } == 5 && lines.count { $0.contains("▄") } == 5)
  }

  @Test func `conjoining jamo and control characters are shown as visible characters`() {
    #expect(
      ["\u{1100}", "\u{1112}", "\u{1161}", "\u{1175}"].map(displayText) == ["ㄱ", "ㅎ", "ㅏ", "ㅣ"])
    #expect(["\u{11A8}", "\u{11AA}", "\u{11C2}"].map(displayText) == ["ㄱ", "ㄳ", "ㅎ"])
    #expect(["\n", "\t", "\u{7}", "각", ""].map(displayText) == ["↵", "→", "·", "각", "□"])
    for jamo in 0x1100...0x1112 {
      let letter = UnicodeScalar(UInt32(jamo)).map { displayText(of: String($0)) } ?? ""
      #expect(UnicodeScalar(letter)?.properties.name?.hasPrefix("HANGUL LETTER") == true)
    }
  }

  @Test func `lines are wrapped at spaces, and longer words are split`() {
    #expect(wrapped("one two three", width: 7) == ["one two", "three"])
    #expect(wrapped("가나다라 마", width: 4) == ["가나", "다라", "마"])
    #expect(wrapped("  indented", width: 20) == ["  indented"] && wrapped("", width: 5) == [""])
  }

  @Test func `a table has columns, or stacked cells on a narrow terminal`() {
    let table = TextTable([["a", "1", "x y"], ["글", "22", ""]], header: ["", "n", "words"])
    #expect(table.lines(width: 40) == ["    n   words", "a   1   x y", "글  22"])
    #expect(table.lines(width: 10) == ["a", "  n: 1", "  words: x", "  y", "글", "  n: 22"])
    #expect(TextTable([]).lines(width: 40).isEmpty && TextTable([[]]).lines(width: 40).isEmpty)
    #expect(
      TextTable([["a", "one two three four five six seven"]]).lines(width: 24)
        == ["a  one two three four", "   five six seven"])
  }

  @Test func `a page is self-contained and escapes its text`() {
    var page = HTMLPage(title: "<b>&", language: .korean)
    page.addQuotation("<script>alert(1)</script>")
    for figure in Self.figures { page.addFigure(figure) }
    let html = page.html
    #expect(html.hasPrefix("<!doctype html>") && html.contains("lang=\"ko\""))
    #expect(!html.contains("<script") && html.contains("&lt;script&gt;"))
    for reference in ["http:", "https:", "src=", "@import", "url("] {
      #expect(!html.contains(reference))
    }
    #expect(html.contains("color-scheme: light dark") && html.contains("--text: light-dark("))
    // Every drawing has a text alternative.
    let drawings = html.components(separatedBy: "role=\"img\"").count - 1
    #expect(drawings == 2)
    #expect(html.components(separatedBy: "<desc>").count - 1 == drawings)
  }
}
