import Foundation
import GeulCompute
import TestSupport
import Testing

/// The activation functions, the logarithm and the rounding to bfloat16.
struct FunctionTests {
  /// The bound of the activation functions in ulp.
  ///
  /// The polynomial has an error of 1.4e-8, a quarter of an ulp. The multiply-add that ends e^x
  /// rounds once, by half an ulp of 2^n (1 + p), and p carries roundings of up to half an ulp. The
  /// division and the sum of the other two functions round once more each.
  static let bound = 3.0

  /// The inputs for which a function has not reached its limit.
  static func range(_ function: PointwiseFunction) -> ClosedRange<Float> {
    switch function {
    case .exp: -87...88
    case .sigmoid: -87...87
    case .tanh: -9.2...9.2
    }
  }

  static func exact(_ function: PointwiseFunction, _ x: Float) -> Double {
    switch function {
    case .exp: exp(Double(x))
    case .sigmoid: sigmoid(Double(x))
    case .tanh: tanh(Double(x))
    }
  }

  /// Inputs across the range, and inputs that approach zero from both sides.
  static func inputs(_ function: PointwiseFunction) -> [Float] {
    var random = SeededGenerator(seed: 7)
    let range = range(function)
    let even = (0..<100_000).map { _ in Float.random(in: range, using: &random) }
    let small = random.floats(20_000, 1).enumerated().map { $1 * exp2(Float(-($0 % 120))) }
    return even + small + [0, -0.0, range.lowerBound, range.upperBound, 1, -1]
  }

  @Test(arguments: PointwiseFunction.allCases, InstructionSet.available)
  func `results are within 3 ulp of the float64 reference`(
    function: PointwiseFunction, set: InstructionSet
  ) {
    let inputs = Self.inputs(function)
    let outputs = Kernels(set).map(function, inputs)
    let errors = zip(inputs, outputs).map { ulps($1, Self.exact(function, $0)) }
    #expect(errors.allSatisfy { $0 <= Self.bound }, "up to \(errors.max() ?? 0) ulp")
  }

  @Test(arguments: PointwiseFunction.allCases)
  func `results have the same bits for each instruction set`(function: PointwiseFunction) {
    let inputs =
      Self.inputs(function) + [
        .infinity, -.infinity, 1e30, -1e30, 100, -100, .leastNonzeroMagnitude,
      ]
    let results = InstructionSet.available.map { Kernels($0).map(function, inputs) }
    #expect(results.allSatisfy { firstDifference($0, results[0]) == nil })
  }

  @Test(arguments: PointwiseFunction.allCases, InstructionSet.available)
  func `NaN stays NaN, at each position of a vector and at no other`(
    function: PointwiseFunction, set: InstructionSet
  ) {
    for position in 0..<16 {
      var inputs = [Float](repeating: 0.5, count: 16)
      inputs[position] = .nan
      let outputs = Kernels(set).map(function, inputs)
      #expect(outputs.indices.allSatisfy { outputs[$0].isNaN == ($0 == position) })
    }
  }

  @Test(arguments: InstructionSet.available)
  func `functions saturate beyond their ranges`(set: InstructionSet) {
    let kernels = Kernels(set)
    let far: [Float] = [89, 1000, 1e30, .infinity]
    let near = far.map { -$0 }
    // sigmoid(-88) and e^-87 are the smallest results; products with them are negligible.
    #expect(kernels.map(.exp, near).allSatisfy { $0 > 0 && $0 < 1.7e-38 })
    #expect(kernels.map(.exp, far).allSatisfy { $0 > 1.6e38 && $0.isFinite })
    #expect(kernels.map(.sigmoid, near).allSatisfy { $0 >= 0 && $0 < 1e-38 })
    #expect(kernels.map(.sigmoid, far).allSatisfy { $0 == 1 })
    #expect(kernels.map(.tanh, near).allSatisfy { $0 == -1 })
    #expect(kernels.map(.tanh, far).allSatisfy { $0 == 1 })
  }

  /// Half an ulp each for m + 1, the quotient, the series with its product, and the final sum.
  @Test func `the logarithm is within 2 ulp of the system's, for any magnitude and near 1`() {
    var random = SeededGenerator(seed: 3)
    var comparison = Comparison()
    for index in -100_000...100_000 {
      let magnitude = Int.random(in: -1000...1000, using: &random)
      let any = Double.random(in: 1..<2, using: &random) * scalbn(1, magnitude)
      for x in [any, 1 + Double(index) * 0x1p-40, 1 + Double(index) * 0x1p-17] {
        comparison.add(naturalLogarithm(x), log(x), bound: 2 * log(x).ulp)
      }
    }
    #expect(comparison.holds, "\(comparison)")
    #expect(naturalLogarithm(1) == 0)
  }

  @Test(arguments: InstructionSet.available)
  func `bfloat16 rounds to nearest, ties to even`(set: InstructionSet) {
    let kernels = Kernels(set)
    // 1 + n/256 lies between two bfloat16, which are 1/128 apart, for odd n.
    let ties: [(Float, Float)] = [
      (1 + 1 / 256, 1), (1 + 3 / 256, 1 + 4 / 256), (1 + 5 / 256, 1 + 4 / 256),
      (-1 - 3 / 256, -1 - 4 / 256), (1 + 1.001 / 256, 1 + 2 / 256), (0, 0), (3e38, 3.0040553e38),
    ]
    #expect(kernels.rounded(ties.map(\.0), to: .bfloat16) == ties.map(\.1))
    #expect(kernels.rounded([.nan], to: .bfloat16)[0].isNaN)
    #expect(kernels.rounded([.infinity, -.infinity], to: .bfloat16) == [.infinity, -.infinity])
    var random = SeededGenerator(seed: 11)
    let values = random.floats(10_000, 4)
    #expect(firstDifference(kernels.rounded(values, to: .float32), values) == nil)
    let rounded = kernels.rounded(values, to: .bfloat16)
    #expect(rounded.allSatisfy { $0.bitPattern & 0xffff == 0 })
    var comparison = Comparison()
    for (value, rounded) in zip(values, rounded) {
      let bound = Double(abs(value)) * halfUlpOfBFloat16
      comparison.add(Double(rounded), Double(value), bound: bound)
    }
    #expect(comparison.holds, "\(comparison)")
  }
}
