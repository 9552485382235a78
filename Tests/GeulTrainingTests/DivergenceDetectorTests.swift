import GeulTraining
import TestSupport
import Testing

@Suite("The watch over the loss")
struct DivergenceDetectorTests {
  private static let ignorance = 4.0

  /// A watch that has seen 200 losses around 1.5 nats.
  private static func calm(seed: UInt64 = 1) -> DivergenceDetector {
    var watch = DivergenceDetector()
    var random = SeededGenerator(seed: seed)
    for step in 1...200 {
      let nats = 1.5 + Double.random(in: -0.2...0.2, using: &random)
      let fault = watch.fault(in: nats, ignorance: ignorance, step: step, isSettled: true)
      #expect(fault == nil, "step \(step)")
    }
    return watch
  }

  @Test("says nothing of what chance brings", arguments: 1...20 as ClosedRange<UInt64>)
  func chance(seed: UInt64) {
    _ = Self.calm(seed: seed)
  }

  @Test(
    "knows what cannot be, at any time",
    arguments: [
      (Double.nan, DivergenceDetector.Fault.notFinite), (.infinity, .notFinite), (22.5, .senseless),
      (1e30, .senseless),
    ])
  func impossible(nats: Double, fault: DivergenceDetector.Fault) {
    for var watch in [DivergenceDetector(), Self.calm()] {
      watch.pardon(until: 300)
      #expect(watch.fault(in: nats, ignorance: 4, step: 201, isSettled: false) == fault)
    }
  }

  @Test("sees a jump of eight standard deviations, but not one of six")
  func jump() {
    // A uniform distribution over 0.4 nats has a deviation of 0.115.
    for (nats, fault) in [(1.5 + 0.69, nil), (1.5 + 1.2, DivergenceDetector.Fault.jump)] {
      var watch = Self.calm()
      #expect(watch.fault(in: nats, ignorance: 4, step: 201, isSettled: true) == fault)
    }
  }

  @Test("does not get used to an explosion that comes step by step")
  func gradual() {
    var watch = Self.calm()
    var nats = 1.5
    let seen = (201...260).first { step in
      nats *= 1.1
      return watch.fault(in: nats, ignorance: 4, step: step, isSettled: true) != nil
    }
    #expect(try! #require(seen) < 215)
  }

  @Test("lets pass what comes at the beginning, of the run and of an epoch, and what was pardoned")
  func beginnings() {
    var fresh = DivergenceDetector()
    for step in 1...50 {
      let nats = step == 40 ? 8.0 : 3.5
      #expect(fresh.fault(in: nats, ignorance: 4, step: step, isSettled: true) == nil)
    }
    var watch = Self.calm()
    #expect(watch.fault(in: 6, ignorance: 4, step: 201, isSettled: false) == nil)
    watch = Self.calm()
    watch.pardon(until: 202)
    #expect(watch.fault(in: 6, ignorance: 4, step: 202, isSettled: true) == nil)
    #expect(watch.fault(in: 1.5, ignorance: 4, step: 252, isSettled: true) == nil)
    #expect(watch.fault(in: 15, ignorance: 4, step: 253, isSettled: true) == .jump)
  }

  @Test("says so when on average the network knows less than nothing")
  func senseless() {
    var watch = DivergenceDetector()
    let seen = (1...100).first { step in
      watch.fault(in: 9, ignorance: 4, step: step, isSettled: true) == .senseless
    }
    #expect(seen == 51)
  }
}
