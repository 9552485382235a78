import GeulStorage

/// Token ids in a memory-mapped file, in native byte order.
///
/// An id takes two bytes if the vocabulary permits, else four.
struct TokenFile: Sendable {
  private let file: MappedFile
  /// The size of an id in bytes: 2 or 4.
  let bytesPerID: Int
  /// Indicates whether there are ids of -1, which are 0xFFFF in two bytes.
  private let hasUnknown: Bool

  fileprivate init(_ file: MappedFile, bytesPerID: Int, hasUnknown: Bool) {
    self.file = file
    self.bytesPerID = bytesPerID
    self.hasUnknown = hasUnknown
  }

  /// The number of ids.
  var count: Int { file.byteCount / bytesPerID }

  /// Fills `out` with the ids from index `start` on.
  func copy(from start: Int, into out: inout MutableSpan<Int32>) {
    guard bytesPerID == 2 else { return file.copyInt32(from: start, into: &out) }
    file.copyUInt16(from: start, into: &out)
    guard hasUnknown else { return }
    for index in out.indices where out[index] == 0xFFFF { out[index] = -1 }
  }
}

/// Writes token indices to a file, four bytes each, and converts it into a `TokenFile` when their
/// ids are known.
struct TokenWriter: ~Copyable {
  private(set) var count = 0
  private let file: FileDescriptor

  /// Creates the file in a folder; see `CorpusOptions.temporaryFolder`.
  init(in folder: String?) throws(TextError) {
    do {
      file = try FileDescriptor(unnamedIn: folder ?? FileSystem.temporaryFolder)
    } catch {
      throw TextError(.temporaryFile(error.message), in: error.path)
    }
  }

  /// Appends token indices.
  mutating func append(_ indices: [UInt32]) throws(TextError) {
    do {
      try file.write(unsafe indices.span.bytes, at: count * 4)
    } catch {
      throw TextError(.temporaryFile(error.message), in: error.path)
    }
    count += indices.count
  }

  /// Replaces each index by its id.
  ///
  /// - Parameters:
  ///   - ids: The id of each index, -1 for an unknown token.
  ///   - limit: The size of the vocabulary, which determines the number of bytes per id.
  ///   - hash: The hash that is updated with all ids.
  /// - Returns: The file of ids.
  /// - Throws: `TextError` if the disk fails or is full.
  consuming func finish(
    ids: [Int32], limit: Int, hash: inout StableHash
  ) throws(TextError) -> TokenFile {
    let hasUnknown = ids.contains(-1)
    let bytesPerID = limit + (hasUnknown ? 1 : 0) <= 1 << 16 ? 2 : 4
    do {
      try replaceIndices(ids, bytesPerID: bytesPerID, hash: &hash)
      let mapped = try MappedFile(file, size: count * bytesPerID)
      return TokenFile(mapped, bytesPerID: bytesPerID, hasUnknown: hasUnknown)
    } catch {
      throw TextError(.temporaryFile(error.message), in: error.path)
    }
  }

  /// Rewrites the file in blocks; ids of two bytes are written before the position of the next read.
  private func replaceIndices(
    _ ids: [Int32], bytesPerID: Int, hash: inout StableHash
  ) throws(FileError) {
    let blockCount = 1 << 16
    var ids32 = [UInt32](repeating: 0, count: min(blockCount, count))
    var ids16 = [UInt16](repeating: 0, count: ids32.count)
    let ids = ids.span
    for start in stride(from: 0, to: count, by: blockCount) {
      let length = min(blockCount, count - start)
      if length < ids32.count {
        ids32.removeLast(ids32.count - length)
        ids16.removeLast(ids16.count - length)
      }
      var span32 = ids32.mutableSpan
      var bytes = unsafe span32.mutableBytes
      try file.read(at: start * 4, into: &bytes)
      var span16 = ids16.mutableSpan
      for position in 0..<length {
        let id = UInt32(bitPattern: ids[Int(span32[position])])
        span32[position] = id
        span16[position] = UInt16(truncatingIfNeeded: id)
      }
      hash.add(span32.span)
      if bytesPerID == 2 {
        try file.write(unsafe span16.span.bytes, at: start * 2)
      } else {
        try file.write(unsafe span32.span.bytes, at: start * 4)
      }
    }
  }
}
