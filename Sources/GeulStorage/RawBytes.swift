/// Copies between arrays of numbers and their bytes, little-endian as in a file.
///
/// Every machine that Swift runs on is little-endian, so the bytes of a number in memory are those in the file.
enum RawBytes {
  /// The bytes of `numbers`.
  static func bytes<Number: TensorElement>(of numbers: [Number]) -> [UInt8] {
    unsafe numbers.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// Returns `count` numbers whose bytes `fill` writes.
  static func numbers<Number: TensorElement>(
    _ count: Int, fill: (inout MutableRawSpan) throws(FileError) -> Void
  ) throws(FileError) -> [Number] {
    var result = [Number](repeating: 0, count: count)
    var span = result.mutableSpan
    var bytes = unsafe span.mutableBytes
    try fill(&bytes)
    return result
  }

  /// Returns the numbers whose bytes are `bytes`.
  static func numbers<Number: TensorElement>(from bytes: RawSpan) throws(FileError) -> [Number] {
    try numbers(bytes.byteCount / MemoryLayout<Number>.stride) { target in
      unsafe target.withUnsafeMutableBytes { target in
        unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
      }
    }
  }
}

extension Span where Element: TensorElement {
  /// The bytes of the numbers; safe, because these kinds of numbers have no padding.
  package var raw: RawSpan {
    @_lifetime(copy self) get { unsafe bytes }
  }
}
