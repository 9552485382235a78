package import ArgumentParser
package import Geul

/// Loads a model file, the best model of a run directory, or an installed model by its name.
package func loadModel(_ argument: String) throws -> Model {
  let path = modelPath(argument)
  guard FileSystem.exists(path) else {
    let installed = InstalledModels.names
    let near = didYouMean(path, or: path.contains("/") ? [] : installed, among: isModel)
    throw CommandError("\(path): no such model.\(near)\(suggestion(near: path, installed))")
  }
  guard FileSystem.isFolder(path) else {
    let file = try SafetensorsFile(contentsOf: path)
    let model = try Model(file, name: path)
    if !file.isVerified {
      Output.note("\(path): not written by Geul; it has no checksum that could be verified.")
    }
    return model
  }
  guard let newest = try RunFolder(path).loadBest() else {
    throw CommandError(
      "\(path): the directory has no best.safetensors.\(suggestion(near: path, []))")
  }
  if let notice = newest.notice { Output.note(notice) }
  return newest.value
}

/// Returns the path of a model file or run directory for a model on the command line.
///
/// A path that exists takes precedence over the name of an installed model.
package func modelPath(_ argument: String) -> String {
  let path = existing(argument)
  return FileSystem.exists(path) ? path : InstalledModels.path(of: path) ?? path
}

extension CompletionKind {
  /// Model files and directories.
  package static var model: CompletionKind { .file(extensions: ["safetensors"]) }
}

/// Throws if the precision is int8 and the model's activation is relu: int8 quantizes states from -1 to 1.
package func check(_ precision: Precision, for model: Model) throws {
  guard precision == .int8, model.metadata.architecture.activation == .relu else { return }
  throw CommandError(
    "--precision int8 needs states from -1 to 1, and relu states are unbounded. Choose float32 or bfloat16."
  )
}

/// Returns sentences that list the models in the directory, in its parent directory, or in checkpoints, and those that are
/// installed.
private func suggestion(near path: String, _ installed: [String]) -> String {
  let parent = FileSystem.folder(of: path)
  let places = [path, parent.isEmpty ? "." : parent, "checkpoints"].lazy.map {
    ($0, models(in: $0))
  }
  var sentences: [String] = []
  if let (folder, models) = places.first(where: { !$0.1.isEmpty }) {
    let place = folder == "." ? "the current directory" : folder
    sentences.append(" Models in \(place): \(models.prefix(8).joined(separator: ", ")).")
  }
  if !installed.isEmpty {
    sentences.append(" Installed models: \(installed.prefix(8).joined(separator: ", ")).")
  }
  return sentences.isEmpty ? " Train one with geul train." : sentences.joined()
}

/// Returns the names of the model files and run directories in a directory, in ascending order.
private func models(in folder: String) -> [String] {
  let names = ((try? FileSystem.names(in: folder)) ?? []).filter { !$0.hasPrefix(".") }
  return names.filter { isModel("\(folder)/\($0)") }.sorted()
}

/// Returns true for the path of a model file or of a run directory with a model.
private func isModel(_ path: String) -> Bool {
  path.hasSuffix(".safetensors") || FileSystem.exists("\(path)/best.safetensors")
}

/// Returns the name of a model: that of its run directory, or that of its file without the extension.
package func modelName(of argument: String) -> String {
  var path = argument
  while path.hasSuffix("/"), path != "/" { path.removeLast() }
  let isCheckpoint = ["best.safetensors", "latest.safetensors"].contains(
    FileSystem.name(of: path))
  let folder = FileSystem.folder(of: path)
  if isCheckpoint, !folder.isEmpty { path = folder }
  return FileSystem.isFolder(path) ? FileSystem.name(of: path) : FileSystem.stem(of: path)
}
