extension SeededGenerator {
  /// Returns numbers uniformly distributed between `-bound` and `bound`.
  public mutating func floats(_ count: Int, _ bound: Float) -> [Float] {
    (0..<count).map { _ in Float.random(in: -bound...bound, using: &self) }
  }
}

/// The relative error of a rounding to float32, for bounds: the error of one rounding is at most half
/// of it, and the rest covers products of errors.
public let ulp = Double(Float.ulpOfOne)

/// The largest relative error of a rounding to bfloat16, which has 8 significant bits.
public let halfUlpOfBFloat16 = 0x1p-8

/// Returns the error of a computed number, in units in the last place of the exact one.
public func ulps(_ computed: Float, _ exact: Double) -> Double {
  abs(Double(computed) - exact) / Double(Float(exact).ulp)
}

/// Returns the first index at which two arrays differ in any bit, the sign of zero included; nil if
/// they are equal.
///
/// Tests compare long arrays with it: `#expect(a == b)` would compute their shortest edit script on
/// failure.
public func firstDifference(_ a: [Float], _ b: [Float]) -> Int? {
  a.count == b.count
    ? a.indices.first { a[$0].bitPattern != b[$0].bitPattern } : min(a.count, b.count)
}

/// Returns the first index at which two arrays differ in any bit; nil if they are equal.
public func firstDifference(_ a: [Double], _ b: [Double]) -> Int? {
  a.count == b.count
    ? a.indices.first { a[$0].bitPattern != b[$0].bitPattern } : min(a.count, b.count)
}

/// A comparison of many computed numbers with exact ones, each within a bound, for one expectation.
public struct Comparison: CustomStringConvertible, Sendable {
  /// Indicates whether all numbers are within their bounds and none is NaN.
  public private(set) var holds = true
  private var worst = -1.0
  private var text = "nothing compared"

  /// Creates a comparison of no numbers.
  public init() {}

  /// Compares a computed number with the exact one, from which it may differ by `bound`.
  public mutating func add(_ computed: Double, _ exact: Double, bound: Double) {
    let error = computed == exact ? 0 : abs(computed - exact) / bound
    guard !(error <= worst) else { return }
    (worst, text) = (error, "\(computed) for \(exact), \(error) of the bound \(bound)")
    if !(error <= 1) { (holds, worst) = (false, error.isNaN ? .infinity : error) }
  }

  /// The largest error, relative to its bound.
  public var description: String { text }
}
