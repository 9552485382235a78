import GeulCharts
import Testing

struct SparklineTests {
  @Test func `a sparkline shows the lowest and the highest values`() {
    #expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], width: 20) == "▁▂▃▄▅▆▇█")
    #expect(sparkline([7, 6, 5, 4, 3, 2, 1, 0], width: 8) == "█▇▆▅▄▃▂▁")
    #expect(sparkline([2, 2, 2], width: 8) == "▁▁▁")
    #expect(sparkline([1, .nan, 2, .infinity], width: 8) == "▁█")
    #expect(sparkline([], width: 8).isEmpty)
    #expect(sparkline([1, 2], width: 0).isEmpty && sparkline([1, 2], width: -3).isEmpty)
  }

  @Test func `each column shows the mean of its values`() {
    // Means 1, 2, 4.
    #expect(sparkline([0, 2, 1, 3, 3, 5], width: 3) == "▁▃█")
  }

  @Test func `a high beginning does not hide the rest`() {
    let losses = [70.0] + (0..<19).map { 8 - Double($0) / 18 * 7 }
    let curve = sparkline(losses, width: 20)
    #expect(curve.hasPrefix("██") && curve.hasSuffix("▁"))
    #expect(Set(curve).count == 8)
  }

  @Test func `a bar is filled from the left`() {
    #expect(progressBar(0, width: 4) == "░░░░")
    #expect(progressBar(0.5, width: 4) == "██░░")
    #expect(progressBar(0.99, width: 4) == "███░")
    #expect(progressBar(1, width: 4) == "████")
    #expect(progressBar(7, width: 2) == "██" && progressBar(-1, width: 2) == "░░")
    #expect(progressBar(0.5, width: -1).isEmpty)
  }
}
