internal import Foundation
internal import GeulModel

/// `metrics.jsonl`: a line of JSON for each report, appended, so that a crash loses at most a line.
struct MetricsLog {
  private let handle: FileHandle?

  /// Opens the log at the end of what it says of the first `step` steps; what it says of later ones was lost with the
  /// process that made them.
  init(_ path: String, upTo step: Int) {
    let old = FileManager.default.contents(atPath: path) ?? Data()
    let kept = old.split(separator: 0x0A).filter { line in
      (try? JSONDecoder().decode(Place.self, from: line)).map { $0.step <= step } ?? false
    }
    let text = Data(kept.joined(separator: [0x0A]) + (kept.isEmpty ? [] : [0x0A]))
    if text != old || old.isEmpty { try? text.write(to: URL(filePath: path), options: .atomic) }
    handle = FileHandle(forWritingAtPath: path)
    _ = try? handle?.seekToEnd()
  }

  private struct Place: Decodable { let step: Int }

  /// Appends a line.
  ///
  /// A log that cannot be written stops no training: the checkpoint will tell of a full disk.
  func append(_ progress: TrainingRun.Progress) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let line = try? encoder.encode(progress) else { return }
    try? handle?.write(contentsOf: line + [0x0A])
  }
}
