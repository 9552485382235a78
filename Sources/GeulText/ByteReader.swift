import Foundation

/// Reads a file, standard input or bytes at hand from front to back.
struct ByteReader: ~Copyable {
  private let name: String
  private let file: FileHandle?
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
        file = try FileHandle(forReadingFrom: URL(filePath: path))
      } catch {
        let isMissing = (error as? CocoaError)?.code == .fileReadNoSuchFile
        throw TextError(isMissing ? .missing : .unreadable(systemWords(error)), in: path)
      }
    }
  }

  /// Appends the next bytes, at most `count`, and answers whether there were any.
  mutating func read(_ count: Int, into bytes: inout [UInt8]) throws(TextError) -> Bool {
    guard let file else {
      bytes.append(contentsOf: rest.prefix(count))
      defer { rest = rest.dropFirst(count) }
      return !rest.isEmpty
    }
    do {
      guard let data = try file.read(upToCount: count), !data.isEmpty else { return false }
      bytes.append(contentsOf: data)
      return true
    } catch {
      throw TextError(.unreadable(systemWords(error)), in: name)
    }
  }
}
