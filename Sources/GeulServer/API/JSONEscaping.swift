#if Server

extension [UInt8] {
  /// Appends a string as JSON, in quotation marks.
  ///
  /// Control characters, quotation marks and backslashes are escaped; other characters are UTF-8.
  package mutating func appendJSON(_ text: String) {
    var text = text
    append(UInt8(ascii: "\""))
    text.withUTF8 { buffer in
      let utf8 = unsafe buffer
      // Runs of characters without escaping are copied at once.
      var start = 0
      for index in 0..<utf8.count {
        let byte = unsafe utf8[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
          continue
        }
        unsafe append(contentsOf: utf8[start..<index])
        appendEscape(of: byte)
        start = index + 1
      }
      unsafe append(contentsOf: utf8[start...])
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends the escape sequence of a control character, a quotation mark or a backslash.
  private mutating func appendEscape(of byte: UInt8) {
    append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\n"): append(UInt8(ascii: "n"))
    case UInt8(ascii: "\r"): append(UInt8(ascii: "r"))
    case UInt8(ascii: "\t"): append(UInt8(ascii: "t"))
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
    default:
      let digits = "0123456789abcdef".utf8.map(\.self)
      append(contentsOf: "u00".utf8)
      append(digits[Int(byte >> 4)])
      append(digits[Int(byte & 15)])
    }
  }
}
#endif
