import Foundation

/// A temporary directory of a test, removed at its end.
final class Folder: Sendable {
  let path: String

  /// The prefix of the names of this process's directories.
  private static let prefix = "geul-command-\(ProcessInfo.processInfo.processIdentifier)-"

  /// Removes the directories of static properties when the process exits.
  private static let removesAtExit: Void = {
    _ = atexit {
      let all = try? FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())
      for name in all ?? [] where name.hasPrefix(Folder.prefix) {
        try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + name)
      }
    }
  }()

  init() throws {
    Self.removesAtExit
    path = NSTemporaryDirectory() + Self.prefix + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// Returns the names in a subdirectory, without hidden files.
  func names(in folder: String = "") -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: file(folder))) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
  func data(_ name: String) -> Data? { FileManager.default.contents(atPath: file(name)) }
  func text(_ name: String) -> String? { data(name).map { String(decoding: $0, as: UTF8.self) } }
  func remove(_ name: String) { try? FileManager.default.removeItem(atPath: file(name)) }

  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try Data(bytes).write(to: URL(filePath: file(name)))
  }

  func write(_ text: String, to name: String) throws { try write(text.utf8, to: name) }

  func copy(_ name: String, to other: String) throws {
    try FileManager.default.copyItem(atPath: file(name), toPath: file(other))
  }

  /// Returns the files of a subdirectory with their contents.
  func contents(of folder: String) -> [String: Data] {
    Dictionary(
      uniqueKeysWithValues: names(in: folder).map { ($0, data("\(folder)/\($0)") ?? Data()) })
  }
}
