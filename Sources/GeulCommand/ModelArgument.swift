import ArgumentParser
import Geul
import GeulCommandSupport

/// A model argument: a model file, a run directory, which stands for its best model, or the name of an installed model.
struct ModelArgument: ParsableArguments {
  @Argument(
    help: "Model file, run directory (its best model), or name of an installed model.",
    completion: .model)
  var model: String

  /// Loads the model.
  func load() throws -> Model { try loadModel(model) }
}
