/// A cyclic redundancy check of 32 bits, with a table of the remainders of all bytes.
///
/// Bits are processed from the lowest to the highest; the initial value and the result are inverted.
package struct CRC32: Sendable {
  /// The checksum of zip files (ISO 3309).
  package static let zip = CRC32(reversedPolynomial: 0xEDB8_8320)
  /// CRC-32C (Castagnoli), the checksum of TensorBoard's records (RFC 3720, appendix B.4).
  package static let castagnoli = CRC32(reversedPolynomial: 0x82F6_3B78)

  private let table: [UInt32]

  private init(reversedPolynomial polynomial: UInt32) {
    table = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { remainder, _ in
        remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ polynomial
      }
    }
  }

  /// Returns the checksum of bytes.
  package func checksum(of bytes: [UInt8]) -> UInt32 {
    var remainder = UInt32.max
    for byte in bytes {
      remainder = remainder >> 8 ^ table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)]
    }
    return ~remainder
  }
}
