import GeulTraining
import TestSupport
import Testing

struct DivergenceDetectorTests {
  private static let uniformLoss = 4.0

  /// A detector that has seen 200 losses of about 1.5 nats.
  private static func settled(seed: UInt64 = 1) -> DivergenceDetector {
    var detector = DivergenceDetector()
    var random = SeededGenerator(seed: seed)
    for step in 1...200 {
      let nats = 1.5 + Double.random(in: -0.2...0.2, using: &random)
      let divergence = detector.check(
        nats, uniformLoss: uniformLoss, step: step, isPastEpochStart: true)
      #expect(divergence == nil, "step \(step)")
    }
    return detector
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `ordinary fluctuation of the loss is no divergence`(seed: UInt64) {
    _ = Self.settled(seed: seed)
  }

  @Test(
    arguments: [
      (Double.nan, DivergenceDetector.Divergence.notFinite), (.infinity, .notFinite),
      (22.5, .aboveUniform), (1e30, .aboveUniform),
    ])
  func `an impossible loss is a divergence at any step, even while spikes are suppressed`(
    nats: Double, divergence: DivergenceDetector.Divergence
  ) {
    for var detector in [DivergenceDetector(), Self.settled()] {
      detector.suppress(until: 300)
      #expect(
        detector.check(nats, uniformLoss: 4, step: 201, isPastEpochStart: false) == divergence)
    }
  }

  @Test func `a loss eight standard deviations above the mean is a spike, one six above is not`() {
    // A uniform distribution over 0.4 nats has a deviation of 0.115.
    for (nats, divergence) in [
      (1.5 + 0.69, nil), (1.5 + 1.2, DivergenceDetector.Divergence.spike),
    ] {
      var detector = Self.settled()
      #expect(detector.check(nats, uniformLoss: 4, step: 201, isPastEpochStart: true) == divergence)
    }
  }

  @Test func `a loss that grows step by step is detected`() throws {
    var detector = Self.settled()
    var nats = 1.5
    let detected = (201...260).first { step in
      nats *= 1.1
      return detector.check(nats, uniformLoss: 4, step: step, isPastEpochStart: true) != nil
    }
    #expect(try #require(detected) < 215)
  }

  @Test func `spikes at the start of a run or an epoch, and suppressed ones, are ignored`() {
    var fresh = DivergenceDetector()
    for step in 1...50 {
      let nats = step == 40 ? 8.0 : 3.5
      #expect(fresh.check(nats, uniformLoss: 4, step: step, isPastEpochStart: true) == nil)
    }
    var detector = Self.settled()
    #expect(detector.check(6, uniformLoss: 4, step: 201, isPastEpochStart: false) == nil)
    detector = Self.settled()
    detector.suppress(until: 202)
    #expect(detector.check(6, uniformLoss: 4, step: 202, isPastEpochStart: true) == nil)
    #expect(detector.check(1.5, uniformLoss: 4, step: 252, isPastEpochStart: true) == nil)
    #expect(detector.check(15, uniformLoss: 4, step: 253, isPastEpochStart: true) == .spike)
  }

  @Test func `a mean loss above that of a uniform distribution is a divergence`() {
    var detector = DivergenceDetector()
    let detected = (1...100).first { step in
      detector.check(9, uniformLoss: 4, step: step, isPastEpochStart: true) == .aboveUniform
    }
    #expect(detected == 51)
  }
}
