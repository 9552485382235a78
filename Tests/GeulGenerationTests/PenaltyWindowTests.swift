import GeulGeneration
import Testing

struct PenaltyWindowTests {
  @Test func `a window holds the most recent tokens`() {
    var window = PenaltyWindow(capacity: 3)
    var all: [Int] = []
    for id in [5, 1, 1, 4, 2, 5, 5, 5, 5, 0] {
      window.append(id)
      all.append(id)
      #expect(window.ids.sorted() == all.suffix(3).sorted())
    }
  }

  @Test func `a window of capacity 0 stays empty`() {
    var window = PenaltyWindow(capacity: 0)
    window.append(1)
    #expect(window.ids.isEmpty)
  }

  @Test func `the capacity can exceed the length of any sequence`() {
    var window = PenaltyWindow(capacity: .max)
    for id in 0..<3 { window.append(id) }
    #expect(window.ids == [0, 1, 2])
  }
}
