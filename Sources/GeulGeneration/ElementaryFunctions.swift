/// Elementary functions that consist of the basic operations of IEEE 754 only, so that they have the same bits on every
/// machine; those of a C library differ in the last bit.
enum ElementaryFunctions {
  /// The high and the low part of ln 2; a product of the high part with an integer of 11 bits is exact.
  private static let (ln2High, ln2Low) = (0x1.62e42fee00000p-1, 0x1.a39ef35793c76p-33)

  /// Returns the natural logarithm of a positive, normal number.
  ///
  /// With x = 2^k m and m in [√½, √2): ln x = k ln 2 + 2 artanh(s), where s = (m - 1) / (m + 1). The relative error is
  /// below 1e-15, except close to x = 1, where the absolute error is.
  static func log(_ x: Double) -> Double {
    var (exponent, significand) = (Double(x.exponent), x.significand)
    if significand > 2.0.squareRoot() { (exponent, significand) = (exponent + 1, significand / 2) }
    let s = (significand - 1) / (significand + 1)
    let square = s * s
    // s is below 0.1716: s^24 / 25 is below 1e-19.
    var sum = 0.0
    for n in stride(from: 23.0, through: 1, by: -2) { sum = sum * square + 1 / n }
    return exponent * ln2High + (2 * s * sum + exponent * ln2Low)
  }

  /// Returns e^x for x from -700 to 700.
  ///
  /// With x = k ln 2 + r: e^x = 2^k e^r, where e^r is a Taylor series. The relative error is below 1e-15.
  static func exp(_ x: Double) -> Double {
    let exponent = (x / 0.6931471805599453).rounded()
    let rest = (x - exponent * ln2High) - exponent * ln2Low
    // The rest is at most 0.347 in magnitude: r^15 / 15! is below 1e-19.
    var sum = 1.0
    for n in stride(from: 14.0, through: 1, by: -1) { sum = 1 + sum * rest / n }
    return Double(sign: .plus, exponent: Int(exponent), significand: sum)
  }

  /// Returns the power of a base from 0 to 1 with a positive exponent.
  static func power(_ base: Double, _ exponent: Double) -> Double {
    guard base >= .leastNormalMagnitude else { return 0 }
    guard exponent != 1 else { return base }
    let logarithm = exponent * log(base)
    return logarithm < -700 ? 0 : exp(min(logarithm, 0))
  }

  /// Returns the power of a base of 1 or more with a natural exponent, at most `limit`.
  static func power(_ base: Double, _ exponent: Int, limit: Double) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0, result < limit {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return min(result, limit)
  }
}
