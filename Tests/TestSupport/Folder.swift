public import Foundation

/// A folder for the files of a test, usually a temporary one that is removed with the object.
public final class Folder: Sendable {
  /// The path of the folder.
  public let path: String
  private let isTemporary: Bool

  /// The prefix of the names of this process's temporary folders.
  private static let prefix = "geul-test-\(ProcessInfo.processInfo.processIdentifier)-"

  /// Removes the temporary folders that static properties hold when the process exits.
  private static let removesAtExit: Void = {
    _ = atexit {
      let all = try? FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())
      for name in all ?? [] where name.hasPrefix(Folder.prefix) {
        try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + name)
      }
    }
  }()

  /// Creates a temporary folder.
  public init() throws {
    Self.removesAtExit
    isTemporary = true
    path = NSTemporaryDirectory() + Self.prefix + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// Refers to an existing folder, which is not removed.
  public init(existing path: String) {
    self.path = path
    isTemporary = false
  }

  deinit {
    if isTemporary { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Returns the path of a file.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Returns the sorted names of the files in a subfolder, by default in the folder itself.
  public func names(in folder: String = "", includingHidden: Bool = false) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: file(folder))) ?? []
    return names.filter { includingHidden || !$0.hasPrefix(".") }.sorted()
  }

  /// Indicates whether a file exists.
  public func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: file(name))
  }

  /// Returns the contents of a file, or nil if it cannot be read.
  public func data(_ name: String) -> Data? { FileManager.default.contents(atPath: file(name)) }

  /// Returns the text of a file, or nil if it cannot be read.
  public func text(_ name: String) -> String? {
    data(name).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Removes a file or a subfolder, if it exists.
  public func remove(_ name: String) { try? FileManager.default.removeItem(atPath: file(name)) }

  /// Writes a file, and creates its subfolders.
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    if let slash = name.lastIndex(of: "/") {
      try FileManager.default.createDirectory(
        atPath: file(String(name[..<slash])), withIntermediateDirectories: true)
    }
    guard FileManager.default.createFile(atPath: file(name), contents: Data(bytes)) else {
      throw CocoaError(.fileWriteUnknown)
    }
  }

  /// Writes a text file in UTF-8.
  public func write(_ text: String, to name: String) throws { try write(text.utf8, to: name) }

  /// Copies a file or a subfolder.
  public func copy(_ name: String, to other: String) throws {
    try FileManager.default.copyItem(atPath: file(name), toPath: file(other))
  }

  /// Returns the names and contents of the files in a subfolder, without hidden files.
  public func contents(of folder: String) -> [String: Data] {
    Dictionary(
      uniqueKeysWithValues: names(in: folder).map { ($0, data("\(folder)/\($0)") ?? Data()) })
  }
}
