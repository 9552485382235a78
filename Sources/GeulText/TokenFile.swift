import GeulStorage

/// Token ids in a mapped file: two bytes an id where that is enough, else four, in the machine's
/// order.
struct TokenFile: Sendable {
  private let file: MappedFile
  /// Whether an id takes two bytes, of which all ones mean -1 if there is an unknown unit.
  let isNarrow: Bool
  private let hasUnknown: Bool

  fileprivate init(_ file: MappedFile, isNarrow: Bool, hasUnknown: Bool) {
    self.file = file
    self.isNarrow = isNarrow
    self.hasUnknown = hasUnknown
  }

  /// How many ids there are.
  var count: Int { file.byteCount / (isNarrow ? 2 : 4) }

  /// Copies the ids from `start` on until `out` is full.
  func copy(from start: Int, into out: inout MutableSpan<Int32>) {
    guard isNarrow else { return file.copyInt32(from: start, into: &out) }
    file.copyUInt16(from: start, into: &out)
    guard hasUnknown else { return }
    for index in out.indices where out[index] == 0xFFFF { out[index] = -1 }
  }
}

/// Writes numbers of units to a file, four bytes each, and turns it into a `TokenFile` when their
/// ids are known.
struct TokenWriter: ~Copyable {
  private(set) var count = 0
  private let file: FileDescriptor

  /// Makes the file in a folder; see `CorpusOptions.temporaryFolder`.
  init(in folder: String?) throws(TextError) {
    do {
      file = try FileDescriptor(unnamedIn: folder ?? FileSystem.temporaryFolder)
    } catch {
      throw TextError(.disk(error.message), in: error.path)
    }
  }

  /// Adds numbers at the end.
  mutating func append(_ numbers: [UInt32]) throws(TextError) {
    do {
      try file.write(unsafe numbers.span.bytes, at: count * 4)
    } catch {
      throw TextError(.disk(error.message), in: error.path)
    }
    count += numbers.count
  }

  /// Puts `ids[number]`, which may be -1, in place of each number.
  ///
  /// - Parameters:
  ///   - ids: The id of each number.
  ///   - limit: How many ids the vocabulary has, which decides how many bytes an id takes.
  ///   - hash: Takes in each id.
  /// - Returns: The ids.
  /// - Throws: `TextError` if the disk fails or is full.
  consuming func finish(
    ids: [Int32], limit: Int, hash: inout StableHash
  ) throws(TextError) -> TokenFile {
    let hasUnknown = ids.contains(-1)
    let isNarrow = limit + (hasUnknown ? 1 : 0) <= 1 << 16
    do {
      try renumber(ids, isNarrow: isNarrow, hash: &hash)
      let mapped = try MappedFile(file, size: count * (isNarrow ? 2 : 4))
      return TokenFile(mapped, isNarrow: isNarrow, hasUnknown: hasUnknown)
    } catch {
      throw TextError(.disk(error.message), in: error.path)
    }
  }

  /// Goes over the file in blocks; narrow ids never overtake the numbers that are still to be read.
  private func renumber(
    _ ids: [Int32], isNarrow: Bool, hash: inout StableHash
  ) throws(FileError) {
    let blockCount = 1 << 16
    var numbers = [UInt32](repeating: 0, count: min(blockCount, count))
    var narrow = [UInt16](repeating: 0, count: numbers.count)
    let ids = ids.span
    for start in stride(from: 0, to: count, by: blockCount) {
      let length = min(blockCount, count - start)
      if length < numbers.count {
        numbers.removeLast(numbers.count - length)
        narrow.removeLast(narrow.count - length)
      }
      var wide = numbers.mutableSpan
      var bytes = unsafe wide.mutableBytes
      try file.read(at: start * 4, into: &bytes)
      var short = narrow.mutableSpan
      for index in 0..<length {
        let id = UInt32(bitPattern: ids[Int(wide[index])])
        wide[index] = id
        short[index] = UInt16(truncatingIfNeeded: id)
      }
      hash.add(wide.span)
      if isNarrow {
        try file.write(unsafe short.span.bytes, at: start * 2)
      } else {
        try file.write(unsafe wide.span.bytes, at: start * 4)
      }
    }
  }
}
