import ArgumentParser
import Geul
import GeulCommandSupport

/// The origin of the labels of `train`.
enum ContextLabel: String, ExpressibleByArgument, CaseIterable {
  case file, line

  /// The origin for the library.
  var origin: LabelRule.Origin { self == .file ? .file : .line }
}

/// The label of `generate`, `write` and `evaluate`.
struct LabelOptions: ParsableArguments {
  @Option(
    help: .advanced(
      "Label of the text, for a model that was trained with --context-label.", valueName: "name"))
  var label: String?

  /// Returns the id of the label's token; nil without a label.
  func id(in model: Model, path: String) throws -> Int? {
    guard let label else { return nil }
    guard let labels = model.metadata.vocabulary.labels else {
      throw CommandError(
        "\(path): the model has no labels, because it was not trained with --context-label. Leave out --label."
      )
    }
    guard let id = labels.id(of: label) else {
      throw CommandError("--label: \(UnknownLabel(label, labels.names))")
    }
    return id
  }
}
