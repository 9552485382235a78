import Geul
import GeulCommandSupport

/// Throws if a path is not a run directory with metrics.
func checkHasMetrics(_ folder: RunFolder) throws {
  guard FileSystem.exists(folder.metricsPath) else { throw missingRun(folder) }
  guard !folder.metrics().isEmpty else {
    throw CommandError(
      "\(folder.metricsPath) has no metrics yet. Wait for the first training steps.")
  }
}

/// Returns the error for a path that is not a run directory.
private func missingRun(_ folder: RunFolder) -> CommandError {
  guard FileSystem.exists(folder.path) else {
    return CommandError(
      "\(folder.path): no such directory.\(didYouMean(folder.path, among: FileSystem.isFolder)) Give a run directory of geul train."
    )
  }
  let above = FileSystem.folder(of: folder.path)
  let parent = above.isEmpty ? "." : above
  if !FileSystem.isFolder(folder.path), FileSystem.exists(RunFolder(parent).metricsPath) {
    return CommandError("\(folder.path) is a file. Give the run directory, \(parent).")
  }
  return CommandError(
    "\(folder.path) is not a run directory: it has no metrics.jsonl. Give a run directory of geul train."
  )
}
