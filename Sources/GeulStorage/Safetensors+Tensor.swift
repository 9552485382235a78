extension SafetensorsFile {
  /// A named array with a dtype and a shape.
  ///
  /// A tensor created from elements shares their storage, which is written without a copy.
  public struct Tensor: Sendable {
    /// The name, unique in its file.
    public let name: String
    /// The type of the elements.
    public let dtype: Dtype
    /// The size of each dimension, outermost first; empty for a scalar.
    public let shape: [Int]
    /// The location of the bytes.
    let source: TensorSource

    /// The size of the elements in bytes.
    public var byteCount: Int { source.byteCount }

    init(_ name: String, dtype: Dtype, shape: [Int], source: TensorSource) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.source = source
    }

    /// Creates a float32 tensor from row-major elements.
    ///
    /// - Precondition: The number of elements is that of `shape`.
    public init(_ name: String, shape: [Int], floats: [Float]) {
      self.init(name, shape: shape, data: floats[...])
    }

    /// Creates a float32 tensor from row-major elements, which are written without a copy.
    ///
    /// - Precondition: The number of elements is that of `shape`.
    public init(_ name: String, shape: [Int], data: some TensorData) {
      self.init(checking: name, dtype: .f32, shape: shape, source: .memory(data))
    }

    /// Creates a tensor from row-major elements of any type.
    ///
    /// - Precondition: The number of elements is that of `shape`.
    public init<Element: TensorElement>(_ name: String, shape: [Int], values: [Element]) {
      self.init(checking: name, dtype: Element.dtype, shape: shape, source: .memory(values[...]))
    }

    /// Creates a tensor from its bytes, little-endian and row-major.
    ///
    /// - Precondition: The number of bytes is that of `shape` and `dtype`.
    public init(_ name: String, dtype: Dtype, shape: [Int], bytes: [UInt8]) {
      self.init(checking: name, dtype: dtype, shape: shape, source: .bytes(bytes[...]))
    }

    private init(checking name: String, dtype: Dtype, shape: [Int], source: TensorSource) {
      let needed = dtype.byteCount(of: shape)
      precondition(
        needed == source.byteCount,
        "tensor \(name) of shape \(shape) must have \(needed ?? -1) bytes, has \(source.byteCount)")
      self.init(name, dtype: dtype, shape: shape, source: source)
    }
  }

  /// An element type, with its name in the format.
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

    /// The size of an element in bytes.
    public var size: Int {
      switch self {
      case .f64, .i64, .u64: 8
      case .f32, .i32, .u32: 4
      case .f16, .bf16, .i16, .u16: 2
      case .i8, .u8, .bool: 1
      }
    }

    /// Returns the size in bytes of a tensor of this shape; nil if it overflows.
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

/// A type of tensor elements: `Float`, `Double`, `UInt64`, `Int64`, `UInt8` or `Int8`.
///
/// Do not add conformances.
public protocol TensorElement: BitwiseCopyable, Numeric, Sendable {
  /// The dtype of the type.
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

extension Int8: TensorElement {
  /// I8.
  public static var dtype: SafetensorsFile.Dtype { .i8 }
}
