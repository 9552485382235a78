/// The header of a safetensors file as it stands there, its places not yet checked against the file.
struct SafetensorsHeader {
  /// A tensor: bytes `begin..<end` of the data.
  struct Entry {
    var name: String
    var dtype: String
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  /// The texts under `__metadata__`.
  private(set) var metadata: [String: String] = [:]
  /// The tensors in the order of the header.
  private(set) var entries: [Entry] = []
  /// Where, in the header, the text under the metadata key `checksum` stands.
  private(set) var checksum: Range<Int>?

  /// Reads the JSON of a header.
  ///
  /// The grammar is the format's own, three levels of objects and no more, so a hostile header cannot nest. Whatever is
  /// not in it (a key twice, a number that is not whole, an unknown key) is an error.
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
        shape = try scanner.wholeNumbers()
      case "data_offsets":
        again = offsets != nil
        offsets = try scanner.wholeNumbers()
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
