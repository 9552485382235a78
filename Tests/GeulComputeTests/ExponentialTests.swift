import Foundation
import GeulCompute
import TestSupport
import Testing

/// e^x in float64, which `Kernels.expShifted` computes.
struct ExponentialTests {
  private func exponential(_ x: Double, _ set: InstructionSet = .portable) -> Double {
    exponentials([0], shift: -x, set).values[0]
  }

  private func exponentials(
    _ logits: [Float], shift: Double, _ set: InstructionSet
  ) -> (values: [Double], sum: Double) {
    var values = [Double](repeating: .nan, count: logits.count)
    let sum = Kernels(set).expShifted(logits, first: logits.count, shift: shift, into: &values)
    return (values, sum)
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `e^x is within 1 ulp of the system's`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var worst = 0.0
    for index in 0..<100_000 {
      let range: ClosedRange<Double> = index % 2 == 0 ? -708...0 : -3...0
      let x = Double.random(in: range, using: &random)
      let expected = exp(x)
      worst = max(worst, abs(exponential(x) - expected) / expected.ulp)
    }
    #expect(worst <= 1)
  }

  @Test func `e^x is exact at both ends of its range`() {
    #expect(exponential(0) == 1)
    #expect(exponential(-0.0) == 1)
    #expect(exponential(-.infinity) == 0)
    #expect(exponential(-709) == 0)
    #expect(exponential(-708) > 0)
    #expect(exponential(-.leastNonzeroMagnitude) == 1)
    #expect(exponential(-.greatestFiniteMagnitude) == 0)
  }

  @Test func `e^x has the same bits on every machine: a recorded hash`() {
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
  func `each result is independent of the others, and the sum has the same bits everywhere`(
    count: Int
  ) {
    var random = SeededGenerator(seed: UInt64(count))
    let logits = (0..<count).map { _ in Float.random(in: -40...3, using: &random) }
    let expected = exponentials(logits, shift: 3, .portable)
    #expect(expected.values == logits.map { exponential(Double($0) - 3) })
    #expect(abs(expected.sum - expected.values.reduce(0, +)) <= 1e-12 * expected.sum)
    for set in InstructionSet.available {
      let found = exponentials(logits, shift: 3, set)
      #expect(found.values == expected.values && found.sum == expected.sum, "\(set)")
    }
  }
}
