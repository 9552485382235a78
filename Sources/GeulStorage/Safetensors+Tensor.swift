extension SafetensorsFile {
  /// A named array of numbers with a shape.
  ///
  /// A tensor made of floats shares their storage: writing it copies nothing.
  public struct Tensor: Sendable {
    /// The name, unique in its file.
    public let name: String
    /// The kind of its numbers.
    public let dtype: Dtype
    /// The length of each axis, the outermost first; empty for a single number.
    public let shape: [Int]
    /// Where its bytes are.
    let source: TensorSource

    /// How many bytes its numbers take.
    public var byteCount: Int { source.byteCount }

    init(_ name: String, dtype: Dtype, shape: [Int], source: TensorSource) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.source = source
    }

    /// A tensor of float32, row-major; `floats` has as many elements as `shape` says.
    public init(_ name: String, shape: [Int], floats: [Float]) {
      self.init(name, shape: shape, data: floats[...])
    }

    /// A tensor of float32, row-major, written from where its numbers are.
    public init(_ name: String, shape: [Int], data: some TensorData) {
      self.init(checking: name, dtype: .f32, shape: shape, source: .memory(data))
    }

    /// A tensor of numbers of any kind, row-major; `values` has as many as `shape` says.
    public init<Number: TensorElement>(_ name: String, shape: [Int], values: [Number]) {
      let bytes = RawBytes.bytes(of: values)
      self.init(checking: name, dtype: Number.dtype, shape: shape, source: .bytes(bytes[...]))
    }

    /// A tensor given by its bytes, little-endian and row-major.
    public init(_ name: String, dtype: Dtype, shape: [Int], bytes: [UInt8]) {
      self.init(checking: name, dtype: dtype, shape: shape, source: .bytes(bytes[...]))
    }

    private init(checking name: String, dtype: Dtype, shape: [Int], source: TensorSource) {
      let needed = dtype.byteCount(of: shape)
      precondition(
        needed == source.byteCount,
        "tensor \(name) of shape \(shape) has \(source.byteCount) bytes, not \(needed ?? -1)")
      self.init(name, dtype: dtype, shape: shape, source: source)
    }
  }

  /// A kind of numbers, by its name in the format.
  public enum Dtype: String, Sendable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"
    case i32 = "I32"
    case i16 = "I16"
    case i8 = "I8"
    case u64 = "U64"
    case u32 = "U32"
    case u16 = "U16"
    case u8 = "U8"
    case bool = "BOOL"

    /// How many bytes a number takes.
    public var size: Int {
      switch self {
      case .f64, .i64, .u64: 8
      case .f32, .i32, .u32: 4
      case .f16, .bf16, .i16, .u16: 2
      case .i8, .u8, .bool: 1
      }
    }

    /// How many bytes a tensor of this shape takes; nil if it cannot be counted.
    func byteCount(of shape: [Int]) -> Int? {
      var count = size
      for length in shape {
        let (product, overflows) = count.multipliedReportingOverflow(by: length)
        guard length >= 0, !overflows else { return nil }
        count = product
      }
      return count
    }
  }
}

/// A kind of numbers that can be read from a tensor.
///
/// Only the library's own conformances are of use: `Float`, `Double`, `UInt64`, `Int64` and `UInt8`.
public protocol TensorElement: BitwiseCopyable, Numeric, Sendable {
  /// The kind's name in the format.
  static var dtype: SafetensorsFile.Dtype { get }
}

extension Float: TensorElement {
  /// F32.
  public static var dtype: SafetensorsFile.Dtype { .f32 }
}

extension Double: TensorElement {
  /// F64.
  public static var dtype: SafetensorsFile.Dtype { .f64 }
}

extension UInt64: TensorElement {
  /// U64.
  public static var dtype: SafetensorsFile.Dtype { .u64 }
}

extension Int64: TensorElement {
  /// I64.
  public static var dtype: SafetensorsFile.Dtype { .i64 }
}

extension UInt8: TensorElement {
  /// U8.
  public static var dtype: SafetensorsFile.Dtype { .u8 }
}
