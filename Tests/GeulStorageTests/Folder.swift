import Foundation

/// A temporary folder that is removed at the end of a test.
final class Folder {
  let path: String
  private let isTemporary: Bool

  init(existing path: String) {
    self.path = path
    isTemporary = false
  }

  init() throws {
    isTemporary = true
    path = NSTemporaryDirectory() + "geul-files-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    if isTemporary { try? FileManager.default.removeItem(atPath: path) }
  }

  func file(_ name: String) -> String { path + "/" + name }

  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
  }

  func text(_ name: String) -> String? {
    FileManager.default.contents(atPath: file(name)).map { String(decoding: $0, as: UTF8.self) }
  }
}
