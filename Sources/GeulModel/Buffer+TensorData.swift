public import GeulCompute
public import GeulStorage

/// A checkpoint writes parameters and moments from where they are.
extension Buffer: TensorData where Element == Float {
  /// The number of bytes.
  public var byteCount: Int { count * MemoryLayout<Float>.stride }

  /// Passes the bytes of the elements to `body`.
  public func withBytes<Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    try body(span.raw)
  }
}
