import GeulTraining
import Testing

@Suite("When a run scores the part held out")
struct EvaluationScheduleTests {
  private func times(_ total: Int, perEpoch: Int) -> [Int] {
    let times = EvaluationSchedule(total: total, perEpoch: perEpoch, count: 20)
    return (1...total).filter(times.contains)
  }

  @Test("Twenty times, evenly, the last after the last step")
  func evenly() {
    #expect(times(2000, perEpoch: 100) == Array(stride(from: 100, through: 2000, by: 100)))
    #expect(times(7, perEpoch: 100) == Array(1...7))
    // A last part shorter than half of the others is not scored by itself.
    #expect(times(2030, perEpoch: 100).suffix(2) == [1919, 2030])
  }

  @Test("A text read very often is scored early as well, ever less densely")
  func early() {
    let found = times(20_000, perEpoch: 50)
    let expected = [
      100, 125, 156, 195, 244, 305, 381, 476, 596, 745, 931, 1000, 1164, 1455, 1818, 2000, 2273,
      2842, 3000, 3552, 4000, 4440, 5000,
    ]
    #expect(Array(found.prefix(expected.count)) == expected)
    #expect(found.suffix(15) == Array(stride(from: 6000, through: 20_000, by: 1000))[...])
  }

  @Test("Until the number of steps is known, the early times are the only ones")
  func unplanned() {
    let times = EvaluationSchedule(total: nil, perEpoch: 50, count: 20)
    #expect((1...400).filter(times.contains) == [100, 125, 156, 195, 244, 305, 381])
  }

  @Test("What remains is as many as will come", arguments: [(2000, 100), (20_000, 50), (7, 3)])
  func remains(total: Int, perEpoch: Int) {
    let times = EvaluationSchedule(total: total, perEpoch: perEpoch, count: 20)
    for step in [0, total / 3, total - 1] {
      let coming = (step + 1...total).count { times.contains($0) }
      #expect(abs(times.remaining(after: step) - coming) <= 3)
    }
  }
}
