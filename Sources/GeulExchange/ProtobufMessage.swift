internal import GeulStorage

/// The bytes of a message of Protocol Buffers.
///
/// Only what ONNX and TensorBoard need: a field is a varint, 4 or 8 bytes, or bytes with their length. Source:
/// https://protobuf.dev/programming-guides/encoding/
package struct ProtobufMessage {
  /// The encoded fields, in the order in which they were added.
  package private(set) var bytes: [UInt8] = []

  /// Creates an empty message.
  package init() {}

  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  /// Adds an integer of the types int32, int64 or enum.
  package mutating func add(_ field: Int, _ value: Int) {
    addTag(field, .varint)
    addVarint(UInt64(bitPattern: Int64(value)))
  }

  /// Adds a float.
  package mutating func add(_ field: Int, _ value: Float) {
    addTag(field, .fixed32)
    addFixed(value.bitPattern)
  }

  /// Adds a double.
  package mutating func add(_ field: Int, _ value: Double) {
    addTag(field, .fixed64)
    addFixed(value.bitPattern)
  }

  /// Adds a string.
  package mutating func add(_ field: Int, _ text: String) { add(field, bytes: Array(text.utf8)) }

  /// Adds a message.
  package mutating func add(_ field: Int, _ message: ProtobufMessage) {
    add(field, bytes: message.bytes)
  }

  /// Adds bytes.
  package mutating func add(_ field: Int, bytes value: [UInt8]) {
    addTag(field, .lengthDelimited)
    addVarint(UInt64(value.count))
    bytes += value
  }

  private mutating func addTag(_ field: Int, _ type: WireType) {
    addVarint(UInt64(field) << 3 | type.rawValue)
  }

  /// Appends an integer in groups of 7 bits, the lowest first; all but the last have the high bit set.
  private mutating func addVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func addFixed(_ value: some FixedWidthInteger) {
    bytes.append(littleEndian: value)
  }
}

extension [UInt8] {
  /// Appends the bytes of an integer, the lowest first.
  mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> Value(shift)))
    }
  }
}
