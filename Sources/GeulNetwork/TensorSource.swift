internal import GeulKernels

/// Where bytes are: in memory as floats, as a kernel's buffer of them, or as bytes; or in an open file.
enum TensorSource: Sendable {
  case floats(ArraySlice<Float>)
  case buffer(Buffer<Float>)
  case bytes(ArraySlice<UInt8>)
  case file(OpenFile, Range<Int>)

  /// How many bytes there are.
  var byteCount: Int {
    switch self {
    case .floats(let floats): floats.count * MemoryLayout<Float>.stride
    case .buffer(let floats): floats.count * MemoryLayout<Float>.stride
    case .bytes(let bytes): bytes.count
    case .file(_, let range): range.count
    }
  }

  /// A part of a file's or an array's bytes, counted from their beginning.
  subscript(range: Range<Int>) -> TensorSource {
    switch self {
    case .floats, .buffer: preconditionFailure("floats are not divided into bytes")
    case .bytes(let bytes):
      .bytes(bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound])
    case .file(let file, let whole):
      .file(file, whole.lowerBound + range.lowerBound..<whole.lowerBound + range.upperBound)
    }
  }

  /// Hands all bytes to `body`, in order; those of a file in blocks of 1 MiB.
  func forEachBlock(_ body: (RawSpan) throws(FileError) -> Void) throws(FileError) {
    switch self {
    case .floats(let floats): try body(floats.span.raw)
    case .buffer(let floats): try body(floats.span.raw)
    case .bytes(let bytes): try body(bytes.span.raw)
    case .file(let file, let range):
      var at = range.lowerBound
      while at < range.upperBound {
        let count = min(1 << 20, range.upperBound - at)
        let block: [UInt8] = try TensorSource.file(file, at..<at + count).numbers()
        try body(block.span.raw)
        at += count
      }
    }
  }

  /// All bytes as numbers, in a new array.
  func numbers<Number: TensorElement>() throws(FileError) -> [Number] {
    switch self {
    case .floats(let floats): try RawBytes.numbers(from: floats.span.raw)
    case .buffer(let floats): try RawBytes.numbers(from: floats.span.raw)
    case .bytes(let bytes): try RawBytes.numbers(from: bytes.span.raw)
    case .file(let file, let range):
      try unsafe RawBytes.numbers(range.count / MemoryLayout<Number>.stride) {
        buffer throws(FileError) in
        try unsafe file.read(at: range.lowerBound, into: buffer)
      }
    }
  }
}
