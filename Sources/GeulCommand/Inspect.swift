import ArgumentParser
import Foundation
import Geul

/// `geul inspect`: what is in a model.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what is in a model: shape, tokenizer, vocabulary, training, tensors.")

  @OptionGroup var model: ModelArgument
  @Flag(help: "Print one JSON object.")
  var json = false

  private struct Description: Encodable {
    let cell: String
    let layers: Int
    let hidden: Int
    let parameters: Int
    let unit: String
    let normalization: String
    let icu: String
    let vocabulary: [String]
    let training: Model.Metadata.Training?
    let tensors: [Tensor]

    struct Tensor: Encodable {
      let name: String
      let shape: [Int]
    }
  }

  func run() throws {
    let model = try model.load()
    let metadata = model.metadata
    let description = Description(
      cell: metadata.model.cell.rawValue, layers: metadata.model.layers,
      hidden: metadata.model.hidden,
      parameters: model.network.layout.parameterCount, unit: metadata.tokenizer.unit.rawValue,
      normalization: metadata.tokenizer.normalization.rawValue, icu: metadata.tokenizer.icu,
      vocabulary: metadata.vocabulary.tokens, training: metadata.training,
      tensors: model.network.tensorShapes.map { .init(name: $0.name, shape: $0.shape) })
    guard !json else { return try Output.json(description) }

    var lines = [
      "cell         \(description.cell), \(counted(description.layers, "layer")) of \(description.hidden) units",
      "parameters   \(description.parameters)",
      "tokenizer    \(description.unit), \(description.normalization), ICU \(description.icu)",
      "vocabulary   \(metadata.vocabulary.count) units: \(shown(metadata.vocabulary.tokens.prefix(60)))",
    ]
    if let training = metadata.training {
      lines.append(
        "training     \(training.step) steps, \(number(training.epochs, 2)) times through text \(training.corpusHash)"
      )
      if let nats = training.validationNats {
        lines.append("held out     \(number(nats, 4)) nats a unit")
      }
    }
    let width = description.tensors.map(\.name.count).max() ?? 0
    for tensor in description.tensors {
      let name = tensor.name.padding(toLength: width + 2, withPad: " ", startingAt: 0)
      lines.append("  \(name)\(tensor.shape)")
    }
    try Output.text(lines.joined(separator: "\n") + "\n")
  }

  /// Units in a row, control characters as escapes.
  private func shown(_ units: ArraySlice<String>) -> String {
    units.map { unit in
      unit.unicodeScalars.contains { $0.properties.generalCategory == .control }
        ? unit.debugDescription.dropFirst().dropLast() + "" : unit
    }.joined(separator: " ")
  }
}
