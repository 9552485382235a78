package import Geul

/// Loads a model file, or the best model of a run directory.
package func loadModel(_ argument: String) throws -> Model {
  let path = existing(argument)
  guard FileSystem.exists(path) else {
    throw CommandError("\(path): no such model.\(suggestion(near: path))")
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
    throw CommandError("\(path): the directory has no best.safetensors.\(suggestion(near: path))")
  }
  if let notice = newest.notice { Output.note(notice) }
  return newest.value
}

/// Throws if the precision is int8 and the model's activation is relu: int8 quantizes states from -1 to 1.
package func check(_ precision: Precision, for model: Model) throws {
  guard precision == .int8, model.metadata.architecture.activation == .relu else { return }
  throw CommandError(
    "--precision int8 needs states from -1 to 1, and relu states are unbounded. Choose float32 or bfloat16."
  )
}

/// Returns a sentence that lists the models in the directory, in its parent directory, or in checkpoints.
private func suggestion(near path: String) -> String {
  let parent = FileSystem.folder(of: path)
  for folder in [path, parent.isEmpty ? "." : parent, "checkpoints"] {
    let names = ((try? FileSystem.names(in: folder)) ?? []).filter { !$0.hasPrefix(".") }
    let models = names.filter {
      $0.hasSuffix(".safetensors")
        || FileSystem.exists("\(folder)/\($0)/best.safetensors")
    }
    if !models.isEmpty {
      let place = folder == "." ? "the current directory" : folder
      return " Models in \(place): \(models.sorted().prefix(8).joined(separator: ", "))."
    }
  }
  return " Train one with geul train."
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
