public import GeulStorage

/// Why a run could not go on or be finished.
public enum RunError: Error, CustomStringConvertible {
  /// A checkpoint or the best model cannot be read.
  case format(FormatError)
  /// A checkpoint or the best model cannot be saved, or the folder is another process'.
  case file(FileError)
  /// The caller asked for it.
  case stopped

  /// The sentence of the error inside.
  public var description: String {
    switch self {
    case .format(let error): error.description
    case .file(let error): error.description
    case .stopped: "Stopped before the best model was scored."
    }
  }
}

extension SafetensorsFile {
  /// Writes the file of a run; see `AtomicFile.replace`.
  func save(to place: AtomicFile, keepingPrevious: Bool = true) throws(RunError) {
    do { try write(to: place, keepingPrevious: keepingPrevious) } catch { throw .file(error) }
  }
}
