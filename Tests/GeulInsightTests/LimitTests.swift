import GeulCompute
import GeulInsight
import GeulModel
import TestSupport
import Testing

struct LimitTests {
  @Test func `an explanation with overflowing hidden states is not finite`() throws {
    var model = try randomModel(.rnn, activation: .relu)
    #expect(Explanation(InstrumentedNetworkTests.tokens, by: model).isFinite)
    for index in 0..<model.parameters.values.count { model.parameters.values[index] *= 1e20 }
    #expect(!Explanation(InstrumentedNetworkTests.tokens, by: model).isFinite)
  }

  @Test func `norms that are not numbers have not decayed`() {
    #expect(ContextSensitivity.distance(ofDecayBy: 2, in: [1, 0.4, 0.1]) == 1)
    #expect(ContextSensitivity.distance(ofDecayBy: 2, in: [1, 5, .infinity, .nan, .nan]) == nil)
    #expect(ContextSensitivity.distance(ofDecayBy: 2, in: [.nan, .nan]) == nil)
  }

  @Test(arguments: [1, 7, 1024])
  func `positions are evenly spaced over a range whose size is not a multiple of their number`(
    count: Int
  ) {
    let positions = evenlySpaced(count, in: 1024..<3000)
    #expect(positions.count == count && positions[0] == 1024 && positions == positions.sorted())
    let gaps = zip(positions, positions.dropFirst() + [3000]).map { $1 - $0 }
    #expect((gaps.max() ?? 0) - (gaps.min() ?? 0) <= 1)
    #expect(evenlySpaced(10, in: 3..<5) == [3, 4] && evenlySpaced(10, in: 3..<3).isEmpty)
  }
}
