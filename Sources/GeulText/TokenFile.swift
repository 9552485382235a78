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

  init(_ file: MappedFile, bytesPerID: Int, hasUnknown: Bool) {
    storage = .file(file)
    count = file.byteCount / bytesPerID
    self.bytesPerID = bytesPerID
    self.hasUnknown = hasUnknown
  }

  init(_ blocks: [[UInt16]], count: Int, hasUnknown: Bool) {
    storage = .blocks16(blocks)
    self.count = count
    bytesPerID = 2
    self.hasUnknown = hasUnknown
  }

  init(_ blocks: [[UInt32]], count: Int, hasUnknown: Bool) {
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
