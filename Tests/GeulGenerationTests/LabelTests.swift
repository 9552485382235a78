import GeulCompute
import GeulGeneration
import GeulModel
import GeulText
import TestSupport
import Testing

/// Generating with a label.
struct LabelTests {
  private static func model() throws -> Model {
    var options = CorpusOptions()
    options.labels = LabelRule(.line)
    let corpus = try Corpus.read([.text("강\tabc글\n산\tdef쓰\n")], options: options)
    return try randomModel(.lstm, of: corpus, hidden: 16)
  }

  private static func texts(
    _ model: Model, _ prompt: [Int], label: Int?, alternatives: Int? = nil
  ) throws -> [String] {
    let generator = Generator(
      model, context: ComputeContext(Kernels(InstructionSet.available.last ?? .portable)))
    let requests = (0..<8).map { index in
      var request = SequenceRequest(
        prompt: prompt, length: 80, sampling: SamplingOptions(temperature: 1.5), seed: 3,
        sampleIndex: index)
      request.label = label
      return request
    }
    var texts: [String] = []
    try generator.generate(requests) { _, text in
      texts.append(text.text)
      return true
    }
    return texts
  }

  /// A model that reads the token of a label for each line feed.
  private static func reading(_ label: Int, _ model: Model) throws -> Model {
    var model = model
    let labels = try #require(model.metadata.vocabulary.labels)
    let table = model.network.layers[0].input
    for gate in 0..<table.gates {
      for unit in 0..<table.units {
        model.parameters[table, labels.lineFeedID, gate, unit] =
          model.parameters[table, label, gate, unit]
      }
    }
    return model
  }

  @Test func `the label is read in place of each line feed, also before the prompt`() throws {
    let model = try Self.model()
    let labels = try #require(model.metadata.vocabulary.labels)
    let abc = model.metadata.tokenizer.encodePrompt("ab\nc", vocabulary: model.metadata.vocabulary)
      .ids
    var all: Set<[String]> = []
    for label in labels.ids {
      let other = try Self.reading(label, model)
      for prompt in [[], [labels.lineFeedID], abc] {
        let texts = try Self.texts(model, prompt, label: label)
        let start = prompt.first == labels.lineFeedID ? prompt : [labels.lineFeedID] + prompt
        #expect(try Self.texts(other, start, label: nil) == texts)
        #expect(texts.contains { $0.contains("\n") })
        if prompt == abc { all.insert(texts) }
      }
    }
    all.insert(try Self.texts(model, abc, label: nil))
    #expect(all.count == 3, "each label, and none, gives other texts")
  }

  @Test func `tokens of labels are not generated`() throws {
    let model = try Self.model()
    for label in [nil, model.metadata.vocabulary.labels?.ids.first] {
      let text = try Self.texts(model, [], label: label).joined()
      #expect(text.count > 500 && !text.contains("\0"))
      #expect(!text.contains { "강산".contains($0) })
    }
  }
}
