import GeulStorage

/// Collects token indices and converts them into a `TokenFile` when their ids are known.
///
/// The indices stay in memory, two bytes each, up to a limit; then they are written to a file, four
/// bytes each.
struct TokenWriter: ~Copyable {
  private(set) var count = 0
  private let folder: String?
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
    self.folder = folder
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
    let file = try FileDescriptor(temporaryIn: folder)
    for (position, block) in blocks.enumerated() {
      try Self.write(block.map { UInt32($0) }, to: file, at: position * Self.blockCount)
    }
    blocks = []
    self.file = file
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

extension FileDescriptor {
  /// Creates a file without a name in the first directory in which one can be created.
  ///
  /// - Parameter folder: The only directory to try; nil for those of `CorpusOptions.temporaryFolder`.
  /// - Throws: `TextError` if there is none.
  convenience init(temporaryIn folder: String?) throws(TextError) {
    var folders: [String] = []
    for candidate in folder.map({ [$0] }) ?? [FileSystem.temporaryFolder, "/var/tmp", "/tmp", "."]
    where !folders.contains(candidate) {
      folders.append(candidate)
    }
    var errors: [FileError] = []
    for folder in folders {
      do {
        try self.init(unnamedIn: folder)
        return
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
}
