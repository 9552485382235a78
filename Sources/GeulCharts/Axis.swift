internal import PortableFoundation

/// A linear or logarithmic axis over the range of some data, with ticks at round numbers.
package struct Axis: Sendable {
  /// A labeled position on an axis.
  package struct Tick: Sendable, Equatable {
    /// The value on the axis.
    package let value: Double
    /// The value as text.
    package let label: String
  }

  /// The values at both ends.
  package let lowerBound, upperBound: Double
  /// Indicates whether the axis is logarithmic.
  package let isLogarithmic: Bool
  /// The ticks in ascending order, at least two unless the range is subnormal or overflows.
  ///
  /// Multiples of 1, 2 or 5 times a power of ten on a linear axis. Powers of ten on a logarithmic
  /// axis of two decades or more, else 1, 2 and 5 times powers of ten.
  package let ticks: [Tick]

  /// Creates an axis over the range of `values`, which are finite, and positive if it is logarithmic.
  ///
  /// The range is extended if all values are equal, and if it contains fewer than two ticks.
  package init(_ values: [Double], isLogarithmic: Bool) {
    self.isLogarithmic = isLogarithmic
    var (low, high) = (values.min() ?? 1, values.max() ?? 1)
    if low == high {
      let margin = max(0.5, abs(low) / 1000)
      (low, high) = isLogarithmic ? (low / 2, high * 2) : (low - margin, high + margin)
    }
    let numbers = isLogarithmic ? Self.logarithmicTicks(low, high) : Self.linearTicks(low, high)
    let isFixed = isLogarithmic ? nil : Self.isFixed(numbers)
    ticks = numbers.map { Tick(value: $0.value, label: $0.label(isFixed: isFixed)) }
    lowerBound = min(low, ticks.first?.value ?? low)
    upperBound = max(high, ticks.last?.value ?? high)
  }

  /// Returns the position of a value on the axis, from 0 at the lower to 1 at the upper bound.
  package func position(of value: Double) -> Double {
    isLogarithmic
      ? (log10(value) - log10(lowerBound)) / (log10(upperBound) - log10(lowerBound))
      : (value - lowerBound) / (upperBound - lowerBound)
  }

  /// The maximum number of intervals between linear ticks, and of powers of ten.
  private static let maximumCount = 6

  /// Returns the multiples, between two bounds, of the smallest round step that gives at most
  /// `maximumCount` intervals.
  private static func linearTicks(_ low: Double, _ high: Double) -> [DecimalNumber] {
    let minimumStep = (high - low) / Double(maximumCount)
    guard minimumStep.isNormal else { return [] }
    let exponent = Int(log10(minimumStep).rounded(.down))
    let steps = [1, 2, 5, 10].map { DecimalNumber(digits: $0, exponent: exponent) }
    guard let step = steps.first(where: { $0.value >= minimumStep * (1 - 1e-9) }) else { return [] }
    // Multiples of a decimal step are inexact; the tolerance keeps a tick that equals a bound.
    let first = (low / step.value - 1e-9).rounded(.up)
    let last = (high / step.value + 1e-9).rounded(.down)
    return stride(from: first, through: last, by: 1).map {
      DecimalNumber(digits: Int($0) * step.digits, exponent: exponent)
    }
  }

  /// Returns the round numbers between two positive bounds; if there are fewer than two, also those
  /// next to the bounds.
  private static func logarithmicTicks(_ low: Double, _ high: Double) -> [DecimalNumber] {
    let exponents = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let isInside = { (number: DecimalNumber) in
      number.value >= low * (1 - 1e-9) && number.value <= high * (1 + 1e-9)
    }
    if log10(high) - log10(low) >= 2 - 1e-9 {
      let powers = exponents.map { DecimalNumber(digits: 1, exponent: $0) }.filter(isInside)
      let spacing = [1, 2, 5, 10, 20, 50, 100].first { powers.count <= $0 * maximumCount } ?? 200
      return powers.filter { $0.exponent % spacing == 0 }
    }
    let numbers = exponents.flatMap { exponent in
      [1, 2, 5].map { DecimalNumber(digits: $0, exponent: exponent) }
    }
    let inside = numbers.filter(isInside)
    guard inside.count < 2 else { return inside }
    let below = numbers.last { $0.value <= low }
    let above = numbers.first { $0.value >= high }
    return numbers.filter { number in
      (below.map { number.value >= $0.value } ?? true)
        && (above.map { number.value <= $0.value } ?? true)
    }
  }

  /// Returns true if the labels of a linear axis use fixed-point rather than scientific notation.
  private static func isFixed(_ numbers: [DecimalNumber]) -> Bool {
    let largest = numbers.map { abs($0.value) }.max() ?? 0
    return largest < 1e6 && numbers.allSatisfy { $0.exponent >= -4 }
  }
}

/// A decimal number: `digits` times ten to the power of `exponent`.
private struct DecimalNumber {
  let digits, exponent: Int

  /// The nearest `Double`.
  var value: Double { Double("\(digits)e\(exponent)") ?? .nan }

  /// Returns the number in fixed-point or scientific notation; nil chooses by the size of the number.
  func label(isFixed: Bool?) -> String {
    guard digits != 0 else { return "0" }
    if isFixed ?? (abs(value) >= 1e-3 && abs(value) < 1e6) {
      return rounded(value, max(0, -exponent))
    }
    let all = "\(abs(digits))"
    var fraction = all.dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return (digits < 0 ? "-" : "") + all.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
      + "e\(exponent + all.count - 1)"
  }
}
