#if Server

/// A strict parser of JSON (RFC 8259) for untrusted input.
///
/// It refuses invalid UTF-8, unpaired surrogates, and values that are nested too deeply, so its stack is bounded.
///
/// - Complexity: O(n) for n bytes.
package struct JSONParser {
  /// The maximum number of arrays and objects inside of each other.
  package static let maximumDepth = 64
  /// The maximum number of characters of a number.
  static let maximumNumberLength = 1024

  let bytes: [UInt8]
  /// The index of the next byte.
  var index = 0

  /// Parses a text that consists of one value.
  ///
  /// - Throws: `APIError` with the code `invalid_json` and the offset of the first error.
  package static func parse(_ bytes: [UInt8]) throws(APIError) -> JSONValue {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw .invalidJSON(
        "The request body must be UTF-8; it has an invalid sequence at byte "
          + "\(error.byteOffsets.lowerBound).")
    }
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipWhitespace()
    guard parser.index == bytes.count else { throw parser.unexpected("the end") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// The next byte; nil at the end.
  var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipWhitespace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      index += 1
    }
  }

  /// Skips white space, and a byte if it is the next one.
  private mutating func skip(_ byte: Character) -> Bool {
    skipWhitespace()
    guard let next, next == byte.asciiValue else { return false }
    index += 1
    return true
  }

  private mutating func value(depth: Int) throws(APIError) -> JSONValue {
    skipWhitespace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"): return try number()
    case let byte? where UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte: return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func object(depth: Int) throws(APIError) -> JSONValue {
    try enter(depth)
    var members: [JSONValue.Member] = []
    if skip("}") { return .object(members) }
    repeat {
      skipWhitespace()
      guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotation marks") }
      let key = try string()
      guard skip(":") else { throw unexpected("\":\"") }
      members.append(JSONValue.Member(key: key, value: try value(depth: depth)))
    } while skip(",")
    guard skip("}") else { throw unexpected("\",\" or \"}\"") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(APIError) -> JSONValue {
    try enter(depth)
    var elements: [JSONValue] = []
    if skip("]") { return .array(elements) }
    repeat { elements.append(try value(depth: depth)) } while skip(",")
    guard skip("]") else { throw unexpected("\",\" or \"]\"") }
    return .array(elements)
  }

  /// Consumes the bracket of an array or object.
  private mutating func enter(_ depth: Int) throws(APIError) {
    guard depth <= Self.maximumDepth else {
      throw .invalidJSON(
        "The request body has more than \(Self.maximumDepth) lists and objects inside of each "
          + "other at byte \(index).")
    }
    index += 1
  }

  private mutating func literal(
    _ name: StaticString, _ value: JSONValue
  ) throws(APIError) -> JSONValue {
    let end = index + name.utf8CodeUnitCount
    guard end <= bytes.count, bytes[index..<end].elementsEqual("\(name)".utf8) else {
      throw unexpected("a value")
    }
    index = end
    return value
  }

  private mutating func number() throws(APIError) -> JSONValue {
    let start = index
    if next == UInt8(ascii: "-") { index += 1 }
    let firstDigit = index
    guard skipDigits() else { throw unexpected("a digit") }
    if bytes[firstDigit] == UInt8(ascii: "0"), index > firstDigit + 1 {
      index = firstDigit + 1
      throw unexpected("no digit after a leading 0")
    }
    var isInteger = true
    if next == UInt8(ascii: ".") {
      isInteger = false
      index += 1
      guard skipDigits() else { throw unexpected("a digit") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      index += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
      guard skipDigits() else { throw unexpected("a digit") }
    }
    guard index - start <= Self.maximumNumberLength else {
      throw .invalidJSON(
        "The request body has a number of more than \(Self.maximumNumberLength) characters at "
          + "byte \(start).")
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    return .number(Double(text) ?? .infinity)
  }

  /// Skips digits; returns false if there is none.
  private mutating func skipDigits() -> Bool {
    let start = index
    while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { index += 1 }
    return index > start
  }

  /// Returns an error at the next byte.
  func unexpected(_ expected: String) -> APIError {
    guard let next else {
      return .invalidJSON(
        bytes.isEmpty
          ? "The request body is empty; send a JSON object."
          : "The request body is not valid JSON: it ends where \(expected) is expected.")
    }
    let found = 0x21...0x7E ~= next ? "\"\(Character(Unicode.Scalar(next)))\"" : "byte \(next)"
    return .invalidJSON(
      "The request body is not valid JSON: \(found) at byte \(index), where \(expected) is "
        + "expected.")
  }
}
#endif
