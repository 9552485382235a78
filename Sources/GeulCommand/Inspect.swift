import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// `geul inspect`: shows the contents of a model file.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show a model's network, vocabulary and training.")

  @OptionGroup var model: ModelArgument
  @Flag(help: "Print the result as one JSON object.")
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
    let list: List?
    let labels: [String]?
    let ngrams: NGrams?
    let tensors: [Tensor]

    /// The n-grams that are mixed with the network.
    struct NGrams: Encodable {
      let order: Int
      let count: Int
      let bytes: Int
    }

    /// The list that the model was trained on.
    struct List: Encodable {
      let items: Int
      let differentItems: Int
    }

    struct Tensor: Encodable {
      let name: String
      let shape: [Int]
    }
  }

  func run() throws {
    let model = try model.load()
    let metadata = model.metadata
    let description = Description(
      cell: metadata.architecture.cell.rawValue, layers: metadata.architecture.layers,
      hidden: metadata.architecture.hidden,
      parameters: model.network.layout.parameterCount, unit: metadata.tokenizer.unit.rawValue,
      normalization: metadata.tokenizer.normalization.rawValue, icu: metadata.tokenizer.icu,
      vocabulary: metadata.vocabulary.tokens, training: metadata.training,
      list: metadata.list.map { .init(items: $0.count, differentItems: $0.items.count) },
      labels: metadata.vocabulary.labels?.names,
      ngrams: model.ngrams.map {
        .init(order: $0.model.order, count: $0.model.count, bytes: $0.model.byteCount)
      },
      tensors: model.network.tensorShapes.map { .init(name: $0.name, shape: $0.shape) })
    guard !json else { return try Output.json(description) }

    var lines = [
      "cell         \(description.cell), \(quantity(description.layers, "layer")) of \(description.hidden) hidden units",
      "parameters   \(description.parameters)",
      "tokenizer    \(description.unit), \(description.normalization), ICU \(description.icu)",
      "vocabulary   \(quantity(metadata.vocabulary.count, "token")): \(printable(textTokens(of: metadata.vocabulary).prefix(60)))",
    ]
    if let training = metadata.training {
      lines.append(
        "training     \(quantity(training.step, "step")), \(epochs(training.epochs)) epochs, corpus hash \(training.corpusHash)"
      )
      if let nats = training.validationNats {
        let bits = training.validationBitsPerByte.map { ", \(number($0, 4)) bits/byte" } ?? ""
        lines.append(
          "validation   \(number(nats, 4)) nats/\(metadata.tokenizer.unit.shortName)\(bits)")
      }
    }
    if let list = description.list {
      lines.append(
        "list         \(quantity(list.items, "item")), \(list.differentItems) of them different")
    }
    if let labels = description.labels {
      lines.append("labels       \(labels.joined(separator: ", "))")
    }
    if let ngrams = description.ngrams {
      lines.append(
        "n-grams      \(ngrams.count) of 1 to \(ngrams.order) tokens, \(number(Double(ngrams.bytes) / 1e6, 1)) MB"
      )
    }
    let width = description.tensors.map(\.name.count).max() ?? 0
    for tensor in description.tensors {
      let space = String(repeating: " ", count: width + 2 - tensor.name.count)
      lines.append("  \(tensor.name)\(space)\(tensor.shape)")
    }
    try Output.text(lines.joined(separator: "\n") + "\n")
  }

  /// Returns the tokens of a vocabulary without those of labels.
  private func textTokens(of vocabulary: Vocabulary) -> [String] {
    vocabulary.tokens.enumerated().filter { vocabulary.labels?.ids.contains($0.offset) != true }
      .map(\.element)
  }

  /// Joins tokens with spaces; control characters are escaped.
  private func printable(_ tokens: ArraySlice<String>) -> String {
    tokens.map { token in
      token.unicodeScalars.contains { $0.properties.generalCategory == .control }
        ? token.debugDescription.dropFirst().dropLast() + "" : token
    }.joined(separator: " ")
  }
}
