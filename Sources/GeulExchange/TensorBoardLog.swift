public import GeulStorage
public import GeulTraining
internal import PortableFoundation

/// An event file of TensorBoard with the metrics of a run.
///
/// A log is a new file in a folder and starts at step 1: readers of the folder drop what earlier files contain. So a
/// resumed run writes the earlier metrics again and continues after them, and no step is shown twice.
///
///     loss/train           training loss of the step, nats/token
///     loss/validation      validation loss, nats/token; only where it was evaluated
///     learning_rate        learning rate of AdamW
///     gradient_norm        global norm before clipping
///     tokens_per_second    training speed
///     epoch                passes through the training text
public struct TensorBoardLog: Sendable {
  /// The path of the event file.
  public let path: String
  private let file: FileDescriptor
  private var lastStep = 0

  /// Creates an event file in a folder, which is created if it does not exist.
  ///
  /// - Parameters:
  ///   - folder: The path of the folder.
  ///   - time: The time of the first event, in seconds since 1970.
  /// - Throws: `FileError` if the folder or the file cannot be written.
  public init(folder: String, time: Double) throws(FileError) {
    try FileSystem.createFolder(folder)
    // Readers read the files of a folder in the order of their names.
    let seconds = (Self.eventFiles(in: folder).compactMap(\.seconds).max() ?? 0) + 1
    path = "\(folder)/\(Self.prefix)\(max(seconds, Int(time))).geul"
    file = try FileDescriptor(appendingTo: path)
    try write([
      TensorBoardEvent(time: time, step: 0, contents: .fileVersion),
      TensorBoardEvent(time: time, step: 1, contents: .sessionStart),
    ])
  }

  /// Appends the scalars of a report.
  ///
  /// If its step is not after that of the last report, as after a rollback, readers drop the scalars from this step on.
  ///
  /// - Parameters:
  ///   - progress: The report.
  ///   - time: The time of the report, in seconds since 1970.
  /// - Throws: `FileError` if the file cannot be written.
  public mutating func append(
    _ progress: TrainingLoop.Progress, time: Double
  ) throws(FileError) {
    try append([(progress, time)])
  }

  /// Appends the metrics of a run, with times that count back from that of the last one.
  ///
  /// - Parameters:
  ///   - metrics: The reports in the order in which they were written; see `RunFolder.metricsLog`.
  ///   - end: The time of the last report, in seconds since 1970.
  /// - Throws: `FileError` if the file cannot be written.
  public mutating func append(
    _ metrics: [TrainingLoop.Progress], endingAt end: Double
  ) throws(FileError) {
    let last = metrics.last?.seconds ?? 0
    try append(metrics.map { ($0, end - (last - $0.seconds)) })
  }

  private mutating func append(
    _ reports: [(progress: TrainingLoop.Progress, time: Double)]
  ) throws(FileError) {
    var events: [TensorBoardEvent] = []
    for (progress, time) in reports {
      if progress.step <= lastStep {
        events.append(TensorBoardEvent(time: time, step: progress.step, contents: .sessionStart))
      }
      lastStep = progress.step
      events.append(TensorBoardEvent(progress, time: time))
    }
    try write(events)
  }

  /// Writes events with one system call, so that readers see whole records.
  private func write(_ events: [TensorBoardEvent]) throws(FileError) {
    // A span of a temporary array crashes Swift 6.3.1 without optimization.
    let bytes = events.flatMap(\.record)
    try file.write(bytes.span.raw)
  }

  /// Returns true if a folder has event files of any program.
  public static func hasEvents(in folder: String) -> Bool { !eventFiles(in: folder).isEmpty }

  private static let prefix = "events.out.tfevents."

  /// Returns the event files in a folder, with the seconds in their names.
  private static func eventFiles(in folder: String) -> [(name: String, seconds: Int?)] {
    ((try? FileSystem.names(in: folder)) ?? []).filter { $0.contains("tfevents") }.map { name in
      let digits = name.hasPrefix(prefix) ? name.dropFirst(prefix.count).prefix { $0.isNumber } : ""
      return (name, Int(digits))
    }
  }
}

extension RunFolder {
  /// Reads the metrics in the order in which they were written; lines that cannot be decoded are skipped.
  ///
  /// After a rollback, steps occur again.
  public func metricsLog() -> [TrainingLoop.Progress] {
    JSONLinesFile(metricsPath, usesSnakeCase: true).values(TrainingLoop.Progress.self)
  }

  /// The time at which the metrics were written last, in seconds since 1970; nil if there are none.
  public var metricsTime: Double? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: metricsPath)
    return (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
  }
}
