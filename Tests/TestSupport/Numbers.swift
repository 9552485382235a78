extension SeededGenerator {
  /// Numbers evenly distributed between `-bound` and `bound`.
  public mutating func floats(_ count: Int, _ bound: Float) -> [Float] {
    (0..<count).map { _ in Float.random(in: -bound...bound, using: &self) }
  }
}

/// What one rounding to float32 counts for in a bound, relative to the number: half of it would do
/// for that one, the rest is for products of errors.
public let ulp = Double(Float.ulpOfOne)

/// What a bfloat16, which has 8 significant bits, is off by at most relative to a number that it
/// was rounded from.
public let halfUlpOfBFloat16 = 0x1p-8

/// How many float32 lie between a computed number and the true one.
public func ulps(_ computed: Float, _ exact: Double) -> Double {
  abs(Double(computed) - exact) / Double(Float(exact).ulp)
}

/// Where two lists of numbers first differ in a single bit, the sign of zero included; nil where
/// nowhere.
///
/// Tests compare long lists by this: on a failure `#expect(a == b)` would look for their shortest
/// edit.
public func firstDifference(_ a: [Float], _ b: [Float]) -> Int? {
  a.count == b.count
    ? a.indices.first { a[$0].bitPattern != b[$0].bitPattern } : min(a.count, b.count)
}

/// Where two lists of numbers first differ in a single bit.
public func firstDifference(_ a: [Double], _ b: [Double]) -> Int? {
  a.count == b.count
    ? a.indices.first { a[$0].bitPattern != b[$0].bitPattern } : min(a.count, b.count)
}

/// Numbers that were computed, and how far each may be from the true one: the worst of many in one
/// expectation.
public struct Comparison: CustomStringConvertible, Sendable {
  /// Whether all were within their bounds, NaN not among them.
  public private(set) var holds = true
  private var worst = -1.0
  private var words = "nothing compared"

  /// Nothing compared yet.
  public init() {}

  /// Compares a number, which may be `bound` away from the exact one.
  public mutating func add(_ computed: Double, _ exact: Double, bound: Double) {
    let share = computed == exact ? 0 : abs(computed - exact) / bound
    guard !(share <= worst) else { return }
    (worst, words) = (share, "\(computed) for \(exact), \(share) of the bound \(bound)")
    if !(share <= 1) { (holds, worst) = (false, share.isNaN ? .infinity : share) }
  }

  /// The worst of them.
  public var description: String { words }
}
