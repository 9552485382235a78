import Geul
import GeulCharts
import GeulCommandSupport

/// The measures of generated texts that `geul generate --report` prints.
struct GenerationReport {
  /// The texts of one temperature.
  struct Group {
    let temperature: Double
    var texts: [(prompt: String, text: String)] = []
  }

  let model: Model
  /// The id of the token of the texts' label; nil for none.
  let label: Int?
  /// The training text; nil if it is not known.
  let comparison: TrainingComparison?
  /// The number of characters of a text that are measured.
  let maximumLength: Int
  private var groups: [Group] = []
  /// Indicates whether there is no text to measure.
  var isEmpty: Bool { groups.isEmpty }

  init(model: Model, label: Int?, comparison: TrainingComparison?, maximumLength: Int) {
    (self.model, self.label) = (model, label)
    (self.comparison, self.maximumLength) = (comparison, maximumLength)
  }

  /// Adds a text that was generated after a prompt.
  mutating func add(_ text: String, after prompt: String, temperature: Double) {
    let measured =
      maximumLength == .max ? text : TextMeasures.prefix(of: text, maximumLength)
    if !groups.contains(where: { $0.temperature == temperature }) {
      groups.append(Group(temperature: temperature))
    }
    for index in groups.indices where groups[index].temperature == temperature {
      groups[index].texts.append((prompt, measured))
    }
  }

  /// Adds the texts of a set.
  mutating func add(_ texts: [Generator.Text], of set: TextSet) {
    for text in texts { add(text.text, after: set.prompt, temperature: set.temperature) }
  }

  /// Measures the texts.
  func measures(precision: Precision, context: ComputeContext) throws -> GenerationMeasures {
    let evaluator = Evaluator(model, precision: precision, context: context)
    let lengths = groups.first?.texts.map { TextMeasures.characters(of: $0.text).count } ?? []
    let parts = comparison?.heldOutTexts(ofLengths: lengths) ?? []
    // All texts together: the training text is sorted once.
    var rest = try TextMeasures.each(
      of: groups.flatMap { $0.texts.map(\.text) } + parts, reference: comparison?.reference)[...]
    let measured = groups.map { group in
      defer { rest = rest.dropFirst(group.texts.count) }
      return GenerationMeasures.Group(
        temperature: group.temperature, texts: Array(rest.prefix(group.texts.count)),
        surprisal: TextSurprisal(
          pooling: group.texts.map {
            evaluator.surprisal(at: $0.text, after: $0.prompt, by: model.metadata, label: label)
          }))
    }
    let whole = measured.map(\.surprisal.whole).first { $0.characters > 0 && $0.tokens > 0 }
    let tokensPerCharacter =
      comparison?.tokensPerCharacter
      ?? whole.map { Double($0.tokens) / Double($0.characters) }
    return GenerationMeasures(
      groups: measured, heldOut: Array(rest),
      isTrainingText: comparison?.isTrainingText,
      validationNatsPerToken: model.metadata.training?.validationNats,
      tokensPerCharacter: tokensPerCharacter)
  }
}

/// The results of a report.
struct GenerationMeasures {
  /// The measures of the texts of one temperature.
  struct Group {
    let temperature: Double
    let texts: [TextMeasures]
    let surprisal: TextSurprisal
  }

  let groups: [Group]
  /// The measures of parts of the held-out text that are as long as the generated texts; empty if it is not known.
  let heldOut: [TextMeasures]
  /// Indicates whether the texts were compared with the training text; nil if they were compared with none.
  let isTrainingText: Bool?
  /// The validation loss; nil if nothing was held out.
  let validationNatsPerToken: Double?
  /// The number of tokens of a character.
  let tokensPerCharacter: Double?

  /// The validation loss in nats per character.
  var validationNatsPerCharacter: Double? {
    guard let validationNatsPerToken, let tokensPerCharacter else { return nil }
    return validationNatsPerToken * tokensPerCharacter
  }
}
