import GeulTraining
import Testing

struct LearningRateScheduleTests {
  static let schedule = LearningRateSchedule(peak: 0.01, warmup: 50, floor: 0.02)

  @Test func `the warm-up is linear, and the peak stays while the number of steps is not known`() {
    for step in 0..<50 {
      let rate = Self.schedule.rate(step: step, of: nil)
      #expect(abs(rate - 0.01 * Float(step + 1) / 50) < 1e-9)
    }
    #expect(Self.schedule.rate(step: 49, of: nil) == 0.01)
    #expect(Self.schedule.rate(step: 1000, of: nil) == 0.01)
  }

  @Test func `the rate falls over half a cosine to its floor`() {
    let rates = (0...1000).map { Self.schedule.rate(step: $0, of: 1000) }
    #expect(rates.allSatisfy { $0 > 0 && $0 <= 0.01 })
    #expect((rates.max() ?? 0) > 0.99 * 0.01)
    // Half way down: floor + (1 - floor) / 2.
    #expect(abs(rates[500] - 0.01 * 0.51) < 1e-8)
    #expect(abs(rates[1000] - 0.01 * 0.02) < 1e-8)
    // The warm-up rises faster than the cosine falls; after it the rate only falls.
    #expect(zip(rates[..<50], rates[1..<50]).allSatisfy { $0 < $1 })
    #expect(zip(rates[50...], rates[51...]).allSatisfy { $0 > $1 })
  }

  @Test func `the rate stays at its floor beyond the end`() {
    #expect(abs(Self.schedule.rate(step: 5000, of: 1000) - 0.01 * 0.02) < 1e-8)
  }

  @Test(arguments: [0, 1])
  func `a schedule without a warm-up starts at its peak`(warmup: Int) {
    let schedule = LearningRateSchedule(peak: 1, warmup: warmup, floor: 0)
    #expect(schedule.rate(step: 0, of: 10) == 1)
    #expect(schedule.rate(step: 0, of: nil) == 1)
    #expect(abs(schedule.rate(step: 10, of: 10)) < 1e-7)
  }
}
