extension SafetensorsFile {
  /// Replaces `file` by this one in one step; the numbers go to the disk from where they are.
  ///
  /// The bytes are a function of the metadata and the tensors: metadata come first, sorted by key, then the tensors as
  /// they are given, those with the largest numbers first, so that each begins at a multiple of its numbers' size (as
  /// PyTorch's reader needs).
  ///
  /// - Parameters:
  ///   - file: Where to write.
  ///   - keepingPrevious: Whether the file there becomes the previous one; see `AtomicFile`.
  /// - Throws: `FileError`; see `AtomicFile` for what is left then.
  /// - Precondition: Tensors' names differ.
  public func write(to file: AtomicFile, keepingPrevious: Bool = true) throws(FileError) {
    let prefix = try prefix(for: file.path)
    try file.replace(keepingPrevious: keepingPrevious) { (output) throws(FileError) in
      try output.write(prefix.span.raw)
      for tensor in aligned {
        try tensor.source.forEachBlock { (block) throws(FileError) in try output.write(block) }
      }
    }
  }

  /// The bytes of the file that `write(to:)` would write.
  ///
  /// - Throws: `FileError` if a tensor's bytes are in another file that can no longer be read.
  public func serialized() throws(FileError) -> [UInt8] {
    var result = try prefix(for: name)
    for tensor in aligned { result += try tensor.source.numbers() as [UInt8] }
    return result
  }

  /// The tensors, those with the largest numbers first, else in the order given.
  private var aligned: [Tensor] {
    tensors.enumerated()
      .sorted { ($1.element.dtype.size, $0.offset) < ($0.element.dtype.size, $1.offset) }
      .map(\.element)
  }

  /// All bytes before the numbers, the checksum among them.
  private func prefix(for path: String) throws(FileError) -> [UInt8] {
    var (header, digits) = header()
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -header.count & 7))
    guard header.count <= Self.headerLimit else {
      throw FileError(path: path, action: .write, reason: .headerTooLong(header.count))
    }
    var prefix = RawBytes.bytes(of: [UInt64(header.count)]) + header
    var checksum = Checksum()
    checksum.update(prefix.span.raw)
    for tensor in aligned { try tensor.source.forEachBlock { checksum.update($0) } }
    prefix.replaceSubrange(
      8 + digits..<8 + digits + Checksum.digits, with: checksum.text.utf8.suffix(Checksum.digits))
    return prefix
  }

  /// The header as JSON, and where in it the digits of the checksum stand.
  private func header() -> (json: [UInt8], digits: Int) {
    var texts = metadata
    texts["checksum"] = nil
    var json = "{\"__metadata__\":{\"checksum\":\"" + Checksum.blankText
    let digits = json.utf8.count - Checksum.digits
    json += "\""
    for (key, text) in texts.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      json += "," + Self.quoted(key) + ":" + Self.quoted(text)
    }
    json += "}"
    var names: Set<String> = ["__metadata__"]
    var end = 0
    for tensor in aligned {
      precondition(names.insert(tensor.name).inserted, "two tensors are named \(tensor.name)")
      let begin = end
      end += tensor.byteCount
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      json += ",\(Self.quoted(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\","
      json += "\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}"
    }
    return (Array((json + "}").utf8), digits)
  }

  /// A text as a JSON string; only what must be escaped is.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<" ":
        let number = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - number.utf8.count) + number
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
