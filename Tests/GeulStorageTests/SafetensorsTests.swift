import GeulStorage
import TestSupport
import Testing

struct SafetensorsTests {
  typealias Tensor = SafetensorsFile.Tensor

  static let sample = SafetensorsFile(
    metadata: ["geul": #"{"vocabulary":["a","\n","각","\u0001"]}"#, "format": "pt"],
    tensors: [
      Tensor("steps", shape: [3], values: [1, -2, .max] as [Int64]),
      Tensor(
        "weight", shape: [2, 3], floats: [1, -2.5, .infinity, 0, -0.0, .leastNonzeroMagnitude]),
      Tensor("single", shape: [], floats: [42]),
      Tensor("none", shape: [0, 7], floats: []),
      Tensor("ids", shape: [5], values: [1, 2, 3, 254, 255] as [UInt8]),
    ])

  @Test func `all metadata and tensors are restored`() throws {
    let file = try SafetensorsFile(bytes: Self.sample.serialized())
    #expect(file.metadata == Self.sample.metadata)
    #expect(
      try file.floats("weight", shape: [2, 3]) == [
        1, -2.5, .infinity, 0, -0.0, .leastNonzeroMagnitude,
      ])
    #expect(try file.floats("weight", shape: [2, 3])[4].sign == .minus)
    #expect(try file.floats("single", shape: []) == [42])
    #expect(try file.floats("none", shape: [0, 7]) == [])
    #expect(try file.values("ids", shape: [5]) as [UInt8] == [1, 2, 3, 254, 255])
    #expect(try file.values("steps", shape: [3], as: Int64.self) == [1, -2, .max])
    #expect(try file.bytes("ids") == [1, 2, 3, 254, 255])
    #expect(try file.bytes("single") == [0, 0, 0x28, 0x42])
  }

  @Test func `all element types keep their bits`() throws {
    let nan = Double(bitPattern: 0x7FF8_0000_0000_1234)
    let written = SafetensorsFile(tensors: [
      Tensor("f64", shape: [2], values: [nan, .leastNonzeroMagnitude]),
      Tensor("u64", shape: [2], values: [UInt64.max, 1]),
      Tensor("bf16", dtype: .bf16, shape: [2, 1], bytes: [0x80, 0x3F, 0x00, 0x40]),
    ])
    let file = try SafetensorsFile(bytes: written.serialized())
    #expect(try file.values("f64", shape: [2], as: Double.self)[0].bitPattern == nan.bitPattern)
    #expect(try file.values("u64", shape: [2]) as [UInt64] == [.max, 1])
    #expect(try file.tensor("bf16").dtype == .bf16)
    #expect(try file.bytes("bf16") == [0x80, 0x3F, 0x00, 0x40])
  }

  @Test func `metadata and names of any characters are restored`() throws {
    let text = String(String.UnicodeScalarView((0..<0x80).compactMap(UnicodeScalar.init)))
    let strange = text + "/\\\"é e\u{301} 한국어 👨‍👩‍👧‍👦 \u{2028}\u{10FFFF}"
    let written = SafetensorsFile(
      metadata: [strange: strange, "": ""],
      tensors: [Tensor(strange, shape: [1], floats: [1])])
    let file = try SafetensorsFile(bytes: written.serialized())
    #expect(Array((file.metadata[strange] ?? "").unicodeScalars) == Array(strange.unicodeScalars))
    #expect(file.metadata[""] == "")
    #expect(try file.floats(strange, shape: [1]) == [1])
  }

  @Test func `a header with whitespace, escapes and any order of keys is read`() throws {
    let json = """
      { "late" : {"data_offsets":[4,8] , "shape":[1,1], "dtype":"F32"},\t
      "early":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},\r
      "__metadata__":{"a\\u0020\\ud83d\\ude00\\n\\/":"\\"\\\\\\b\\f\\r\\t"}}
      """
    let file = try SafetensorsFile(bytes: hostile(json, data: [1, 2, 3, 4, 0, 0, 0x80, 0x3F]))
    #expect(file.tensors.map(\.name) == ["early", "late"])
    #expect(file.metadata == ["a 😀\n/": "\"\\\u{8}\u{C}\r\t"])
    #expect(try file.floats("late", shape: [1, 1]) == [1])
  }

