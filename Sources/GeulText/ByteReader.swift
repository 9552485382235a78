import GeulStorage

/// A sequential reader of a file, standard input or bytes in memory.
struct ByteReader: ~Copyable {
  private let name: String
  private let file: FileDescriptor?
  private var remaining: ArraySlice<UInt8> = []

  /// Opens a source that is not a folder.
  init(_ source: TextSource) throws(TextError) {
    name = source.name
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
        throw TextError(error.isMissing ? .missing : .unreadable(error.message), in: path)
      }
    }
  }

  /// Appends at most the next `count` bytes, and returns false at the end of the source.
  mutating func read(_ count: Int, into bytes: inout [UInt8]) throws(TextError) -> Bool {
    guard file != nil else {
      bytes += remaining.prefix(count)
      defer { remaining = remaining.dropFirst(count) }
      return !remaining.isEmpty
    }
    do {
      return try file?.read(upTo: count, appendingTo: &bytes) ?? 0 > 0
    } catch {
      throw TextError(.unreadable(error.message), in: name)
    }
  }
}
