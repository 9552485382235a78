import ArgumentParser
import Geul
import GeulCommandSupport

/// A model argument: a model file, or a run directory, which stands for its best model.
struct ModelArgument: ParsableArguments {
  @Argument(help: "Model file, or run directory (its best model).")
  var model: String

  /// Loads the model.
  func load() throws -> Model { try loadModel(model) }
}
