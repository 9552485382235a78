/// e to the power of `x`, for `x` from minus infinity to 0, with the same bits on every machine.
///
/// The system's `exp` differs in the last bit from one library and processor to another, and one bit can turn a draw.
/// This one uses additions and multiplications only, each rounded by itself: x = k ln 2 + r with |r| <= ln 2 / 2, then
/// the Taylor series of e^r to r^13 (what is left out is below 2^-57 of the result), then k in the exponent. ln 2 is
/// taken in two parts, the first short enough that k times it is exact (Cody and Waite 1980). The error is below 1.5
/// units in the last place. Below -708 the result, less than 2^-1021, is 0.
///
/// - Precondition: `x` is not positive and not NaN.
package func exponential(_ x: Double) -> Double { exponential(SIMD4(repeating: x))[0] }

/// The same of four numbers at once: each has the bits that it has alone.
package func exponential(_ x: SIMD4<Double>) -> SIMD4<Double> {
  let least = x.replacing(with: -708, where: x .< -708)
  // Adding 1.5 x 2^52 rounds to the nearest whole number, and leaves it in the lowest bits.
  let shifted = least * 0x1.71547652b82fep0 + 0x1.8p52
  let k = shifted - 0x1.8p52
  let r = (least - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33
  var sum = r * (1.0 / 6_227_020_800) + 1.0 / 479_001_600
  sum = sum * r + 1.0 / 39_916_800
  sum = sum * r + 1.0 / 3_628_800
  sum = sum * r + 1.0 / 362_880
  sum = sum * r + 1.0 / 40_320
  sum = sum * r + 1.0 / 5_040
  sum = sum * r + 1.0 / 720
  sum = sum * r + 1.0 / 120
  sum = sum * r + 1.0 / 24
  sum = sum * r + 1.0 / 6
  sum = sum * r + 1.0 / 2
  sum = sum * r + 1
  sum = sum * r + 1
  func power(_ shifted: Double) -> Double {
    Double(bitPattern: (shifted.bitPattern &+ 1023) &<< 52)
  }
  let powers = SIMD4(power(shifted.x), power(shifted.y), power(shifted.z), power(shifted.w))
  return (sum * powers).replacing(with: 0, where: x .< -708)
}
