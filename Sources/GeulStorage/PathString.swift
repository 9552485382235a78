/// The strings that stand for paths.
///
/// To the operating system, a path is a sequence of bytes that need not be UTF-8: archives from Korean
/// Windows contain names in CP949. In a string, a byte that is not part of valid UTF-8 is represented
/// by the private-use scalar U+10FF00 + byte. Every path thus has a string of its own, which reaches
/// the system as the same bytes, also by way of JSON. (Python's surrogateescape does the same with
/// lone surrogates, which Swift strings cannot contain.)
package enum PathString {
  /// The scalars that represent bytes: 0x80 to 0xFF.
  private static let escapes: ClosedRange<UInt32> = 0x10_FF80...0x10_FFFF

  /// Returns the string of a path.
  package static func string(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !containsEscapes(text) { return text }
    var scalars = String.UnicodeScalarView()
    var parser = Unicode.UTF8.ForwardParser()
    var input = bytes.makeIterator()
    var position = 0
    while true {
      switch parser.parseScalar(from: &input) {
      case .emptyInput: return String(scalars)
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        // The scalars of this range are themselves escaped, so that the bytes are restored.
        if escapes.contains(scalar.value) {
          scalars.append(contentsOf: bytes[position..<position + encoded.count].map(escape))
        } else {
          scalars.append(scalar)
        }
        position += encoded.count
      case .error(let length):
        scalars.append(contentsOf: bytes[position..<position + length].map(escape))
        position += length
      }
    }
  }

  /// Returns the bytes of a path, without a terminating NUL.
  package static func bytes(_ path: String) -> [UInt8] {
    guard containsEscapes(path) else { return Array(path.utf8) }
    return path.unicodeScalars.flatMap { scalar in
      escapes.contains(scalar.value)
        ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
    }
  }

  /// Returns an argument that is a text instead of a path, with U+FFFD for bytes that are not UTF-8.
  package static func text(_ argument: String) -> String {
    containsEscapes(argument) ? String(decoding: bytes(argument), as: UTF8.self) : argument
  }

  /// Returns a text with the bytes that are not UTF-8 written as `\xB0`, to be read by a person.
  package static func displayed(_ text: String) -> String {
    guard containsEscapes(text) else { return text }
    return text.unicodeScalars.reduce(into: "") { shown, scalar in
      if escapes.contains(scalar.value) {
        shown += "\\x" + String(scalar.value & 0xFF, radix: 16, uppercase: true)
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
  }

  private static func escape(_ byte: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(0x10_FF00 + UInt32(byte)) ?? "\u{FFFD}"
  }

  private static func containsEscapes(_ text: String) -> Bool {
    // The first two bytes of all scalars from U+10F000 on; a search in bytes is fast.
    text.utf8.contains(0xF4) && text.unicodeScalars.contains { escapes.contains($0.value) }
  }
}
