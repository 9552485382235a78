import GeulTraining
import Testing

struct EvaluationScheduleTests {
  private func steps(_ total: Int, perEpoch: Int) -> [Int] {
    let schedule = EvaluationSchedule(total: total, stepsPerEpoch: perEpoch, count: 20)
    return (1...total).filter(schedule.contains)
  }

  @Test func `there are twenty even evaluations, the last after the last step`() {
    #expect(steps(2000, perEpoch: 100) == Array(stride(from: 100, through: 2000, by: 100)))
    #expect(steps(7, perEpoch: 100) == Array(1...7))
    // A remainder shorter than half of an interval has no evaluation of its own.
    #expect(steps(2030, perEpoch: 100).suffix(2) == [1919, 2030])
  }

  @Test func `a text that is read very often is also evaluated early, ever less densely`() {
    let found = steps(20_000, perEpoch: 50)
    let expected = [
      100, 125, 156, 195, 244, 305, 381, 476, 596, 745, 931, 1000, 1164, 1455, 1818, 2000, 2273,
      2842, 3000, 3552, 4000, 4440, 5000,
    ]
    #expect(Array(found.prefix(expected.count)) == expected)
    #expect(found.suffix(15) == Array(stride(from: 6000, through: 20_000, by: 1000))[...])
  }

  @Test func `until the number of steps is known there are only the early evaluations`() {
    let schedule = EvaluationSchedule(total: nil, stepsPerEpoch: 50, count: 20)
    #expect((1...400).filter(schedule.contains) == [100, 125, 156, 195, 244, 305, 381])
    #expect(schedule.remaining(after: 0) == 0)
  }

  @Test(
    arguments: [
      (2000, 100, 20), (2030, 100, 20), (20_000, 50, 20), (7, 3, 20), (1, 1, 20), (999, 1, 20),
      (5000, 7, 3),
    ])
  func `the number of remaining evaluations is exact`(total: Int, perEpoch: Int, count: Int) {
    for growth in [1.25, 3] {
      let schedule = EvaluationSchedule(
        total: total, stepsPerEpoch: perEpoch, count: count, growth: growth)
      for step in [0, 1, total / 3, total / 2, total - 1, total] where step <= total {
        let remaining = (0...total).count { $0 > step && schedule.contains($0) }
        #expect(schedule.remaining(after: step) == remaining, "after step \(step)")
      }
    }
  }

  @Test func `a density that reduces nothing is the default`() {
    let schedule = EvaluationSchedule(total: 20_000, stepsPerEpoch: 50, count: 20)
    let all = schedule.remaining(after: 100)
    #expect(all == 37)
    for limit in [all, all + 1, 1000] {
      let density = EvaluationSchedule.density(
        total: 20_000, stepsPerEpoch: 50, count: 20, after: 100, limit: limit)
      #expect(density == EvaluationSchedule.Density())
    }
    let reduced = EvaluationSchedule.density(
      total: 20_000, stepsPerEpoch: 50, count: 20, after: 100, limit: all - 1)
    #expect(reduced != EvaluationSchedule.Density())
  }

  @Test(arguments: [2, 3, 5, 8, 13, 21, 34])
  func `a density keeps the number of evaluations within a limit`(limit: Int) {
    for (total, perEpoch, step) in [
      (20_000, 50, 100), (2000, 100, 0), (300, 1, 40), (9, 3, 2), (100_000, 1, 0),
    ] {
      let density = EvaluationSchedule.density(
        total: total, stepsPerEpoch: perEpoch, count: 20, after: step, limit: limit)
      #expect(density.isValid)
      let schedule = EvaluationSchedule(
        total: total, stepsPerEpoch: perEpoch, count: density.count ?? 20, growth: density.growth)
      let count = (step + 1...total).count { schedule.contains($0) }
      #expect(1...limit ~= count, "\(total) steps, \(density)")
    }
  }

  @Test func `early evaluations become rarer before the even ones become fewer`() {
    let density = EvaluationSchedule.density(
      total: 20_000, stepsPerEpoch: 50, count: 20, after: 100, limit: 26)
    #expect(density.count == nil && density.growth > 1.25)
  }
}
