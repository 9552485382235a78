import Foundation
import GeulCompute
import TestSupport
import Testing

/// The weight of one unit is e^x.
struct ExponentialTests {
  private func exponential(_ x: Double, _ set: InstructionSet = .portable) -> Double {
    weights([0], beside: -x, set).weights[0]
  }

  private func weights(
    _ scores: [Float], beside top: Double, _ set: InstructionSet
  ) -> (weights: [Double], sum: Double) {
    var weights = [Double](repeating: .nan, count: scores.count)
    let sum = Kernels(set).weigh(scores, first: scores.count, beside: top, into: &weights)
    return (weights, sum)
  }

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
    for set in InstructionSet.available {
      var random = SeededGenerator(seed: 1)
      var bits: UInt64 = 0
      for _ in 0..<10_000 {
        let x = Double.random(in: -50...0, using: &random)
        bits = (bits &* 0x9E37_79B9_7F4A_7C15) ^ exponential(x, set).bitPattern
      }
      #expect(bits == 411_253_685_822_790_019, "\(set)")
    }
  }

  @Test(arguments: [0, 1, 7, 8, 9, 64, 65, 1203])
  func `the weights of many are those of each alone, and their sum has the same bits everywhere`(
    count: Int
  ) {
    var random = SeededGenerator(seed: UInt64(count))
    let scores = (0..<count).map { _ in Float.random(in: -40...3, using: &random) }
    let expected = weights(scores, beside: 3, .portable)
    #expect(expected.weights == scores.map { exponential(Double($0) - 3) })
    #expect(abs(expected.sum - expected.weights.reduce(0, +)) <= 1e-12 * expected.sum)
    for set in InstructionSet.available {
      let found = weights(scores, beside: 3, set)
      #expect(found.weights == expected.weights && found.sum == expected.sum, "\(set)")
    }
  }
}
