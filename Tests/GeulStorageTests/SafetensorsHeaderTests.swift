import GeulStorage
import TestSupport
import Testing

/// Malformed headers: one test for each rule of the format.
struct SafetensorsHeaderTests {
  static func reason(_ bytes: [UInt8]) -> FormatError.Reason? {
    do throws(FormatError) {
      _ = try SafetensorsFile(bytes: bytes)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: 0...7)
  func `a file with an incomplete length field is too short`(count: Int) {
    #expect(Self.reason([UInt8](repeating: 0, count: count)) == .tooShort(bytes: count))
  }

  @Test(arguments: [64 << 20 + 1, 1 << 62, .max, 1 << 63] as [UInt64])
  func `a header beyond the size limit is rejected before it is read`(length: UInt64) {
    #expect(Self.reason(lengthField(length) + [0x7B]) == .headerTooLong(bytes: length))
  }

  @Test func `a file of another format is reported as such`() throws {
    let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D]
    let error = #expect(throws: FormatError.self) {
      try SafetensorsFile(bytes: picture, name: "cat.png")
    }
    #expect(error?.description.hasPrefix("cat.png: is not a safetensors file") == true)
  }

  @Test func `a header longer than the file is rejected`() {
    #expect(
      Self.reason(lengthField(64 << 20) + [0x7B]) == .truncated(expected: 67_108_872, found: 9))
    #expect(Self.reason(lengthField(3) + Array("{}".utf8)) == .truncated(expected: 11, found: 10))
  }

  @Test(arguments: ["", " {}", "[]", "null", "{", "{}}", "{} x", #"{"a":1}"#, #"{"a":{}}"#, "{,}"])
  func `a header that is not an object of objects is rejected`(json: String) {
    guard case .badHeader? = Self.reason(hostile(json)) else {
      Issue.record("accepted, or unexpected reason: \(json)")
      return
    }
  }

  @Test(arguments: [
    [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
  ])
  func `a header that is not UTF-8 is rejected`(key: [UInt8]) {
    let json = [0x7B] + key + Array(#":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#.utf8)
    #expect(Self.reason(hostile(json)) == .headerNotUTF8)
  }

  @Test func `a million nested objects or arrays are rejected without recursion`() {
    for mark in ["{\"a\":", "["] {
      let nested = "{\"a\":" + String(repeating: mark, count: 1_000_000)
      guard case .badHeader? = Self.reason(hostile(nested)) else {
        Issue.record("accepted, or unexpected reason")
        continue
      }
    }
  }

  @Test(arguments: [
    "NaN", "Infinity", "-1", "-0", "1.0", "1e3", "01", "\"1\"", "null", "true", "+1", " ,",
  ])
  func `a number that is not an integer is rejected`(number: String) {
    for fields in [
      #""shape":[\#(number)],"data_offsets":[0,1]"#, #""shape":[1],"data_offsets":[0,\#(number)]"#,
    ] {
      guard case .badHeader? = Self.reason(hostile(#"{"t":{"dtype":"U8",\#(fields)}}"#, data: [0]))
      else {
        Issue.record("accepted, or unexpected reason: \(fields)")
        continue
      }
    }
  }

  @Test func `a number beyond 64 bits is rejected`() {
    let json = #"{"t":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,0]}}"#
    #expect(Self.reason(hostile(json)) == .badHeader(expected: "a number below 2^63", offset: 54))
  }

  @Test(arguments: [
    "[4294967296,4294967296]", "[9223372036854775807]", "[0,9223372036854775807,9]",
  ])
  func `a shape whose product overflows is rejected`(shape: String) {
    let json = #"{"t":{"dtype":"F64","shape":\#(shape),"data_offsets":[0,0]}}"#
    let expected: FormatError.Reason? =
      shape.hasPrefix("[0") ? nil : .shapeTooLarge(tensor: "t")
    #expect(Self.reason(hostile(json)) == expected)
  }

  @Test(arguments: ["[0,3]", "[0,5]", "[4,0]", "[0,0]", "[4,9223372036854775807]"])
  func `a data range whose size does not match the shape is rejected`(offsets: String) {
    let json = #"{"t":{"dtype":"F32","shape":[1],"data_offsets":\#(offsets)}}"#
    guard
      case .wrongLength(tensor: "t", expected: 4, found: _)? =
        Self.reason(hostile(json, data: [0, 0, 0, 0]))
    else {
      Issue.record("accepted, or unexpected reason: \(offsets)")
      return
    }
  }

  @Test(arguments: ["[]", "[0]", "[0,1,2]"])
  func `a data range that is not two numbers is rejected`(offsets: String) {
    let json = #"{"t":{"dtype":"U8","shape":[1],"data_offsets":\#(offsets)}}"#
    guard case .badHeader? = Self.reason(hostile(json, data: [0])) else {
      Issue.record("accepted, or unexpected reason: \(offsets)")
      return
    }
  }

  private static func two(_ first: String, _ second: String, data: Int) -> [UInt8] {
    hostile(
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":\#(first)},"#
        + #""b":{"dtype":"U8","shape":[2],"data_offsets":\#(second)}}"#,
      data: [UInt8](repeating: 1, count: data))
  }

  @Test func `tensors that overlap are rejected`() {
    #expect(
      Self.reason(Self.two("[0,2]", "[1,3]", data: 3))
        == .overlap(tensor: "b", begins: 1, expected: 2))
    #expect(
      Self.reason(Self.two("[0,2]", "[0,2]", data: 2))
        == .overlap(tensor: "b", begins: 0, expected: 2))
  }

  @Test func `bytes that belong to no tensor are rejected`() {
    #expect(
      Self.reason(Self.two("[0,2]", "[3,5]", data: 5)) == .gap(tensor: "b", begins: 3, expected: 2)
    )
    #expect(
      Self.reason(Self.two("[1,3]", "[3,5]", data: 5)) == .gap(tensor: "a", begins: 1, expected: 0)
    )
    #expect(Self.reason(Self.two("[0,2]", "[2,4]", data: 5)) == .trailingBytes(1))
    #expect(Self.reason(hostile("{}", data: [1, 2])) == .trailingBytes(2))
  }

  @Test func `tensors beyond the end of the file are rejected`() {
    let whole = Self.two("[0,2]", "[2,4]", data: 3)
    #expect(Self.reason(whole) == .truncated(expected: whole.count + 1, found: whole.count))
    let huge =
      #"{"t":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}"#
    #expect(
      Self.reason(hostile(huge)) == .truncated(expected: .max, found: 8 + huge.utf8.count))
  }

  @Test func `an unknown dtype is rejected`() {
    let json = #"{"t":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#
    #expect(
      Self.reason(hostile(json, data: [0])) == .unknownDtype(tensor: "t", dtype: "F8_E4M3"))
  }

  @Test func `duplicate names and keys are rejected`() {
    let field = #"{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    #expect(Self.reason(hostile(#"{"t":\#(field),"\u0074":\#(field)}"#)) == .duplicate("t"))
    #expect(Self.reason(hostile(#"{"__metadata__":{"k":"1","k":"2"}}"#)) == .duplicate("k"))
    #expect(
      Self.reason(hostile(#"{"__metadata__":{},"__metadata__":{}}"#)) == .duplicate("__metadata__"))
    #expect(
      Self.reason(hostile(#"{"t":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#))
        == .duplicate("t.dtype"))
  }

  @Test(arguments: [
    #"{"dtype":"U8","shape":[0]}"#, #"{"dtype":"U8","data_offsets":[0,0]}"#,
    #"{"shape":[0],"data_offsets":[0,0]}"#,
    #"{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":0}"#,
    #"{"dtype":8,"shape":[0],"data_offsets":[0,0]}"#,
    #"{"dtype":"U8","shape":0,"data_offsets":[0,0]}"#,
    #"{"dtype":"U8","shape":[0,],"data_offsets":[0,0]}"#,
  ])
  func `a tensor with a missing, unknown or invalid field is rejected`(entry: String) {
    guard case .badHeader? = Self.reason(hostile(#"{"t":\#(entry)}"#)) else {
      Issue.record("accepted, or unexpected reason: \(entry)")
      return
    }
  }

  @Test(arguments: [
    "1", "null", "[]", "{}", "\"open", "\"\\", "\"\\x\"", "\"\\u12G4\"", "\"\\ud800\"",
    "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\n\"", "\"\u{0}\"",
  ])
  func `metadata that is not a string is rejected`(value: String) {
    guard case .badHeader? = Self.reason(hostile(#"{"__metadata__":{"k":\#(value)}}"#)) else {
      Issue.record("accepted, or unexpected reason: \(value)")
      return
    }
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func `random headers are read or rejected without a trap`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "u", "0", "1", "99999999999999999999", "\"dtype\"",
      "\"U8\"", "\"shape\"", "\"data_offsets\"", "[0,0]", "\"__metadata__\"", "{}", "\"t\"", " ",
      "-", "é",
    ]
    for _ in 0..<100 {
      let count = Int.random(in: 0..<20, using: &random)
      let json = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      _ = Self.reason(hostile("{" + json, data: [0]))
    }
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `random bytes are rejected without a trap`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(Self.reason(bytes) != nil)
    #expect(Self.reason(hostile(bytes)) != nil)
  }
}
