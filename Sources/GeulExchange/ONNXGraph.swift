internal import GeulStorage

/// A graph of ONNX operators that is being built.
///
/// The numbers of fields are those of onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
package struct ONNXGraph {
  private var message = ProtobufMessage()

  /// The element types of tensors (`TensorProto.DataType`).
  package enum ElementType: Int {
    case float = 1
    case int64 = 7
  }

  /// A size of a dimension: a number or a name.
  package enum Dimension {
    case size(Int)
    case name(String)
  }

  /// The value of an attribute of an operator.
  package enum Attribute {
    case integer(Int)
    case strings([String])
  }

  /// Creates an empty graph.
  package init(_ name: String) { message.add(2, name) }

  /// Adds an operator; an empty name in `inputs` omits an optional input.
  package mutating func add(
    _ operation: String, _ inputs: [String], to outputs: [String],
    _ attributes: [(name: String, value: Attribute)] = []
  ) {
    var node = ProtobufMessage()
    for input in inputs { node.add(1, input) }
    for output in outputs { node.add(2, output) }
    node.add(3, operation + "_" + (outputs.first { !$0.isEmpty } ?? ""))
    node.add(4, operation)
    for attribute in attributes { node.add(5, Self.attribute(attribute.name, attribute.value)) }
    message.add(1, node)
  }

  /// Adds a constant of float32 elements, row-major.
  package mutating func addConstant(_ name: String, _ shape: [Int], _ values: [Float]) {
    addConstant(name, shape, .float, RawBytes.bytes(of: values))
  }

  /// Adds a constant of int64 elements, row-major.
  package mutating func addConstant(_ name: String, _ shape: [Int], _ values: [Int64]) {
    addConstant(name, shape, .int64, RawBytes.bytes(of: values))
  }

  private mutating func addConstant(
    _ name: String, _ shape: [Int], _ type: ElementType, _ bytes: [UInt8]
  ) {
    var tensor = ProtobufMessage()
    for size in shape { tensor.add(1, size) }
    tensor.add(2, type.rawValue)
    tensor.add(8, name)
    tensor.add(9, bytes: bytes)
    message.add(5, tensor)
  }

  /// Declares an input.
  package mutating func addInput(_ name: String, _ type: ElementType, _ shape: [Dimension]) {
    message.add(11, Self.value(name, type, shape))
  }

  /// Declares an output.
  package mutating func addOutput(_ name: String, _ type: ElementType, _ shape: [Dimension]) {
    message.add(12, Self.value(name, type, shape))
  }

  /// Encodes the file with this graph.
  ///
  /// - Parameters:
  ///   - operatorSet: The version of the standard operators.
  ///   - formatVersion: The version of the format (`ir_version`).
  ///   - producer: The name and version of the program.
  ///   - metadata: Texts for the reader, by key.
  /// - Returns: The bytes of the file.
  package func file(
    operatorSet: Int, formatVersion: Int, producer: (name: String, version: String),
    metadata: [(key: String, value: String)]
  ) -> [UInt8] {
    var file = ProtobufMessage()
    file.add(1, formatVersion)
    file.add(2, producer.name)
    file.add(3, producer.version)
    var operators = ProtobufMessage()
    operators.add(1, "")  // the standard domain
    operators.add(2, operatorSet)
    file.add(8, operators)
    for entry in metadata {
      var property = ProtobufMessage()
      property.add(1, entry.key)
      property.add(2, entry.value)
      file.add(14, property)
    }
    file.add(7, message)
    return file.bytes
  }

  private static func attribute(_ name: String, _ value: Attribute) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, name)
    switch value {
    case .integer(let value):
      message.add(3, value)
      message.add(20, 2)  // the type INT
    case .strings(let values):
      for value in values { message.add(9, value) }
      message.add(20, 8)  // the type STRINGS
    }
    return message
  }

  private static func value(
    _ name: String, _ type: ElementType, _ shape: [Dimension]
  ) -> ProtobufMessage {
    var sizes = ProtobufMessage()
    for dimension in shape {
      var size = ProtobufMessage()
      switch dimension {
      case .size(let value): size.add(1, value)
      case .name(let name): size.add(2, name)
      }
      sizes.add(1, size)
    }
    var tensor = ProtobufMessage()
    tensor.add(1, type.rawValue)
    tensor.add(2, sizes)
    var kind = ProtobufMessage()
    kind.add(1, tensor)
    var value = ProtobufMessage()
    value.add(1, name)
    value.add(2, kind)
    return value
  }
}
