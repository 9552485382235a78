internal import GeulStorage

/// The log `metrics.jsonl`, one line of JSON for each report.
///
/// Lines are appended, so that a crash loses at most one.
struct MetricsLog {
  private let file: JSONLinesFile
  /// The training time in the kept lines, in seconds.
  let seconds: Double

  /// Opens the log and drops lines of steps after `step`: the process that wrote them ended before it saved a checkpoint.
  init(_ path: String, upTo step: Int) {
    file = JSONLinesFile(path, usesSnakeCase: true)
    var seconds = 0.0
    try? file.keepLines(Entry.self) { entry in
      guard entry.step <= step else { return false }
      seconds = max(seconds, entry.seconds ?? 0)
      return true
    }
    self.seconds = seconds
  }

  private struct Entry: Decodable {
    let step: Int
    let seconds: Double?
  }

  /// Appends a line.
  ///
  /// A log that cannot be written does not stop training: the checkpoint will report a full disk.
  func append(_ progress: TrainingLoop.Progress) { try? file.append(progress) }
}
