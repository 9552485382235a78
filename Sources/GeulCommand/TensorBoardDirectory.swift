import Geul
import GeulCommandSupport
import PortableFoundation

/// The directory of `--tensorboard`.
struct TensorBoardDirectory {
  /// The path.
  let path: String

  /// Creates a value for a path on the command line.
  init(_ path: String) { self.path = creatable(path) }

  /// Throws if event files cannot be written there, or if there are some that are not to be replaced.
  func check(overwriting: Bool) throws {
    guard path != "-" else {
      throw CommandError("--tensorboard - cannot be standard output. Give a directory.")
    }
    guard !FileSystem.exists(path) || FileSystem.isFolder(path) else {
      throw CommandError("\(path) is a file. Give a directory with --tensorboard.")
    }
    try OutputDirectory(path, option: "--tensorboard").check()
    guard overwriting || !TensorBoardLog.hasEvents(in: path) else {
      throw CommandError(
        "\(path) already has event files. Choose another directory with --tensorboard.")
    }
  }
}

/// Writes the reports of a running training to an event file of TensorBoard.
struct TensorBoardReport {
  private let directory: TensorBoardDirectory
  /// The metrics of the run before this session.
  private let history: [TrainingLoop.Progress]
  private let historyEnd: Double
  private var log: TensorBoardLog?
  private var isFailed = false

  /// Creates a report to a directory; the file is created with the first event, when no other process trains the run.
  init(_ directory: String, history: [TrainingLoop.Progress], historyEnd: Double?) {
    self.directory = TensorBoardDirectory(directory)
    self.history = history
    self.historyEnd = historyEnd ?? Date().timeIntervalSince1970
  }

  /// Writes an event; a file that cannot be written is noted once and does not stop training.
  mutating func show(_ event: TrainingLoop.Event) {
    guard !isFailed else { return }
    switch event {
    case .progress(let progress), .validated(let progress, _, _):
      do throws(FileError) { try write(progress) } catch {
        isFailed = true
        Output.note("\(error) Training continues without events for TensorBoard.")
      }
    case .note, .planned, .stoppedEarly, .sample, .saved: break
    }
  }

  private mutating func write(_ progress: TrainingLoop.Progress) throws(FileError) {
    let now = Date().timeIntervalSince1970
    if log == nil {
      var new = try TensorBoardLog(folder: directory.path, time: now)
      try new.append(history, endingAt: historyEnd)
      log = new
    }
    try log?.append(progress, time: now)
  }
}