  @Test func `the bytes depend only on the content`() throws {
    let pairs = (0..<20).map { ("key \($0)", "text") }
    let one = SafetensorsFile(metadata: .init(uniqueKeysWithValues: pairs))
    let other = SafetensorsFile(metadata: .init(uniqueKeysWithValues: pairs.reversed()))
    #expect(try one.serialized() == other.serialized())
    let again = try SafetensorsFile(bytes: Self.sample.serialized())
    #expect(try again.serialized() == Self.sample.serialized())
  }

  /// The checksum was computed by Python's xxhash 3 over the same bytes with zeros as its digits.
  @Test func `the bytes of a small file conform to the format`() throws {
    let bytes = try SafetensorsFile(
      metadata: ["b": "2", "a": "1"], tensors: [Tensor("t", shape: [1], floats: [1])]
    ).serialized()
    let json =
      #"{"__metadata__":{"checksum":"xxh64:bb175c42955dc520","a":"1","b":"2"},"#
      + #""t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let padded = Array(json.utf8) + [UInt8](repeating: 0x20, count: -json.utf8.count & 7)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == String(
          decoding: [UInt8(padded.count), 0, 0, 0, 0, 0, 0, 0] + padded + [0, 0, 0x80, 0x3F],
          as: UTF8.self))
  }

  @Test func `each tensor is aligned to the size of its elements`() throws {
    let bytes = try Self.sample.serialized()
    let file = try SafetensorsFile(bytes: bytes)
    #expect(file.tensors.map(\.name) == ["steps", "weight", "single", "none", "ids"])
    var at = bytes.count - file.tensors.map(\.byteCount).reduce(0, +)
    #expect(at % 8 == 0)
    for tensor in file.tensors {
      #expect(at % tensor.dtype.size == 0)
      at += tensor.byteCount
    }
    let mixed = SafetensorsFile(tensors: [
      Tensor("small", shape: [3], values: [1, 2, 3] as [UInt8]),
      Tensor("large", shape: [1], values: [7] as [UInt64]),
    ])
    #expect(
      try SafetensorsFile(bytes: mixed.serialized()).tensors.map(\.name) == ["large", "small"])
  }

  @Test func `a slice of an array is written as a tensor`() throws {
    let array: [Float] = [0, 1, 2, 3, 4, 5]
    let file = try SafetensorsFile(
      bytes: SafetensorsFile(tensors: [Tensor("slot", shape: [2], data: array[2..<4])])
        .serialized())
    #expect(try file.floats("slot", shape: [2]) == [2, 3])
  }

  @Test func `a missing tensor, a wrong shape and a wrong dtype are errors`() throws {
    let file = try SafetensorsFile(bytes: Self.sample.serialized(), name: "m.safetensors")
    let missing = FormatError(file: "m.safetensors", reason: .missingTensor("bias"))
    #expect(throws: missing) { try file.floats("bias", shape: [1]) }
    #expect(
      throws: FormatError(
        file: "m.safetensors",
        reason: .wrongShape(tensor: "weight", expected: [3, 2], found: [2, 3]))
    ) { try file.floats("weight", shape: [3, 2]) }
    #expect(
      throws: FormatError(
        file: "m.safetensors", reason: .wrongDtype(tensor: "ids", expected: .f32, found: .u8))
    ) { try file.floats("ids", shape: [5]) }
  }

  @Test func `a tensor whose elements do not match its shape is a programmer's error`() async {
    await #expect(processExitsWith: .failure) {
      _ = SafetensorsFile.Tensor("t", shape: [2, 2], floats: [1, 2, 3])
    }
    await #expect(processExitsWith: .failure) {
      _ = SafetensorsFile.Tensor("t", shape: [-1, -1], floats: [1])
    }
  }

  @Test func `writing two tensors of the same name is a programmer's error`() async {
    await #expect(processExitsWith: .failure) {
      let twice = SafetensorsFile.Tensor("t", shape: [1], floats: [1])
      _ = try SafetensorsFile(tensors: [twice, twice]).serialized()
    }
  }
}

/// A file with any header and any data, without validation.
func hostile(_ json: String, data: [UInt8] = []) -> [UInt8] {
  hostile(Array(json.utf8), data: data)
}

/// A file with any header and any data, without validation.
func hostile(_ json: [UInt8], data: [UInt8] = []) -> [UInt8] {
  lengthField(UInt64(json.count)) + json + data
}

/// The length field: 8 bytes, little-endian.
func lengthField(_ length: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
}
