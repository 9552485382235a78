import ArgumentParser
import Foundation
import Geul

/// A model on the command line: a file, or the folder of a run, whose best model is meant.
struct ModelArgument: ParsableArguments {
  @Argument(help: "A model's file, or the folder of a run (its best model).")
  var model: String

  /// Reads the model.
  func load() throws -> Model {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: model, isDirectory: &isFolder) else {
      throw Failure("\(model): there is no such model.\(suggestion)")
    }
    guard isFolder.boolValue else { return try Model(contentsOf: model) }
    let folder = RunFolder(model)
    let files = [folder.best, folder.latest].filter {
      FileManager.default.fileExists(atPath: $0.path)
    }
    guard let file = files.first else {
      throw Failure("\(model): this folder holds no best.safetensors.\(suggestion)")
    }
    let newest = try file.newestWhole { (path) throws(FormatError) in try Model(contentsOf: path) }
    if let notice = newest.notice { Output.note(notice) }
    return newest.value
  }

  /// The models beside the one that is not there.
  private var suggestion: String {
    let parent = URL(filePath: model).deletingLastPathComponent().path
    for folder in [parent, "checkpoints"] {
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
}
