public import GeulStorage

/// The reason why a run could not continue or be finished.
public enum RunError: Error, CustomStringConvertible {
  /// A checkpoint or the best model cannot be read.
  case format(FormatError)
  /// A checkpoint or the best model cannot be saved, or another process trains in the folder.
  case file(FileError)
  /// The caller asked to stop.
  case stopped

  /// The message of the underlying error.
  public var description: String {
    switch self {
    case .format(let error): error.description
    case .file(let error): error.description
    case .stopped: "Stopped before the best model was evaluated."
    }
  }
}

extension SafetensorsFile {
  /// Writes the file of a run; see `AtomicFile.replace`.
  func save(to file: AtomicFile, keepingPrevious: Bool = true) throws(RunError) {
    do { try write(to: file, keepingPrevious: keepingPrevious) } catch { throw .file(error) }
  }
}

extension RunFolder {
  /// Throws if the checkpoints or the best model cannot be replaced, which a run finds out before it trains.
  func checkIsWritable() throws(RunError) {
    do {
      for file in [latest, best] { try file.check(keepingPrevious: true) }
    } catch { throw .file(error) }
  }
}
