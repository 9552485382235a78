internal import Foundation
internal import GeulStorage

/// `metrics.jsonl`: one line of JSON for each report, appended, so that a crash loses at most a line.
struct MetricsLog {
  private let handle: FileHandle?
  /// The training time of the lines that were kept.
  let seconds: Double

  /// Opens the log and drops lines of steps after `step`: they were lost with the process that made them.
  init(_ path: String, upTo step: Int) {
    let old = FileManager.default.contents(atPath: path) ?? Data()
    var last = 0.0
    let kept = old.split(separator: 0x0A).filter { line in
      guard let entry = try? JSONDecoder().decode(Entry.self, from: line), entry.step <= step
      else { return false }
      last = max(last, entry.seconds ?? 0)
      return true
    }
    seconds = last
    let text = Data(kept.joined(separator: [0x0A]) + (kept.isEmpty ? [] : [0x0A]))
    if text != old || old.isEmpty { try? text.write(to: URL(filePath: path), options: .atomic) }
    handle = FileHandle(forWritingAtPath: path)
    _ = try? handle?.seekToEnd()
  }

  private struct Entry: Decodable {
    let step: Int
    let seconds: Double?
  }

  /// Appends a line.
  ///
  /// A log that cannot be written does not stop training: the checkpoint will report a full disk.
  func append(_ progress: TrainingRun.Progress) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let line = try? encoder.encode(progress) else { return }
    try? handle?.write(contentsOf: line + [0x0A])
  }
}
