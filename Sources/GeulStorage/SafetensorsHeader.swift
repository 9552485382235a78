/// The parsed header of a safetensors file; offsets are not yet checked against the file.
struct SafetensorsHeader {
  /// A tensor at the bytes `begin..<end` of the data.
  struct Entry {
    var name: String
    var dtype: String
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  /// The strings under `__metadata__`.
  private(set) var metadata: [String: String] = [:]
  /// The tensors in the order of the header.
  private(set) var entries: [Entry] = []
  /// The position in the header of the value of the metadata key `checksum`.
  private(set) var checksum: Range<Int>?

  /// Parses the JSON of a header.
  ///
  /// Only the format's own grammar is accepted: at most three levels of objects, so nesting is
  /// bounded. Duplicate keys, unknown keys and numbers that are not integers are errors.
  init(_ bytes: [UInt8]) throws(FormatError.Reason) {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .headerNotUTF8 }
    var scanner = HeaderScanner(bytes)
    guard bytes.first == UInt8(ascii: "{") else { throw scanner.expected("{") }
    var names: Set<String> = []
    try scanner.object { (scanner, name) throws(FormatError.Reason) in
      guard names.insert(name).inserted else { throw .duplicate(name) }
      if name == "__metadata__" {
        try readMetadata(&scanner)
      } else {
        entries.append(try Self.entry(name, &scanner))
      }
    }
    try scanner.end()
  }

  private mutating func readMetadata(_ scanner: inout HeaderScanner) throws(FormatError.Reason) {
    try scanner.object { (scanner, key) throws(FormatError.Reason) in
      let (text, range) = try scanner.string()
      guard metadata.updateValue(text, forKey: key) == nil else { throw .duplicate(key) }
      if key == "checksum" { checksum = range }
    }
  }

  private static func entry(
    _ name: String, _ scanner: inout HeaderScanner
  ) throws(FormatError.Reason) -> Entry {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(FormatError.Reason) in
      let again: Bool
      switch key {
      case "dtype":
        again = dtype != nil
        dtype = try scanner.string().text
      case "shape":
        again = shape != nil
        shape = try scanner.integers()
      case "data_offsets":
        again = offsets != nil
        offsets = try scanner.integers()
      default: throw scanner.expected("one of \"dtype\", \"shape\" and \"data_offsets\" as key")
      }
      if again { throw .duplicate("\(name).\(key)") }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2 else {
      throw scanner.expected("\"dtype\", \"shape\" and two \"data_offsets\" of \"\(name)\"")
    }
    return Entry(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
  }
}
