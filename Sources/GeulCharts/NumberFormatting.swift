internal import PortableFoundation

/// Returns a number with about three significant digits.
func short(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  let size = abs(value)
  if size >= 1e6 || (size > 0 && size < 1e-3) { return scientific(value) }
  let digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return rounded(value, digits)
}

/// Returns a number rounded to at most `digits` decimals, without trailing zeros.
func rounded(_ value: Double, _ digits: Int) -> String {
  let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
  let result = (value * scale).rounded() / scale
  return result == result.rounded() && abs(result) < 1e15 ? "\(Int(result))" : "\(result)"
}

/// Returns a nonzero number in scientific notation with at most one decimal.
private func scientific(_ value: Double) -> String {
  let exponent = Int(log10(abs(value)).rounded(.down))
  // The power of ten is split into two factors because it overflows for subnormal numbers.
  let half = exponent / 2
  let mantissa = value / pow(10, Double(half)) / pow(10, Double(exponent - half))
  return abs(mantissa) >= 9.95
    ? "\(rounded(mantissa / 10, 1))e\(exponent + 1)" : "\(rounded(mantissa, 1))e\(exponent)"
}
