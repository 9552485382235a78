import GeulStorage

/// The token ids of a text, in memory or, if there are many, in a memory-mapped file in native byte
/// order.
///
/// An id takes two bytes if the vocabulary permits, else four.
struct TokenFile: Sendable {
  private enum Storage {
    case file(MappedFile)
    /// Blocks of `TokenWriter.blockCount` ids; the last one may be shorter. Unlike an array that grows, they are never
    /// copied.
    case blocks16([[UInt16]])
    case blocks32([[UInt32]])
  }

  /// The number of ids.
  let count: Int
  /// The size of an id in bytes: 2 or 4.
  let bytesPerID: Int
  private let storage: Storage
  /// Indicates whether there are ids of -1, which are 0xFFFF in two bytes.
  private let hasUnknown: Bool

  fileprivate init(_ file: MappedFile, bytesPerID: Int, hasUnknown: Bool) {
    storage = .file(file)
    count = file.byteCount / bytesPerID
    self.bytesPerID = bytesPerID
    self.hasUnknown = hasUnknown
  }

  fileprivate init(_ blocks: [[UInt16]], count: Int, hasUnknown: Bool) {
    storage = .blocks16(blocks)
    self.count = count
    bytesPerID = 2
    self.hasUnknown = hasUnknown
  }

  fileprivate init(_ blocks: [[UInt32]], count: Int, hasUnknown: Bool) {
    storage = .blocks32(blocks)
    self.count = count
    bytesPerID = 4
    self.hasUnknown = hasUnknown
  }

  /// Indicates whether the ids are in memory.
  var isInMemory: Bool { if case .file = storage { false } else { true } }

  /// Fills `out` with the ids from index `start` on.
  func copy(from start: Int, into out: inout MutableSpan<Int32>) {
    switch storage {
    case .file(let file):
      guard bytesPerID == 2 else { return file.copyInt32(from: start, into: &out) }
      file.copyUInt16(from: start, into: &out)
    case .blocks16(let blocks):
      copy(blocks, from: start, into: &out)
    case .blocks32(let blocks):
      return copy(blocks, from: start, into: &out)
    }
    guard hasUnknown else { return }
    for index in out.indices where out[index] == 0xFFFF { out[index] = -1 }
  }

  private func copy<ID: FixedWidthInteger>(
    _ blocks: [[ID]], from start: Int, into out: inout MutableSpan<Int32>
  ) {
    precondition(
      start >= 0 && start <= count && out.count <= count - start,
      "elements \(start)..<\(start + out.count) are not in 0..<\(count)")
    var written = 0
    while written < out.count {
      let (number, offset) = (start + written).quotientAndRemainder(
        dividingBy: TokenWriter.blockCount)
      let block = blocks[number]
      let ids = block.span
      let length = min(ids.count - offset, out.count - written)
      for index in 0..<length {
        out[written + index] = Int32(truncatingIfNeeded: ids[offset + index])
      }
      written += length
    }
  }
}

/// Collects token indices and converts them into a `TokenFile` when their ids are known.
///
/// The indices stay in memory, two bytes each, up to a limit; then they are written to a file, four
/// bytes each.
struct TokenWriter: ~Copyable {
  private(set) var count = 0
  private let folders: [String]
  private let limit: Int
  /// The indices in memory; `file` is nil.
  private var blocks: [[UInt16]] = []
  private var file: FileDescriptor?

  /// The number of indices in a block.
  static let blockCount = 1 << 16

  /// Creates a writer.
  ///
  /// - Parameters:
  ///   - folder: The directory of the file; see `CorpusOptions.temporaryFolder`.
  ///   - limit: The number of indices that are kept in memory.
  init(in folder: String?, limit: Int) {
    var folders: [String] = []
    for candidate in folder.map({ [$0] }) ?? [FileSystem.temporaryFolder, "/var/tmp", "/tmp", "."]
    where !folders.contains(candidate) {
      folders.append(candidate)
    }
    self.folders = folders
    self.limit = limit
  }

