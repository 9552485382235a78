import ArgumentParser
import Geul
import GeulCommandSupport

/// Options of fine-tuning, which starts from the parameters of a trained model.
struct FineTuningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fine-tuning: start from this model or run; new characters are added.", valueName: "model"),
    completion: .file())
  var initFrom: String?
  @Option(
    help: .advanced(
      "Fine-tuning: do not train the first n layers, except the embedding table.", valueName: "n"))
  var freezeLayers = 0

  func validate() throws {
    try check("--freeze-layers", freezeLayers, in: 0...64)
    guard initFrom == nil || initFrom == "scratch", freezeLayers > 0 else { return }
    throw ValidationError("--freeze-layers needs --init-from MODEL: new layers must be trained.")
  }

  /// Loads the model to start from; nil for new parameters, as also with nanoGPT's `--init-from scratch`.
  func load() throws -> InitialModel? {
    guard let initFrom, initFrom != "scratch" else { return nil }
    if initFrom == "resume", !FileSystem.exists(initFrom) {
      throw ValidationError("--init-from resume is not supported: \(ForeignOptions.newRun)")
    }
    let model = try loadModel(initFrom)
    let layers = model.metadata.architecture.layers
    guard freezeLayers <= layers else {
      throw ValidationError(
        "--freeze-layers \(freezeLayers): \(initFrom) has \(quantity(layers, "layer")).")
    }
    return InitialModel(path: initFrom, model: model)
  }
}
