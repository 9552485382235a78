import Foundation
import GeulCharts
import GeulPage
import Testing

/// Figures and pages in Korean, and figures over groups of columns.
struct LanguageTests {
  private static let plain = Terminal(width: 40, supportsColor: false)
  private static let chart = LineChart(
    title: "손실", x: "스텝", y: "내트/자모", logarithmicX: true,
    series: [.init("훈련", [(1, 3), (2, 2)])])
  private static let heatMap = HeatMap(
    title: "망각 게이트", caption: "0에서 1까지", range: 0...1,
    rows: [[0, 0.5, 1, 1, 0]], rowLabels: ["뉴런 3"],
    columnLabels: ["\u{1103}", "\u{1161}", "\u{11AF}", " ", "a"],
    groupLabels: [0: "달", 3: " ", 4: "a"])

  @Test func `a language selects one of two texts`() {
    #expect(Language.english("Loss", "손실") == "Loss" && Language.korean("Loss", "손실") == "손실")
    #expect(Language.allCases.map(\.rawValue) == ["en", "ko"])
  }

  @Test func `the words that a figure adds are in the language`() {
    let lines = Self.chart.terminalLines(on: Self.plain, in: .korean)
    #expect(lines[0] == "손실(내트/자모)")
    #expect(lines.contains { $0.hasSuffix("스텝, 로그 눈금") })
    #expect(Self.chart.terminalLines(on: Self.plain)[0] == "손실 (내트/자모)")
    let html = Self.chart.html(in: .korean)
    #expect(html.contains("<summary>데이터</summary>") && html.contains("훈련: 1에서 3, 2에서 2"))
    #expect(Self.heatMap.html(in: .korean).contains("뉴런 3: 평균 0.5"))
    let empty = LineChart(title: "손실", x: "x", y: "y", series: [])
    #expect(empty.terminalLines(on: Self.plain, in: .korean) == ["손실: 데이터 없음"])
    #expect(empty.html(in: .korean).contains("데이터 없음"))
  }

  @Test(arguments: [(Language.english, "101 rows"), (.korean, "101행")])
  func `a page has its language, also in a long table`(language: Language, rows: String) {
    var page = HTMLPage(title: "t", language: language)
    page.addTable(Array(repeating: ["a"], count: 101))
    page.addFigure(Self.chart)
    #expect(page.html.contains("<html lang=\"\(language.rawValue)\">"))
    #expect(page.html.contains(rows))
    #expect(page.html.contains(language("log scale", "로그 눈금")))
  }

  @Test func `labels of groups stand above the first column of each group`() {
    let lines = Self.heatMap.terminalLines(on: Self.plain)
    #expect(lines[1] == "       달     a" && lines[2] == "       ㄷㅏㄹ a")
    #expect(lines[3] == "뉴런 3 ▁▁▄▄███▁")
    let html = Self.heatMap.html
    #expect(html.components(separatedBy: ">달</text>").count == 2)
    #expect(html.components(separatedBy: "<text").count - 1 == 5 + 3 + 1)
  }

  @Test func `labels of groups are continued in the next block of a narrow terminal`() {
    let map = HeatMap(
      title: "t", caption: "c", range: 0...1, rows: [Array(repeating: 1, count: 40)],
      rowLabels: ["n"], columnLabels: Array(repeating: "\u{1100}", count: 40),
      groupLabels: Dictionary(
        uniqueKeysWithValues: stride(from: 0, to: 40, by: 2).map { ($0, "가") }))
    let lines = map.terminalLines(on: Self.plain)
    #expect(lines.allSatisfy { displayWidth(of: $0) <= 40 })
    let labels = lines.filter { $0.contains("가") }
    #expect(labels.count == 3 && labels.joined().count { $0 == "가" } == 20)
  }
}
