/// Elements in memory that can be written as a tensor without a copy.
///
/// `ArraySlice` and the kernels' `Buffer` conform.
public protocol TensorData: Sendable {
  /// The size in bytes.
  var byteCount: Int { get }
  /// Calls `body` with the bytes, little-endian and row-major.
  func withBytes<Failure: Error>(_ body: (RawSpan) throws(Failure) -> Void) throws(Failure)
}

extension ArraySlice: TensorData where Element: TensorElement {
  /// The size in bytes.
  public var byteCount: Int { count * MemoryLayout<Element>.stride }

  /// Calls `body` with the bytes of the elements.
  public func withBytes<Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    try body(span.raw)
  }
}

/// The location of a tensor's bytes: elements in memory, bytes in memory, or a range of a file.
enum TensorSource: Sendable {
  case memory(any TensorData)
  case bytes(ArraySlice<UInt8>)
  case file(FileDescriptor, Range<Int>)

  /// The size in bytes.
  var byteCount: Int {
    switch self {
    case .memory(let data): data.byteCount
    case .bytes(let bytes): bytes.count
    case .file(_, let range): range.count
    }
  }

  /// Returns a range of the bytes, with offsets relative to the first byte.
  subscript(range: Range<Int>) -> TensorSource {
    switch self {
    case .memory: preconditionFailure("the bytes of elements in memory cannot be sliced")
    case .bytes(let bytes):
      .bytes(bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound])
    case .file(let file, let whole):
      .file(file, whole.lowerBound + range.lowerBound..<whole.lowerBound + range.upperBound)
    }
  }

  /// Calls `body` with all bytes in order; those of a file in blocks of 1 MiB.
  func forEachBlock(_ body: (RawSpan) throws(FileError) -> Void) throws(FileError) {
    switch self {
    case .memory(let data): try data.withBytes(body)
    case .bytes(let bytes): try body(bytes.span.raw)
    case .file(let file, let range):
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
        let end = min(start + 1 << 20, range.upperBound)
        let block: [UInt8] = try TensorSource.file(file, start..<end).elements()
        try body(block.span.raw)
      }
    }
  }

  /// Returns all bytes as elements.
  func elements<Element: TensorElement>() throws(FileError) -> [Element] {
    switch self {
    case .memory(let data):
      var result: [Element] = []
      try data.withBytes { (bytes) throws(FileError) in
        result = try RawBytes.elements(from: bytes)
      }
      return result
    case .bytes(let bytes): return try RawBytes.elements(from: bytes.span.raw)
    case .file(let file, let range):
      return try RawBytes.elements(range.count / MemoryLayout<Element>.stride) {
        (bytes) throws(FileError) in
        try file.read(at: range.lowerBound, into: &bytes)
      }
    }
  }
}
