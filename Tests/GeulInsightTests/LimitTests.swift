import GeulInsight
import GeulCompute
import GeulModel
import Testing

@Suite("Insight at its limits")
struct LimitTests {
  @Test("A text on which states outgrow float32 is known as such")
  func overflow() throws {
    var model = try trialModel(.rnn, activation: .relu)
    let sound = Explanation(InstrumentedNetworkTests.ids, by: model)
    #expect(sound.isSound)
    for index in 0..<model.parameters.values.count { model.parameters.values[index] *= 1e20 }
    #expect(!Explanation(InstrumentedNetworkTests.ids, by: model).isSound)
  }

  @Test("Norms that are no numbers have not fallen")
  func noNumbers() {
    #expect(ContextSensitivity.distance([1, 0.4, 0.1], toFallBy: 2) == 1)
    #expect(ContextSensitivity.distance([1, 5, .infinity, .nan, .nan], toFallBy: 2) == nil)
    #expect(ContextSensitivity.distance([.nan, .nan], toFallBy: 2) == nil)
  }

  @Test(
    "A range that a gap of whole places would not fill is filled evenly", arguments: [1, 7, 1024])
  func spread(count: Int) {
    let places = evenly(count, in: 1024..<3000)
    #expect(places.count == count && places[0] == 1024 && places == places.sorted())
    let gaps = zip(places, places.dropFirst()).map { $1 - $0 } + [3000 - (places.last ?? 0)]
    #expect((gaps.max() ?? 0) - (gaps.min() ?? 0) <= 1)
    #expect(evenly(10, in: 3..<5) == [3, 4] && evenly(10, in: 3..<3).isEmpty)
  }
}
