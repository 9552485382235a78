#if Server

/// Strings.
extension JSONParser {
  /// Parses a string; the next byte is its quotation mark.
  mutating func string() throws(APIError) -> String {
    index += 1
    let start = index
    // Most strings have no escape sequence and are decoded at once.
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return String(decoding: bytes[start..<index - 1], as: UTF8.self)
      case UInt8(ascii: "\\"):
        return try string(startingWith: bytes[start..<index])
      case 0..<0x20: throw controlCharacter
      default: index += 1
      }
    }
    throw unexpected("a quotation mark")
  }

  /// Parses the rest of a string from its first escape sequence.
  private mutating func string(startingWith prefix: ArraySlice<UInt8>) throws(APIError) -> String {
    var text = Array(prefix)
    while let byte = next {
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try appendEscape(to: &text)
      case 0..<0x20:
        index -= 1
        throw controlCharacter
      default: text.append(byte)
      }
    }
    throw unexpected("a quotation mark")
  }

  private var controlCharacter: APIError {
    .invalidJSON(
      "The request body is not valid JSON: a string has an unescaped control character at byte "
        + "\(index).")
  }

  /// Appends the character of an escape sequence, of which the backslash is consumed.
  private mutating func appendEscape(to text: inout [UInt8]) throws(APIError) {
    guard let kind = next else { throw unexpected("an escape sequence") }
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      index += 1
      let scalar = try escapedScalar()
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      return
    default: throw unexpected("an escape sequence")
    }
    index += 1
  }

  /// Parses the digits of `\u`, and the second half of a surrogate pair.
  private mutating func escapedScalar() throws(APIError) -> Unicode.Scalar {
    let start = index - 2
    let first = try fourHexadecimalDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if 0xD800...0xDBFF ~= first, next == UInt8(ascii: "\\"), index + 1 < bytes.count,
      bytes[index + 1] == UInt8(ascii: "u")
    {
      index += 2
      let second = try fourHexadecimalDigits()
      if 0xDC00...0xDFFF ~= second,
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw .invalidJSON(
      "A string of the request body has an unpaired surrogate, \\u\(String(first, radix: 16)), "
        + "at byte \(start); it stands for no character.")
  }

  private mutating func fourHexadecimalDigits() throws(APIError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}
#endif
