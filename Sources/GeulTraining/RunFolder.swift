package import GeulModel
public import GeulStorage

/// The folder of a run: `latest.safetensors` to resume from, `best.safetensors` to use, `metrics.jsonl` to plot.
public struct RunFolder: Sendable, Equatable {
  /// The path of the folder.
  public let path: String

  /// Creates a value for the folder at `path`, which need not exist.
  public init(_ path: String) { self.path = path }

  /// The newest checkpoint.
  public var latest: AtomicFile { AtomicFile("\(path)/latest.safetensors") }
  /// The model with the lowest validation loss; parameters only.
  public var best: AtomicFile { AtomicFile("\(path)/best.safetensors") }
  /// The model file of a teacher, from 1.
  public func teacher(_ number: Int) -> AtomicFile {
    AtomicFile("\(path)/teacher-\(number).safetensors")
  }
  /// The metrics, one line of JSON for each report.
  public var metricsPath: String { "\(path)/metrics.jsonl" }

  /// Indicates whether a run has saved a checkpoint in the folder.
  package var hasCheckpoint: Bool {
    FileSystem.exists(latest.path) || FileSystem.exists(latest.previousPath)
  }

  /// Reads the best model, or that of the newest checkpoint if no best model has been saved.
  ///
  /// - Returns: The model; nil if the folder has neither.
  /// - Throws: `FormatError` if neither the newest file nor the one before it can be used.
  package func loadBest() throws(FormatError) -> NewestIntact<Model, FormatError>? {
    guard let file = [best, latest].first(where: { FileSystem.exists($0.path) }) else { return nil }
    return try file.newestIntact { (path) throws(FormatError) in try Model(contentsOf: path) }
  }

  /// Reads the teachers of a run.
  ///
  /// - Throws: `TrainingError` if one is missing or damaged, or is not the run's.
  func loadTeachers(_ state: RunState) throws(TrainingError) -> [Model] {
    var teachers: [Model] = []
    for (index, known) in state.teachers.enumerated() {
      let path = teacher(index + 1).path
      do throws(FormatError) { teachers.append(try Model(contentsOf: path)) } catch {
        throw .format(error)
      }
      guard RunState.Teacher(teachers[index]) == known else { throw .teacherChanged(path: path) }
    }
    return teachers
  }

  /// Reads the newest intact checkpoint.
  ///
  /// - Throws: `FormatError` if neither the newest nor the one before it can be used.
  public func loadLatest() throws(FormatError) -> NewestIntact<Checkpoint, FormatError> {
    try latest.newestIntact { (path) throws(FormatError) in try Checkpoint(contentsOf: path) }
  }
}