  /// Appends token indices.
  mutating func append(_ indices: [UInt32]) throws(TextError) {
    if file == nil, count + indices.count > limit || indices.contains(where: { $0 > 0xFFFF }) {
      try spill()
    }
    if let file {
      try Self.write(indices, to: file, at: count)
    } else {
      var next = 0
      while next < indices.count {
        if blocks.last.map({ $0.count == Self.blockCount }) ?? true { blocks.append([]) }
        let last = blocks.count - 1
        let end = min(indices.count, next + Self.blockCount - blocks[last].count)
        blocks[last].append(contentsOf: indices[next..<end].lazy.map { UInt16($0) })
        next = end
      }
    }
    count += indices.count
  }

  /// Moves the indices from memory to a file in the first directory in which one can be created.
  private mutating func spill() throws(TextError) {
    let file = try Self.open(in: folders)
    for (position, block) in blocks.enumerated() {
      try Self.write(block.map { UInt32($0) }, to: file, at: position * Self.blockCount)
    }
    blocks = []
    self.file = file
  }

  private static func open(in folders: [String]) throws(TextError) -> FileDescriptor {
    var errors: [FileError] = []
    for folder in folders {
      do {
        return try FileDescriptor(unnamedIn: folder)
      } catch {
        errors.append(error)
      }
    }
    if let only = errors.first, errors.count == 1 {
      throw TextError(.temporaryFile(only.message), in: only.path)
    }
    let attempts = errors.map {
      ($0.path == "." ? "the current directory" : $0.path) + " (\($0.message))"
    }
    throw TextError(.noTemporaryFolder(attempts), in: "token ids")
  }

  private static func write(
    _ indices: [UInt32], to file: FileDescriptor, at position: Int
  ) throws(TextError) {
    do {
      try file.write(unsafe indices.span.bytes, at: position * 4)
    } catch {
      throw TextError(.temporaryFile(error.message), in: error.path)
    }
  }

  /// Replaces each index by its id.
  ///
  /// - Parameters:
  ///   - ids: The id of each index, -1 for an unknown token.
  ///   - limit: The size of the vocabulary, which determines the number of bytes per id.
  ///   - hash: The hash that is updated with all ids.
  /// - Returns: The ids.
  /// - Throws: `TextError` if the disk fails or is full.
  consuming func finish(
    ids: [Int32], limit: Int, hash: inout StableHash
  ) throws(TextError) -> TokenFile {
    let hasUnknown = ids.contains(-1)
    let bytesPerID = limit + (hasUnknown ? 1 : 0) <= 1 << 16 ? 2 : 4
    guard let file else {
      if bytesPerID == 4 {
        var wide: [[UInt32]] = []
        for block in blocks {
          let block = block.map { UInt32(bitPattern: ids[Int($0)]) }
          hash.add(block.span)
          wide.append(block)
        }
        return TokenFile(wide, count: count, hasUnknown: hasUnknown)
      }
      var narrow = blocks
      blocks = []
      for position in narrow.indices {
        let block = narrow[position].map { UInt32(bitPattern: ids[Int($0)]) }
        hash.add(block.span)
        narrow[position] = block.map { UInt16(truncatingIfNeeded: $0) }
      }
      return TokenFile(narrow, count: count, hasUnknown: hasUnknown)
    }
    do {
      try Self.replaceIndices(in: file, count: count, ids, bytesPerID: bytesPerID, hash: &hash)
      let mapped = try MappedFile(file, size: count * bytesPerID)
      return TokenFile(mapped, bytesPerID: bytesPerID, hasUnknown: hasUnknown)
    } catch {
      throw TextError(.temporaryFile(error.message), in: error.path)
    }
  }

  /// Rewrites the file in blocks; ids of two bytes are written before the position of the next read.
  private static func replaceIndices(
    in file: FileDescriptor, count: Int, _ ids: [Int32], bytesPerID: Int, hash: inout StableHash
  ) throws(FileError) {
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
