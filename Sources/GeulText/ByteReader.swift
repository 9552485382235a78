import GeulStorage

/// Reads a file, standard input or bytes at hand from front to back.
struct ByteReader: ~Copyable {
  private let name: String
  private let file: FileDescriptor?
  private var rest: ArraySlice<UInt8> = []

  /// Opens a source that is no folder.
  init(_ source: TextSource) throws(TextError) {
    name = source.name
    switch source {
    case .bytes(let bytes, _):
      file = nil
      rest = bytes[...]
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

  /// Appends the next bytes, at most `count`, and answers whether there were any.
  mutating func read(_ count: Int, into bytes: inout [UInt8]) throws(TextError) -> Bool {
    guard file != nil else {
      bytes += rest.prefix(count)
      defer { rest = rest.dropFirst(count) }
      return !rest.isEmpty
    }
    do {
      return try file?.read(upTo: count, appendingTo: &bytes) ?? 0 > 0
    } catch {
      throw TextError(.unreadable(error.message), in: name)
    }
  }
}
