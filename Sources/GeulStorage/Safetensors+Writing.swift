extension SafetensorsFile {
  /// Replaces `file` atomically; elements are written without a copy.
  ///
  /// The bytes depend only on the metadata and the tensors. The metadata comes first, sorted by
  /// key. The tensors keep their order, except that larger element types come first, so that each
  /// tensor is aligned to the size of its elements, as PyTorch's reader requires.
  ///
  /// - Parameters:
  ///   - file: The file to replace.
  ///   - keepingPrevious: Pass true to keep the current file as the previous version; see
  ///     `AtomicFile.replace`.
  /// - Throws: `FileError`; see `AtomicFile`.
  /// - Precondition: The names of the tensors are unique.
  public func write(to file: AtomicFile, keepingPrevious: Bool = true) throws(FileError) {
    let sorted = aligned()
    let prefix = try prefix(sorted, for: file.path)
    try file.replace(keepingPrevious: keepingPrevious) { (output) throws(FileError) in
      try output.write(prefix.span.raw)
      for tensor in sorted {
        try tensor.source.forEachBlock { (block) throws(FileError) in try output.write(block) }
      }
    }
  }

  /// Returns the bytes of the file that `write(to:)` writes.
  ///
  /// - Throws: `FileError` if a tensor comes from a file that can no longer be read.
  public func serialized() throws(FileError) -> [UInt8] {
    let sorted = aligned()
    var result = try prefix(sorted, for: name)
    for tensor in sorted { result += try tensor.source.elements() as [UInt8] }
    return result
  }

  /// Returns the tensors, those of larger element types first, otherwise in the given order.
  private func aligned() -> [Tensor] {
    tensors.enumerated()
      .sorted { ($1.element.dtype.size, $0.offset) < ($0.element.dtype.size, $1.offset) }
      .map(\.element)
  }

  /// Returns the bytes before the data, including the checksum.
  private func prefix(_ tensors: [Tensor], for path: String) throws(FileError) -> [UInt8] {
    var (header, digits) = header(tensors)
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -header.count & 7))
    guard header.count <= Self.headerLimit else {
      throw FileError(path: path, action: .write, reason: .headerTooLong(header.count))
    }
    var prefix = RawBytes.bytes(of: [UInt64(header.count)]) + header
    var checksum = Checksum()
    checksum.update(prefix.span.raw)
    for tensor in tensors { try tensor.source.forEachBlock { checksum.update($0) } }
    prefix.replaceSubrange(
      8 + digits..<8 + digits + Checksum.digits, with: checksum.text.utf8.suffix(Checksum.digits))
    return prefix
  }

  /// Returns the header as JSON, and the position of the checksum's digits in it.
  private func header(_ tensors: [Tensor]) -> (json: [UInt8], digits: Int) {
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
    for tensor in tensors {
      precondition(
        names.insert(tensor.name).inserted, "names must be unique, \(tensor.name) is not")
      let begin = end
      end += tensor.byteCount
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      json += ",\(Self.quoted(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\","
      json += "\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}"
    }
    return (Array((json + "}").utf8), digits)
  }

  /// Returns a text as a JSON string with only the required escapes.
  private static func quoted(_ text: String) -> String {
    // Most texts, and long ones, need no escapes.
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else {
      return "\"" + text + "\""
    }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<" ":
        result += "\\u" + String(hexadecimal: scalar.value, digits: 4)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
