/// How wide the numbers are that products multiply.
///
/// Sums, cell states and gradients are float32 either way.
public enum Precision: String, Codable, CaseIterable, Sendable {
  /// The same bits on every machine.
  case float32
  /// Half the memory, and up to twice the speed where the processor has such products; not bit for bit the
  /// same on different machines.
  case bfloat16

  /// How many bytes an operand takes.
  public var bytes: Int { self == .float32 ? 4 : 2 }
}

/// Numbers that products read: float32 or bfloat16.
public enum Operands: Sendable {
  case float32(Buffer<Float>)
  case bfloat16(Buffer<UInt16>)

  /// `count` zeros.
  public init(zeros count: Int, _ precision: Precision) {
    switch precision {
    case .float32: self = .float32(Buffer(zeros: count))
    case .bfloat16: self = .bfloat16(Buffer(zeros: count))
    }
  }

  /// How many numbers there are.
  public var count: Int {
    switch self {
    case .float32(let buffer): buffer.count
    case .bfloat16(let buffer): buffer.count
    }
  }

  /// How wide they are.
  public var precision: Precision {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  }

  /// The number at `index`.
  public subscript(index: Int) -> Float {
    switch self {
    case .float32(let buffer): buffer[index]
    case .bfloat16(let buffer): Float(bitPattern: UInt32(buffer[index]) << 16)
    }
  }

  /// Copies `range` to the place that begins at `target`; the two must not overlap.
  public mutating func move(_ range: Range<Int>, to target: Int) {
    switch self {
    case .float32(var buffer):
      self = .float32(Buffer(zeros: 0))  // or the buffer would be shared, and copied
      buffer.move(range, to: target)
      self = .float32(buffer)
    case .bfloat16(var buffer):
      self = .bfloat16(Buffer(zeros: 0))
      buffer.move(range, to: target)
      self = .bfloat16(buffer)
    }
  }

  /// The address of the number at `offset`.
  func pointer(at offset: Int = 0) -> UnsafeRawPointer {
    switch self {
    case .float32(let buffer): unsafe UnsafeRawPointer(buffer.pointer + offset)
    case .bfloat16(let buffer): unsafe UnsafeRawPointer(buffer.pointer + offset)
    }
  }

  mutating func mutablePointer() -> UnsafeMutableRawPointer {
    switch self {
    case .float32(var buffer):
      self = .float32(Buffer(zeros: 0))  // or the buffer would be shared, and copied
      defer { self = .float32(buffer) }
      return unsafe UnsafeMutableRawPointer(buffer.mutablePointer())
    case .bfloat16(var buffer):
      self = .bfloat16(Buffer(zeros: 0))
      defer { self = .bfloat16(buffer) }
      return unsafe UnsafeMutableRawPointer(buffer.mutablePointer())
    }
  }
}
