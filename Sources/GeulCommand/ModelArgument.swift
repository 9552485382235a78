import ArgumentParser
import Foundation
import Geul

/// A model on the command line: a file, or the folder of a run, whose best model is meant.
struct ModelArgument: ParsableArguments {
  @Argument(help: "A model's file, or the folder of a run (its best model).")
  var model: String

  /// Reads the model.
  func load() throws -> Model { try loadModel(model) }
}

/// Reads a model's file, or the best model of a run's folder.
func loadModel(_ path: String) throws -> Model {
  var isFolder: ObjCBool = false
  guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw CommandError("\(path): there is no such model.\(suggestion(beside: path))")
  }
  guard isFolder.boolValue else { return try Model(contentsOf: path) }
  let folder = RunFolder(path)
  let files = [folder.best, folder.latest].filter {
    FileManager.default.fileExists(atPath: $0.path)
  }
  guard let file = files.first else {
    throw CommandError("\(path): this folder holds no best.safetensors.\(suggestion(beside: path))")
  }
  let newest = try file.newestIntact { (path) throws(FormatError) in try Model(contentsOf: path) }
  if let notice = newest.notice { Output.note(notice) }
  return newest.value
}

/// Refuses int8 for a model whose states are not from -1 to 1, as whole numbers of 1/8,192 must be.
func check(_ precision: Precision, for model: Model) throws {
  guard precision == .int8, model.metadata.model.activation == .relu else { return }
  throw CommandError(
    "--precision int8 needs states from -1 to 1, and those of relu have no bound. Choose float32 or bfloat16."
  )
}

/// The models in a folder that is none itself, or beside the one that is not there.
private func suggestion(beside path: String) -> String {
  let parent = URL(filePath: path).deletingLastPathComponent().path
  for folder in [path, parent, "checkpoints"] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let models = names.filter {
      $0.hasSuffix(".safetensors")
        || FileManager.default.fileExists(atPath: "\(folder)/\($0)/best.safetensors")
    }
    if !models.isEmpty {
      return " In \(folder) there are: \(models.sorted().prefix(8).joined(separator: ", "))."
    }
  }
  return " Train one with geul train."
}
