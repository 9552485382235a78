import Foundation
import GeulCharts
import TestSupport
import Testing

struct LineChartTests {
  private static let plain = Terminal(width: 40, supportsColor: false)

  /// The values of the ticks on an axis over `values`.
  private func ticks(_ values: [Double], isLogarithmic: Bool = false) -> [Double] {
    Axis(values, isLogarithmic: isLogarithmic).ticks.map(\.value)
  }

  private func labels(_ values: [Double], isLogarithmic: Bool = false) -> [String] {
    Axis(values, isLogarithmic: isLogarithmic).ticks.map(\.label)
  }

  @Test func `linear ticks are multiples of a round step`() {
    #expect(ticks([0, 4]) == [0, 1, 2, 3, 4])
    #expect(ticks([1, 2045]) == [500, 1000, 1500, 2000])
    #expect(ticks([1.356, 3.917]) == [1.5, 2, 2.5, 3, 3.5])
    #expect(ticks([-0.35, 0.61]) == [-0.2, 0, 0.2, 0.4, 0.6])
    #expect(ticks([0, 0.002]) == [0, 0.0005, 0.001, 0.0015, 0.002])
    #expect(ticks([3, 3]) == [2.6, 2.8, 3, 3.2, 3.4])
  }

  @Test func `logarithmic ticks are powers of ten over two decades or more`() {
    #expect(ticks([1, 1024], isLogarithmic: true) == [1, 10, 100, 1000])
    #expect(ticks([0.003, 0.3], isLogarithmic: true) == [0.01, 0.1])
    #expect(
      ticks([1e-38, 2], isLogarithmic: true) == [1e-30, 1e-20, 1e-10, 1])
  }

  @Test func `logarithmic ticks are 1, 2 and 5 times powers of ten over less than two decades`() {
    #expect(ticks([1.3, 40], isLogarithmic: true) == [2, 5, 10, 20])
    #expect(ticks([0.05, 2], isLogarithmic: true) == [0.05, 0.1, 0.2, 0.5, 1, 2])
  }

  @Test func `a logarithmic axis with fewer than two ticks is extended to the next ones`() {
    let axis = Axis([2.3, 3.1], isLogarithmic: true)
    #expect(axis.ticks.map(\.value) == [2, 5])
    #expect(axis.lowerBound == 2 && axis.upperBound == 5)
    #expect(ticks([1.5, 3], isLogarithmic: true) == [1, 2, 5])
  }

  @Test(arguments: 1...500 as ClosedRange<UInt64>)
  func `ticks over random ranges are round, ascending and on the axis`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let isLogarithmic = Bool.random(using: &random)
    let values = (0..<2).map { _ in
      let size = pow(10, Double.random(in: -12...12, using: &random))
      return isLogarithmic || Bool.random(using: &random) ? size : -size
    }
    let axis = Axis(values, isLogarithmic: isLogarithmic)
    let ticks = axis.ticks.map(\.value)
    try #require(ticks.count >= 2 && ticks.count <= 7, "\(values): \(ticks)")
    #expect(ticks == ticks.sorted() && Set(ticks).count == ticks.count)
    #expect(Set(axis.ticks.map(\.label)).count == ticks.count, "\(axis.ticks)")
    for tick in ticks {
      #expect(0...1 ~= axis.position(of: tick), "\(tick) on \(axis)")
      let number = isLogarithmic ? tick : ticks[1] - ticks[0]
      let mantissa = number / pow(10, log10(number * (1 + 1e-9)).rounded(.down))
      #expect([1, 2, 5].contains { abs(mantissa - $0) < 1e-3 }, "\(values): \(ticks)")
    }
    for value in values { #expect(0...1 ~= axis.position(of: value)) }
  }

  @Test func `tick labels show all digits that tell them apart`() {
    #expect(labels([10.02, 10.1]) == ["10.02", "10.04", "10.06", "10.08", "10.1"])
    #expect(labels([0, 0.002]) == ["0", "0.0005", "0.001", "0.0015", "0.002"])
    #expect(labels([0, 3e-4]) == ["0", "5e-5", "1e-4", "1.5e-4", "2e-4", "2.5e-4", "3e-4"])
    #expect(labels([1e6, 1.2e6]) == ["1e6", "1.05e6", "1.1e6", "1.15e6", "1.2e6"])
    #expect(labels([1e-4, 1], isLogarithmic: true) == ["1e-4", "0.001", "0.01", "0.1", "1"])
    #expect(labels([-2e6, 0]) == ["-2e6", "-1.5e6", "-1e6", "-5e5", "0"])
  }

  @Test func `tick labels are beside the rows and below the columns of their values`() throws {
    let chart = LineChart(title: "t", x: "x", y: "y", series: [.init("s", [(0, 0), (1, 4)])])
    let lines = chart.terminalLines(on: Self.plain)
    let rows = lines.enumerated().compactMap { row, line in
      line.firstMatch(of: /^ *([0-9]) ┤/).map { (row, String($0.1)) }
    }
    #expect(rows.map(\.0) == [1, 4, 7, 10, 13] && rows.map(\.1) == ["4", "3", "2", "1", "0"])
    // Columns 3 to 38 are the plot; the line goes from its lower left to its upper right corner.
    let axis = Array(lines[14])
    #expect(axis.count == 39 && axis[2] == "└" && axis[3] == "┬" && axis[38] == "┬")
    #expect(lines[15].hasPrefix("   0 ") && lines[15].hasSuffix(" 1"))
    for label in ["0.2", "0.4", "0.6", "0.8"] {
      let range = try #require(lines[15].firstRange(of: label))
      let center = lines[15].distance(from: lines[15].startIndex, to: range.lowerBound) + 1
      #expect(axis[center] == "┬", "\(label)")
    }
  }

  @Test(arguments: [20, 25, 40, 200], [1, 1e7, 1e-9])
  func `a chart is never wider than the terminal, and its tick labels do not touch`(
    width: Int, scale: Double
  ) {
    let points = (1...30).map { (x: Double($0) * scale, y: Double($0) * scale) }
    for isLogarithmic in [false, true] {
      let chart = LineChart(
        title: "title", x: "x", y: "y", logarithmicX: isLogarithmic, logarithmicY: isLogarithmic,
        series: [.init("s", points)])
      let lines = chart.terminalLines(on: Terminal(width: width, supportsColor: false))
      #expect(lines.allSatisfy { displayWidth(of: $0) <= width }, "\(lines)")
      let labels = Axis(points.map(\.x), isLogarithmic: isLogarithmic).ticks.map(\.label)
      let shown = lines[lines.count - 3].split(separator: " ").map(String.init)
      #expect(!shown.isEmpty && Set(shown).isSubset(of: Set(labels)), "\(shown)")
    }
  }

  @Test func `a falling line is drawn from the upper left to the lower right`() {
    let chart = LineChart(
      title: "t", x: "x", y: "y",
      series: [.init("falls", (0...10).map { (Double($0), -Double($0)) })])
    let lines = chart.terminalLines(on: Self.plain).dropFirst().prefix(13)
    let firsts = lines.compactMap { line in
      line.firstIndex(of: "a").map { line.distance(from: line.startIndex, to: $0) }
    }
    #expect(firsts.count == 13 && firsts == firsts.sorted())
  }

  @Test func `points without a logarithm and points that are not finite are left out`() {
    let chart = LineChart(
      title: "t", x: "x", y: "y", logarithmicX: true, logarithmicY: true,
      series: [.init("s", [(0, 1), (1, .nan), (1, 0), (2, 3), (4, .infinity)])])
    #expect(chart.series[0].points.count == 1)
    #expect(!chart.html.contains("nan"))
    let empty = LineChart(title: "t", x: "x", y: "y", series: [.init("s", [])])
    #expect(empty.html.contains("no data") && empty.terminalLines(on: Self.plain).count == 1)
  }
}
