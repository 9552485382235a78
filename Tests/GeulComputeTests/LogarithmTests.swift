import Foundation
import GeulCompute
import TestSupport
import Testing

/// ln x, which `Kernels.logarithms` computes for probabilities.
struct LogarithmTests {
  static func logarithms(_ values: [Double], _ set: InstructionSet) -> [Float] {
    var result = [Float](repeating: .nan, count: values.count)
    Kernels(set).logarithms(values, into: &result)
    return result
  }

  /// Numbers over the whole range, more of them near 1.
  static func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { index in
      switch index % 3 {
      case 0: exp(Double.random(in: -700...700, using: &random))
      case 1: Double.random(in: 0.0001...1, using: &random)
      default: 1 + Double.random(in: -0.001...0.001, using: &random)
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `ln x is within 1 ulp of the system's`(set: InstructionSet) {
    let values = Self.numbers(50_000, seed: 3)
    for (value, result) in zip(values, Self.logarithms(values, set)) {
      #expect(ulps(result, log(value)) <= 1, "\(value)")
    }
    #expect(
      Self.logarithms([1, .leastNormalMagnitude], set) == [
        0, Float(log(Double.leastNormalMagnitude)),
      ])
  }

  @Test(arguments: [0, 1, 3, 4, 7, 8, 9, 65, 1203])
  func `the bits are the same for each instruction set and at each position`(count: Int) {
    let values = Self.numbers(count, seed: UInt64(count))
    let expected = Self.logarithms(values, .portable)
    for set in InstructionSet.available {
      #expect(firstDifference(Self.logarithms(values, set), expected) == nil, "\(set)")
    }
    let single = values.flatMap { Self.logarithms([$0], .portable) }
    #expect(firstDifference(single, expected) == nil)
  }
}
