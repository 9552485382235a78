internal import GeulModel
internal import GeulStorage

/// The checkpoints of a run in its folder.
struct CheckpointStore {
  let folder: RunFolder
  /// Indicates whether the newest checkpoint becomes the previous one at the next save: false if it is known to be damaged.
  var keepsPrevious = true
  /// The run's state in the newest checkpoint, if this process wrote it.
  private var saved: RunState?

  init(_ folder: RunFolder) { self.folder = folder }

  /// Saves a checkpoint, unless the newest one is the same.
  ///
  /// - Returns: True if a file was written.
  mutating func save(
    _ model: Model.Metadata, _ run: RunState, _ trainer: () -> TrainerState
  ) throws(RunError) -> Bool {
    guard run != saved else { return false }
    try Checkpoint(model: model, run: run, trainer: trainer()).safetensors.save(
      to: folder.latest, keepingPrevious: keepsPrevious)
    (keepsPrevious, saved) = (true, run)
    return true
  }

  /// Saves the best model.
  func save(best model: Model) throws(RunError) { try model.safetensors.save(to: folder.best) }

  /// Saves the teachers.
  func save(teachers: [Model]) throws(RunError) {
    for (index, teacher) in teachers.enumerated() {
      try teacher.safetensors.save(to: folder.teacher(index + 1), keepingPrevious: false)
    }
  }

  /// Removes the files of the teachers.
  func removeTeachers(count: Int) {
    for number in 0..<count { FileSystem.remove(folder.teacher(number + 1).path) }
  }

  /// Reads the newest intact checkpoint.
  func load() throws(RunError) -> Checkpoint {
    do throws(FormatError) { return try folder.loadLatest().value } catch { throw .format(error) }
  }
}
