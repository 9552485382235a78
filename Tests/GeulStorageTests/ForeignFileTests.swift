import Foundation
import GeulStorage
import Testing

/// Files of Geul that the safetensors library has written again.
struct ForeignFileTests {
  private static let names = [
    "lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "decoder.weight",
  ]

  /// A file of Geul with four tensors, in an order that is not that of their names.
  private static func original() throws -> SafetensorsFile {
    let tensors = names.enumerated().map { index, name in
      SafetensorsFile.Tensor(name, shape: [2], floats: [Float(index), 0.5])
    }
    let file = SafetensorsFile(metadata: ["geul": "{}", "other": "x"], tensors: tensors)
    return try SafetensorsFile(bytes: file.serialized())
  }

  /// The file as the safetensors library writes it: tensors by name, metadata in the given order.
  private static func rewritten(_ metadata: [(String, String)]) throws -> [UInt8] {
    let file = try original()
    var data: [UInt8] = []
    var entries: [String] = []
    for name in names.sorted() {
      let bytes = try file.bytes(name)
      entries.append(
        "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[\(data.count),\(data.count + bytes.count)]}"
      )
      data += bytes
    }
    let texts = metadata.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
    var header = Array("{\"__metadata__\":{\(texts)},\(entries.joined(separator: ","))}".utf8)
    header += Array(repeating: UInt8(ascii: " "), count: -header.count & 7)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return length + header + data
  }

  @Test func `a file that Geul wrote is verified`() throws {
    #expect(try Self.original().isVerified)
  }

  @Test(arguments: [
    [("geul", "{}"), ("other", "x")],
    [("geul", "{}"), ("checksum", "xxh64:0123456789abcdef"), ("other", "x")],
    [("checksum", "xxh64:0123456789abcdef"), ("geul", "{}"), ("other", "x")],
  ])
  func `a file that the safetensors library wrote again is read, but not verified`(
    metadata: [(String, String)]
  ) throws {
    let file = try SafetensorsFile(bytes: Self.rewritten(metadata))
    #expect(!file.isVerified)
    #expect(file.metadata == ["geul": "{}", "other": "x"])
    for (index, name) in Self.names.enumerated() {
      #expect(try file.floats(name, shape: [2]) == [Float(index), 0.5])
    }
  }
}
