/// Reads the few forms of JSON that a safetensors header has: objects, strings, lists of whole numbers (RFC 8259).
struct HeaderScanner {
  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The error of not finding `what` here; the place is counted from the beginning of the file.
  func expected(_ what: String) -> FormatError.Reason { .badHeader(expected: what, offset: 8 + at) }

  /// Reads `{ key: value, ... }`; `value` reads each value, given its key.
  mutating func object(
    _ value: (inout HeaderScanner, String) throws(FormatError.Reason) -> Void
  ) throws(FormatError.Reason) {
    try take("{")
    if takes("}") { return }
    repeat {
      let key = try string().text
      try take(":")
      try value(&self, key)
    } while takes(",")
    try take("}")
  }

  /// Reads `[ 1, 2, ... ]`: digits only, no sign, fraction or exponent, no leading zeros.
  mutating func wholeNumbers() throws(FormatError.Reason) -> [Int] {
    try take("[")
    if takes("]") { return [] }
    var result: [Int] = []
    repeat { result.append(try wholeNumber()) } while takes(",")
    try take("]")
    return result
  }

  private mutating func wholeNumber() throws(FormatError.Reason) -> Int {
    skipSpace()
    let start = at
    var number = 0
    while at < bytes.count, case let digit = Int(bytes[at]) - 0x30, 0...9 ~= digit {
      let (tenfold, overflows) = number.multipliedReportingOverflow(by: 10)
      let (sum, exceeds) = tenfold.addingReportingOverflow(digit)
      guard !overflows, !exceeds else { throw expected("a number below 2^63") }
      number = sum
      at += 1
    }
    guard at > start, at == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      at = start
      throw expected("a whole number")
    }
    return number
  }

  /// Reads a string; `range` is where its text stands between the quotes.
  mutating func string() throws(FormatError.Reason) -> (text: String, range: Range<Int>) {
    try take("\"")
    let start = at
    var text: [UInt8] = []
    var copied = at
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        text += bytes[copied..<at]
        at += 1
        return (String(decoding: text, as: UTF8.self), start..<at - 1)
      case UInt8(ascii: "\\"):
        text += bytes[copied..<at]
        text += try escape().utf8
        copied = at
      case 0..<0x20: throw expected("no control character")
      default: at += 1
      }
    }
    throw expected("the closing quote of a string")
  }

  /// Reads a backslash and what follows it.
  private mutating func escape() throws(FormatError.Reason) -> String {
    at += 1
    guard at < bytes.count else { throw expected("a character after \\") }
    let letter = bytes[at]
    at += 1
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
      at -= 1
      throw expected("one of \"\\/bfnrtu after \\")
    }
  }

  /// Reads the four digits after `\u`, or those of a surrogate pair.
  private mutating func escapedScalar() throws(FormatError.Reason) -> UnicodeScalar {
    let first = try fourDigits()
    if let scalar = UnicodeScalar(first) { return scalar }
    guard 0xD800..<0xDC00 ~= first, at + 1 < bytes.count,
      bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u")
    else { throw expected("a pair of surrogates") }
    at += 2
    let second = try fourDigits()
    guard 0xDC00..<0xE000 ~= second,
      let scalar = UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw expected("a pair of surrogates") }
    return scalar
  }

  private mutating func fourDigits() throws(FormatError.Reason) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard at < bytes.count, let digit = Character(UnicodeScalar(bytes[at])).hexDigitValue else {
        throw expected("four hexadecimal digits after \\u")
      }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }

  /// Makes sure that only space is left.
  mutating func end() throws(FormatError.Reason) {
    skipSpace()
    guard at == bytes.count else { throw expected("the end of the header") }
  }

  private mutating func take(_ mark: UnicodeScalar) throws(FormatError.Reason) {
    guard takes(mark) else { throw expected("\(mark)") }
  }

  private mutating func takes(_ mark: UnicodeScalar) -> Bool {
    skipSpace()
    guard at < bytes.count, bytes[at] == UInt8(ascii: mark) else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }
}
