import GeulCompute
import GeulExchange
import GeulModel
import TestSupport
import Testing

/// The files of ONNX; Tests/Exchange runs them with ONNX Runtime.
struct ONNXTests {
  @Test func `a graph has the bytes of the reference`() {
    var graph = ONNXGraph("g")
    graph.addInput("x", .float, [.name("n"), .size(2)])
    graph.addConstant("one", [1], [1] as [Int64])
    graph.add("Squeeze", ["x", "one"], to: ["y"], [("k", .integer(5)), ("s", .strings(["t"]))])
    let file = graph.file(
      operatorSet: 17, formatVersion: 8, producer: ("geul", "1"), metadata: [("a", "b")])
    let input: [UInt8] =
      field(1, text("x"))
      + field(
        2, field(1, [0x08, 1] + field(2, field(1, field(2, text("n"))) + field(1, [0x08, 2]))))
    let constant: [UInt8] =
      [0x08, 1, 0x10, 7] + field(8, text("one")) + field(9, [1, 0, 0, 0, 0, 0, 0, 0])
    let attributes =
      field(5, field(1, text("k")) + [0x18, 5, 0xA0, 0x01, 2])
      + field(5, field(1, text("s")) + field(9, text("t")) + [0xA0, 0x01, 8])
    let node =
      field(1, text("x")) + field(1, text("one")) + field(2, text("y"))
      + field(3, text("Squeeze_y")) + field(4, text("Squeeze")) + attributes
    let expected =
      [0x08, 8] + field(2, text("geul")) + field(3, text("1")) + field(8, [0x0A, 0, 0x10, 17])
      + field(14, field(1, text("a")) + field(2, text("b")))
      + field(7, field(2, text("g")) + field(11, input) + field(5, constant) + field(1, node))
    #expect(file == expected)
  }

  @Test(arguments: CellKind.allCases)
  func `matrices have the gate order of ONNX`(cell: CellKind) throws {
    let model = try randomModel(cell, layers: 2, hidden: 3)
    let bytes = try model.onnx()
    // PyTorch: i, f, g, o of the LSTM, r, z, n of the GRU. ONNX: i, o, f, c and z, r, h.
    let order = [CellKind.rnn: [0], .lstm: [0, 3, 1, 2], .gru: [1, 0, 2]][cell] ?? []
    for tensor in model.network.tensors(of: model.parameters)
    where tensor.name.contains("weight_hh") {
      let gates = (0..<order.count).map { Array(tensor.values[$0 * 9..<($0 + 1) * 9]) }
      let values = order.flatMap { gates[$0] }
      let data = values.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
      }
      let constant =
        [0x08, 1, 0x08, UInt8(order.count * 3), 0x08, 3, 0x10, 1] + field(8, text(tensor.name))
        + field(9, data)
      #expect(bytes.firstRange(of: constant) != nil, "\(tensor.name)")
    }
  }

  private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// Returns a field of bytes; its number is below 16 and its length below 16,384.
  private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    let length =
      bytes.count < 128
      ? [UInt8(bytes.count)] : [UInt8(bytes.count & 127 | 128), UInt8(bytes.count >> 7)]
    return [number << 3 | 2] + length + bytes
  }
}
