internal import Foundation
internal import GeulNetwork

/// `metrics.jsonl`: a line of JSON for each report, appended, so that a crash loses at most a line.
struct MetricsLog {
  private let path: String
  private let handle: FileHandle?

  init(_ path: String) {
    self.path = path
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    handle = FileHandle(forWritingAtPath: path)
    _ = try? handle?.seekToEnd()
  }

  /// Appends a line.
  ///
  /// A log that cannot be written stops no training: the checkpoint will tell of a full disk.
  func append(_ progress: Run.Progress) {
    try? handle?.write(contentsOf: Data((Model.json(progress) + "\n").utf8))
  }
}
