import Foundation

/// A folder of its own for a test, removed when the test is over.
final class Folder {
  let path: String
  private let isOurs: Bool

  init(existing path: String) {
    self.path = path
    isOurs = false
  }

  init() throws {
    isOurs = true
    path = NSTemporaryDirectory() + "geul-files-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    if isOurs { try? FileManager.default.removeItem(atPath: path) }
  }

  func file(_ name: String) -> String { path + "/" + name }

  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
  }

  func text(_ name: String) -> String? {
    FileManager.default.contents(atPath: file(name)).map { String(decoding: $0, as: UTF8.self) }
  }
}
