internal import GeulStorage

/// `metrics.jsonl`: one line of JSON for each report, appended, so that a crash loses at most a line.
struct MetricsLog {
  private let file: JSONLinesFile
  /// The training time of the lines that were kept.
  let seconds: Double

  /// Opens the log and drops lines of steps after `step`: they were lost with the process that made them.
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
  func append(_ progress: TrainingRun.Progress) { try? file.append(progress) }
}
