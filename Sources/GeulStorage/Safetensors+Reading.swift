extension SafetensorsFile {
  /// Opens a file and verifies its header and checksum; tensors are read when they are requested.
  ///
  /// Sizes in the header are validated before memory is allocated.
  ///
  /// - Throws: `FormatError` if the file cannot be read, is damaged or has another format.
  /// - Complexity: O(n) in the size of the file if it has a checksum, else in that of the header.
  public init(contentsOf path: String) throws(FormatError) {
    let whole: TensorSource
    do {
      let file = try FileDescriptor(readingRegularFile: path)
      whole = .file(file, 0..<(try file.size()))
    } catch {
      throw FormatError(file: path, reason: .unreadable(error))
    }
    try self.init(name: path, whole: whole)
  }

  /// Reads a file that is already in memory; the tensors share its bytes.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - name: The name used in errors.
  /// - Throws: `FormatError` if the bytes are damaged or have another format.
  public init(bytes: [UInt8], name: String = "safetensors") throws(FormatError) {
    try self.init(name: name, whole: .bytes(bytes[...]))
  }

  private init(name: String, whole: TensorSource) throws(FormatError) {
    do throws(FormatError.Reason) {
      let start = try Self.bytes(of: whole, upTo: 8)
      guard start.count == 8 else { throw .tooShort(bytes: whole.byteCount) }
      let length = start.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      guard length <= Self.headerLimit else { throw .headerTooLong(bytes: length) }
      let dataStart = 8 + Int(length)
      guard dataStart <= whole.byteCount else {
        throw .truncated(expected: dataStart, found: whole.byteCount)
      }
      let prefix = try Self.bytes(of: whole, upTo: dataStart)
      let header = try SafetensorsHeader(Array(prefix[8...]))
      let data = whole[dataStart..<whole.byteCount]
      let tensors = try Self.tensors(header.entries, in: data, from: dataStart)
      var metadata = header.metadata
      let isVerified = try Self.verify(header, prefix, data)
      if isVerified || metadata["geul"] != nil { metadata["checksum"] = nil }
      self.init(name: name, metadata: metadata, tensors: tensors)
      self.isVerified = isVerified
    } catch {
      throw FormatError(file: name, reason: error)
    }
  }

  /// Returns the first `count` bytes, or all if there are fewer.
  private static func bytes(
    of whole: TensorSource, upTo count: Int
  ) throws(FormatError.Reason) -> [UInt8] {
    do { return try whole[0..<min(count, whole.byteCount)].elements() } catch {
      throw .unreadable(error)
    }
  }

  /// Returns the tensors in the order of their bytes, which must cover the data without overlap or
  /// gap.
  private static func tensors(
    _ entries: [SafetensorsHeader.Entry], in data: TensorSource, from dataStart: Int
  ) throws(FormatError.Reason) -> [Tensor] {
    var result: [Tensor] = []
    var end = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let name = entry.name
      guard let dtype = Dtype(rawValue: entry.dtype) else {
        throw .unknownDtype(tensor: name, dtype: entry.dtype)
      }
      guard let size = dtype.byteCount(of: entry.shape) else { throw .shapeTooLarge(tensor: name) }
      let (found, _) = entry.end.subtractingReportingOverflow(entry.begin)
      guard found == size else { throw .wrongLength(tensor: name, expected: size, found: found) }
      guard entry.begin >= end else {
        throw .overlap(tensor: name, begins: entry.begin, expected: end)
      }
      guard entry.begin == end else {
        throw .gap(tensor: name, begins: entry.begin, expected: end)
      }
      end = entry.end
      guard end <= data.byteCount else { continue }
      result.append(Tensor(name, dtype: dtype, shape: entry.shape, source: data[entry.begin..<end]))
    }
    guard end <= data.byteCount else {
      let (expected, overflows) = dataStart.addingReportingOverflow(end)
      throw .truncated(expected: overflows ? .max : expected, found: dataStart + data.byteCount)
    }
    guard end == data.byteCount else { throw .trailingBytes(data.byteCount - end) }
    return result
  }

  /// Verifies the checksum.
  ///
  /// Returns false for a file of another program: one that has no checksum, a checksum in another format, or a checksum
  /// that was copied from a file of Geul.
  private static func verify(
    _ header: SafetensorsHeader, _ prefix: [UInt8], _ data: TensorSource
  ) throws(FormatError.Reason) -> Bool {
    let isFromGeul = header.metadata["geul"] != nil && hasFormOfGeul(prefix)
    guard let expected = header.metadata["checksum"], let range = header.checksum else {
      if isFromGeul { throw .missingChecksum }
      return false
    }
    guard Checksum.isWellFormed(expected), range.count == Checksum.length else {
      if isFromGeul { throw .unknownChecksum(expected) }
      return false
    }
    var zeroed = prefix
    let digits = 8 + range.upperBound - Checksum.digits
    zeroed.replaceSubrange(digits..<digits + Checksum.digits, with: Checksum.blank)
    var checksum = Checksum()
    do {
      checksum.update(zeroed.span.raw)
      try data.forEachBlock { checksum.update($0) }
    } catch {
      throw .unreadable(error)
    }
    let found = checksum.text
    if found == expected { return true }
    // The safetensors library copies metadata in any order and sorts tensors by name; Geul does not sort them.
    let names = header.entries.map(\.name)
    if header.metadata["geul"] != nil, !isFromGeul || names.count > 3 && names == names.sorted() {
      return false
    }
    throw .wrongChecksum(expected: expected, found: found)
  }

  /// Returns true if a header starts like those that Geul writes, with the checksum; at most four bytes may differ.
  private static func hasFormOfGeul(_ prefix: [UInt8]) -> Bool {
    let start = Array("{\"__metadata__\":{\"checksum\":\"xxh64:".utf8)
    let found = prefix.dropFirst(8).prefix(start.count)
    return found.count == start.count && zip(found, start).count { $0 != $1 } <= 4
  }
}
