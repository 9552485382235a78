extension SafetensorsFile {
  /// The checksum of a file: `xxh64:` and the hash in 16 lower-case hexadecimal digits.
  ///
  /// The hash covers all bytes of the file, with these 16 digits replaced by zeros.
  struct Checksum {
    private var hash = XXH64()

    private static let prefix = "xxh64:"
    /// The number of digits of the hash.
    static let digits = 16
    /// The size of the text in bytes.
    static let length = prefix.utf8.count + digits
    /// The zeros in place of the digits while the file is hashed.
    static let blank = [UInt8](repeating: UInt8(ascii: "0"), count: digits)
    /// The text with zeros as digits.
    static let blankText = prefix + String(decoding: blank, as: UTF8.self)

    /// Hashes the next bytes of the file.
    mutating func update(_ bytes: RawSpan) { hash.update(bytes) }

    /// The checksum of the bytes so far.
    var text: String { Self.prefix + String(hexadecimal: hash.finish(), digits: Self.digits) }

    /// Returns true if a text has the format of a checksum.
    static func isWellFormed(_ text: String) -> Bool {
      text.utf8.count == length && text.hasPrefix(prefix)
        && text.utf8.suffix(digits).allSatisfy {
          UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
        }
    }
  }
}
