/// A non-copyable array of the operands of matrix products, in one of the precisions.
///
/// With float32 and bfloat16, elements have that type. With int8, the weights are int8 and the elements here, the
/// activations, are int16 in units of 1/8192.
@safe
public struct ElementBuffer: ~Copyable, Sendable {
  /// The number of elements.
  public let count: Int
  /// The precision of the elements.
  public let precision: Precision
  private let bytes: FixedBuffer<UInt8>

  /// Creates a buffer of zeros.
  public init(zeros count: Int, _ precision: Precision) {
    self.count = count
    self.precision = precision
    bytes = FixedBuffer(zeros: count * precision.elementBytes)
  }

  /// The value 1 as an int16 element.
  private static let integerOne: Float = 8192

  /// The element at `index` as a float; exact in every precision.
  public subscript(index: Int) -> Float {
    precondition(0 <= index && index < count, "index \(index) is not in 0..<\(count)")
    let pointer = unsafe pointer(at: index)
    return switch precision {
    case .float32: unsafe pointer.load(as: Float.self)
    case .bfloat16: unsafe Float(bitPattern: UInt32(pointer.load(as: UInt16.self)) << 16)
    case .int8: unsafe Float(pointer.load(as: Int16.self)) / Self.integerOne
    }
  }

  /// Stores values from element `start` on.
  ///
  /// Values that were read from a buffer of the same precision are stored exactly. Others are truncated to bfloat16, or
  /// clamped to -1...1 and rounded to int16.
  public func store(_ values: some Collection<Float>, at start: Int = 0) {
    precondition(
      start >= 0 && values.count <= count - start,
      "\(values.count) elements at \(start) exceed the count \(count)")
    let pointer = unsafe mutablePointer(at: start)
    for (index, value) in values.enumerated() {
      switch precision {
      case .float32:
        unsafe pointer.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
      case .bfloat16:
        let bits = UInt16(truncatingIfNeeded: value.bitPattern >> 16)
        unsafe pointer.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
      case .int8:
        let scaled = (max(-1, min(1, value)) * Self.integerOne).rounded(.toNearestOrEven)
        unsafe pointer.storeBytes(of: Int16(scaled), toByteOffset: 2 * index, as: Int16.self)
      }
    }
  }

  /// Adds the first `count` elements of another buffer, both in bfloat16; sums are rounded to the nearest, ties to even.
  func addBFloat16(_ other: borrowing Self, count: Int) {
    precondition(
      precision == .bfloat16 && other.precision == .bfloat16, "\(precision) is not bfloat16")
    precondition(count <= min(self.count, other.count), "\(count) elements exceed the count")
    let sums = unsafe mutablePointer().assumingMemoryBound(to: UInt16.self)
    let others = unsafe other.pointer().assumingMemoryBound(to: UInt16.self)
    for index in 0..<count {
      let sum =
        unsafe Float(bitPattern: UInt32(sums[index]) << 16)
        + Float(bitPattern: UInt32(others[index]) << 16)
      let bits = sum.bitPattern
      unsafe sums[index] = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }
  }

  /// Copies the elements in `range` to the elements from `target` on; the two must not overlap.
  public func copy(_ range: Range<Int>, to target: Int) {
    let size = precision.elementBytes
    bytes.copy(size * range.lowerBound..<size * range.upperBound, to: size * target)
  }

  /// The address of the first element, for tests that it does not change.
  package var address: UInt { UInt(bitPattern: unsafe pointer()) }

  func pointer(at index: Int = 0) -> UnsafeRawPointer {
    unsafe UnsafeRawPointer(bytes.pointer) + index * precision.elementBytes
  }

  func mutablePointer(at index: Int = 0) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bytes.pointer) + index * precision.elementBytes
  }
}
