/// How wide the numbers are that products multiply.
///
/// Sums, cell states and gradients are float32 either way.
public enum Precision: String, Codable, CaseIterable, Sendable {
  /// The same bits on every machine.
  case float32
  /// Half the memory, and up to twice the speed where the processor has such products; not bit for bit the
  /// same on different machines.
  case bfloat16
  /// Weights of one byte with a scale to each column, for reading alone. Sums are whole numbers, so results are the same
  /// bits on every machine.
  case int8

  /// Those that a network can be trained with.
  public static let trained: [Precision] = [.float32, .bfloat16]

  /// How many bytes a number of a state takes.
  public var bytes: Int { self == .float32 ? 4 : 2 }
  /// How many bytes a packed weight takes.
  var weightBytes: Int { self == .int8 ? 1 : bytes }
}

/// Numbers that products read: float32, bfloat16, or what multiplies int8 weights, whole numbers of 1/8,192.
public enum ElementBuffer: Sendable {
  case float32(Buffer<Float>)
  case bfloat16(Buffer<UInt16>)
  case int8(Buffer<Int16>)

  /// `count` zeros.
  public init(zeros count: Int, _ precision: Precision) {
    switch precision {
    case .float32: self = .float32(Buffer(zeros: count))
    case .bfloat16: self = .bfloat16(Buffer(zeros: count))
    case .int8: self = .int8(Buffer(zeros: count))
    }
  }

  /// How many numbers there are.
  public var count: Int {
    switch self {
    case .float32(let buffer): buffer.count
    case .bfloat16(let buffer): buffer.count
    case .int8(let buffer): buffer.count
    }
  }

  /// How wide they are.
  public var precision: Precision {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }

  /// The number at `index`.
  public subscript(index: Int) -> Float {
    switch self {
    case .float32(let buffer): buffer[index]
    case .bfloat16(let buffer): Float(bitPattern: UInt32(buffer[index]) << 16)
    case .int8(let buffer): Float(buffer[index]) / Self.one
    }
  }

  /// What 1 is as a state that multiplies int8 weights.
  private static let one: Float = 8192

  /// Sets the numbers from the first on; a state that was carried comes back as it was.
  public mutating func fill(_ values: [Float]) {
    change(
      float32: { buffer in
        for (index, value) in values.enumerated() { buffer[index] = value }
      },
      bfloat16: { buffer in
        for (index, value) in values.enumerated() {
          buffer[index] = UInt16(truncatingIfNeeded: value.bitPattern >> 16)
        }
      },
      int8: { buffer in
        for (index, value) in values.enumerated() {
          buffer[index] = Int16((max(-1, min(1, value)) * Self.one).rounded(.toNearestOrEven))
        }
      })
  }

  /// Copies `range` to the place that begins at `target`; the two must not overlap.
  public mutating func move(_ range: Range<Int>, to target: Int) {
    change(
      float32: { $0.move(range, to: target) }, bfloat16: { $0.move(range, to: target) },
      int8: { $0.move(range, to: target) })
  }

  /// The address of the number at `offset`.
  func pointer(at offset: Int = 0) -> UnsafeRawPointer {
    switch self {
    case .float32(let buffer): unsafe UnsafeRawPointer(buffer.pointer + offset)
    case .bfloat16(let buffer): unsafe UnsafeRawPointer(buffer.pointer + offset)
    case .int8(let buffer): unsafe UnsafeRawPointer(buffer.pointer + offset)
    }
  }

  mutating func mutablePointer() -> UnsafeMutableRawPointer {
    unsafe change(
      float32: { unsafe UnsafeMutableRawPointer($0.mutablePointer()) },
      bfloat16: { unsafe UnsafeMutableRawPointer($0.mutablePointer()) },
      int8: { unsafe UnsafeMutableRawPointer($0.mutablePointer()) })
  }

  /// Changes the buffer in place: an empty one stands in for it meanwhile, or it would be shared, and copied.
  private mutating func change<Result>(
    float32: (inout Buffer<Float>) -> Result, bfloat16: (inout Buffer<UInt16>) -> Result,
    int8: (inout Buffer<Int16>) -> Result
  ) -> Result {
    switch self {
    case .float32(var buffer):
      self = .float32(Buffer(zeros: 0))
      defer { self = .float32(buffer) }
      return float32(&buffer)
    case .bfloat16(var buffer):
      self = .bfloat16(Buffer(zeros: 0))
      defer { self = .bfloat16(buffer) }
      return bfloat16(&buffer)
    case .int8(var buffer):
      self = .int8(Buffer(zeros: 0))
      defer { self = .int8(buffer) }
      return int8(&buffer)
    }
  }
}
