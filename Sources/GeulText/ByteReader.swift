import GeulStorage

/// A sequential reader of a file, standard input or bytes in memory.
struct ByteReader: ~Copyable {
  private let name: String
  private let file: FileDescriptor?
  private var remaining: ArraySlice<UInt8> = []
  /// The bytes of the file that are still to be read; nil to read from the current position to the end.
  private var range: Range<Int>?

  /// Opens a source that is not a folder.
  ///
  /// - Parameters:
  ///   - source: The source.
  ///   - range: The bytes to read, of a file; nil to read all.
  /// - Throws: `TextError` if it cannot be opened.
  init(_ source: TextSource, range: Range<Int>? = nil) throws(TextError) {
    name = source.name
    self.range = range
    switch source {
    case .bytes(let bytes, _):
      file = nil
      remaining = bytes[...]
    case .standardInput:
      file = .standardInput
    case .path(let path):
      do {
        file = try FileDescriptor(reading: path)
      } catch {
        throw TextError(opening: path, error)
      }
    }
  }

  /// Appends at most the next `count` bytes, and returns false at the end of the source.
  mutating func read(_ count: Int, into bytes: inout [UInt8]) throws(TextError) -> Bool {
    guard let file else {
      bytes += remaining.prefix(count)
      defer { remaining = remaining.dropFirst(count) }
      return !remaining.isEmpty
    }
    do {
      guard let range else { return try file.read(upTo: count, appendingTo: &bytes) > 0 }
      let count = try file.read(
        upTo: min(count, range.count), at: range.lowerBound, appendingTo: &bytes)
      self.range = range.dropFirst(count)
      return count > 0
    } catch {
      throw TextError(.unreadable(error.message), in: name)
    }
  }
}
