/// A parser for the subset of JSON in a safetensors header: objects, strings and arrays of
/// non-negative integers (RFC 8259).
struct HeaderScanner {
  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Returns the error for unexpected syntax at the current position, with its offset in the file.
  func expected(_ syntax: String) -> FormatError.Reason {
    .badHeader(expected: syntax, offset: 8 + index)
  }

  /// Parses `{ key: value, ... }`; `value` parses each value, given its key.
  mutating func object(
    _ value: (inout HeaderScanner, String) throws(FormatError.Reason) -> Void
  ) throws(FormatError.Reason) {
    try consume("{")
    if consumes("}") { return }
    repeat {
      let key = try string().text
      try consume(":")
      try value(&self, key)
    } while consumes(",")
    try consume("}")
  }

  /// Parses `[ 1, 2, ... ]`: digits only, without sign, fraction, exponent or leading zeros.
  mutating func integers() throws(FormatError.Reason) -> [Int] {
    try consume("[")
    if consumes("]") { return [] }
    var result: [Int] = []
    repeat { result.append(try integer()) } while consumes(",")
    try consume("]")
    return result
  }

  private mutating func integer() throws(FormatError.Reason) -> Int {
    skipWhitespace()
    let start = index
    var value = 0
    while index < bytes.count, case let digit = Int(bytes[index]) - 0x30, 0...9 ~= digit {
      let (tenfold, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, exceeds) = tenfold.addingReportingOverflow(digit)
      guard !overflows, !exceeds else { throw expected("a number below 2^63") }
      value = sum
      index += 1
    }
    guard index > start, index == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      index = start
      throw expected("a non-negative integer")
    }
    return value
  }

  /// Parses a string; `range` is the position of its text between the quotes.
  mutating func string() throws(FormatError.Reason) -> (text: String, range: Range<Int>) {
    try consume("\"")
    let start = index
    var text: [UInt8] = []
    var copied = index
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        text += bytes[copied..<index]
        index += 1
        return (String(decoding: text, as: UTF8.self), start..<index - 1)
      case UInt8(ascii: "\\"):
        text += bytes[copied..<index]
        text += try escape().utf8
        copied = index
      case 0..<0x20: throw expected("no control character")
      default: index += 1
      }
    }
    throw expected("the closing quote of a string")
  }

  /// Parses an escape sequence.
  private mutating func escape() throws(FormatError.Reason) -> String {
    index += 1
    guard index < bytes.count else { throw expected("a character after \\") }
    let letter = bytes[index]
    index += 1
    switch Character(UnicodeScalar(letter)) {
    case "\"": return "\""
    case "\\": return "\\"
    case "/": return "/"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return String(try escapedScalar())
    default:
      index -= 1
      throw expected("one of \"\\/bfnrtu after \\")
    }
  }

  /// Parses the four digits after `\u`, or a surrogate pair.
  private mutating func escapedScalar() throws(FormatError.Reason) -> UnicodeScalar {
    let first = try fourDigits()
    if let scalar = UnicodeScalar(first) { return scalar }
    guard 0xD800..<0xDC00 ~= first, index + 1 < bytes.count,
      bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
    else { throw expected("a surrogate pair") }
    index += 2
    let second = try fourDigits()
    guard 0xDC00..<0xE000 ~= second,
      let scalar = UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw expected("a surrogate pair") }
    return scalar
  }

  private mutating func fourDigits() throws(FormatError.Reason) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard index < bytes.count, let digit = Character(UnicodeScalar(bytes[index])).hexDigitValue
      else {
        throw expected("four hexadecimal digits after \\u")
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }

  /// Checks that only whitespace follows.
  mutating func end() throws(FormatError.Reason) {
    skipWhitespace()
    guard index == bytes.count else { throw expected("the end of the header") }
  }

  private mutating func consume(_ mark: UnicodeScalar) throws(FormatError.Reason) {
    guard consumes(mark) else { throw expected("\(mark)") }
  }

  private mutating func consumes(_ mark: UnicodeScalar) -> Bool {
    skipWhitespace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: mark) else { return false }
    index += 1
    return true
  }

  private mutating func skipWhitespace() {
    while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
  }
}
