/// Conversion between arrays and their little-endian bytes.
///
/// Geul supports only little-endian platforms, where elements have the same bytes in memory.
package enum RawBytes {
  /// Returns the bytes of `elements`.
  package static func bytes<Element: TensorElement>(of elements: [Element]) -> [UInt8] {
    unsafe elements.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// Returns `count` elements whose bytes `fill` writes.
  static func elements<Element: TensorElement>(
    _ count: Int, fill: (inout MutableRawSpan) throws(FileError) -> Void
  ) throws(FileError) -> [Element] {
    var result = [Element](repeating: 0, count: count)
    var span = result.mutableSpan
    var bytes = unsafe span.mutableBytes
    try fill(&bytes)
    return result
  }

  /// Returns the elements whose bytes are `bytes`.
  static func elements<Element: TensorElement>(from bytes: RawSpan) throws(FileError) -> [Element] {
    try elements(bytes.byteCount / MemoryLayout<Element>.stride) { target in
      unsafe target.withUnsafeMutableBytes { target in
        unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
      }
    }
  }
}

extension Span where Element: TensorElement {
  /// The bytes of the elements; safe, because these types have no padding.
  package var raw: RawSpan {
    @_lifetime(copy self) get { unsafe bytes }
  }
}
