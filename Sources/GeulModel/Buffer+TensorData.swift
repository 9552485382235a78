public import GeulCompute
public import GeulStorage

/// A conformance that lets a checkpoint write parameters and moments without a copy.
extension Buffer: TensorData where Element == Float {
  /// The size of the elements in bytes.
  public var byteCount: Int { count * MemoryLayout<Float>.stride }

  /// Calls `body` with the bytes of the elements.
  public func withBytes<Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    try body(span.raw)
  }
}
