import Foundation
import GeulKernels
import TestSupport
import Testing

struct ExponentialTests {
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `agrees with the system's within one unit in the last place`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var worst = 0.0
    for turn in 0..<100_000 {
      let range: ClosedRange<Double> = turn % 2 == 0 ? -708...0 : -3...0
      let x = Double.random(in: range, using: &random)
      let expected = exp(x)
      worst = max(worst, abs(exponential(x) - expected) / expected.ulp)
    }
    #expect(worst <= 1)
  }

  @Test func `the ends are exact`() {
    #expect(exponential(0) == 1)
    #expect(exponential(-0.0) == 1)
    #expect(exponential(-.infinity) == 0)
    #expect(exponential(-709) == 0)
    #expect(exponential(-708) > 0)
    #expect(exponential(-.leastNonzeroMagnitude) == 1)
    #expect(exponential(-.greatestFiniteMagnitude) == 0)
  }

  @Test func `the bits are pinned, so that they are the same on every machine`() {
    var random = SeededGenerator(seed: 1)
    var bits: UInt64 = 0
    for _ in 0..<10_000 {
      let x = Double.random(in: -50...0, using: &random)
      bits = (bits &* 0x9E37_79B9_7F4A_7C15) ^ exponential(x).bitPattern
    }
    #expect(bits == 411_253_685_822_790_019)
  }
}
