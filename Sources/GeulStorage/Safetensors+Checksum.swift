extension SafetensorsFile {
  /// The checksum of a file as text: `xxh64:` and the hash in 16 lower-case hexadecimal digits.
  ///
  /// What is hashed are the bytes of the whole file, those 16 digits as zeros.
  struct Checksum {
    private var hash = XXH64()

    private static let kind = "xxh64:"
    /// How many digits the hash has.
    static let digits = 16
    /// How many bytes the text has.
    static let length = kind.utf8.count + digits
    /// The digits while the file is hashed.
    static let blank = [UInt8](repeating: UInt8(ascii: "0"), count: digits)
    /// The whole text while the file is hashed.
    static let blankText = kind + String(decoding: blank, as: UTF8.self)

    /// Adds the next bytes of the file.
    mutating func update(_ bytes: RawSpan) { hash.update(bytes) }

    /// The checksum of the bytes so far.
    var text: String {
      let number = String(hash.finish(), radix: 16)
      return Self.kind + String(repeating: "0", count: Self.digits - number.utf8.count) + number
    }

    /// Whether a text has the form of a checksum.
    static func isWellFormed(_ text: String) -> Bool {
      text.utf8.count == length && text.hasPrefix(kind)
        && text.utf8.suffix(digits).allSatisfy {
          UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
        }
    }
  }
}
