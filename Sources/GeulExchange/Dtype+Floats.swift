internal import GeulStorage

extension SafetensorsFile.Dtype {
  /// Returns the elements of a tensor as float32, float64 rounded to the nearest; nil if they are no floating-point
  /// numbers.
  package func floats(_ bytes: [UInt8]) -> [Float]? {
    func elements<Bits: FixedWidthInteger>(_ value: (Bits) -> Float) -> [Float] {
      stride(from: 0, to: bytes.count, by: size).map { start in
        value(
          (0..<size).reduce(0 as Bits) { $0 | Bits(bytes[start + $1]) << Bits(8 * $1) })
      }
    }
    return switch self {
    case .f64: elements { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case .f32: elements { (bits: UInt32) in Float(bitPattern: bits) }
    case .bf16: elements { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .f16: elements(Self.half)
    case .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool: nil
    }
  }

  /// Returns the value of an IEEE 754 binary16 number, exactly; Swift has no such type on every platform.
  private static func half(_ bits: UInt16) -> Float {
    let (exponent, fraction) = (Int(bits >> 10 & 0x1F), Float(bits & 0x3FF))
    let magnitude: Float =
      switch exponent {
      case 0: fraction * 0x1p-24
      case 31: fraction == 0 ? .infinity : .nan
      default:
        (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
      }
    return bits >> 15 == 0 ? magnitude : -magnitude
  }
}
