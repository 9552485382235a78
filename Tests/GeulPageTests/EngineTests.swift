import Foundation
import GeulCompute
import GeulGeneration
import GeulInsight
import GeulModel
import GeulPage
import GeulStorage
import GeulText
import TestSupport
import Testing

/// Tests of the page's JavaScript engine, in Node.js, against this library.
///
/// The comparisons run over `EngineFixture.all`, which are written to a temporary folder, or to the folder of the
/// environment variable `GEUL_PAGE_FIXTURES`, so that the same comparison can run in a browser.
@Suite(.enabled(if: Program("node") != nil, "NOT TESTED: Node.js is not installed"), .serialized)
struct EngineTests {
  private static let scripts = Folder(
    existing: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scripts").path)

  @Test func `the engine computes what the library computes`() throws {
    let folder = try EngineFixture.folder()
    for fixture in EngineFixture.all { try fixture.write(to: folder) }
    let (status, output) = try #require(Program("node")).run([
      Self.scripts.file("compare.mjs"), folder.path,
    ])
    #expect(status == 0, "\(output)")
    #expect(
      output.split(separator: "\n").count { $0.hasSuffix(": equal") } == EngineFixture.all.count)
  }

  @Test func `the unit tests of the engine pass`() throws {
    let names = Self.scripts.names().filter { $0.hasSuffix(".test.mjs") }
    #expect(!names.isEmpty)
    let (status, output) = try #require(Program("node")).run(
      ["--test"] + names.map(Self.scripts.file))
    #expect(status == 0, "\(output)")
  }
}

/// A model, and what it computes for a text.
private struct EngineFixture: Sendable {
  let name: String
  /// The text whose tokens and probabilities are compared; its start is the prompt of generated texts.
  let text: String
  let makeModel: @Sendable () throws -> Model
  /// Indicates whether the matrices are stored as int8, as in the pages of large models.
  let isQuantized: Bool
  let sampling: SamplingOptions
  let stops: [String]

  static func folder() throws -> Folder {
    guard let path = ProcessInfo.processInfo.environment["GEUL_PAGE_FIXTURES"] else {
      return try Folder()
    }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return Folder(existing: path)
  }

  /// The shapes of networks and the normal forms of their texts.
  private static let networks: [(Architecture, NormalForm)] = [
    (Architecture(cell: .lstm, layers: 2, hidden: 32), .nfc),
    (Architecture(cell: .gru, layers: 2, hidden: 24), .nfd),
    (Architecture(cell: .rnn, layers: 3, hidden: 48), .nfkc),
  ]
  private static let relu = Architecture(cell: .rnn, layers: 2, hidden: 37, activation: .relu)

  private static let samplings = [
    SamplingOptions(temperature: 1.3),
    SamplingOptions(temperature: 1, topK: 9, repeatPenalty: 1.3, repeatLastN: 20),
    SamplingOptions(temperature: 1.5, topP: 0.9),
    SamplingOptions(temperature: 0.9, topK: 30, topP: 0.95, minP: 0.02, repeatPenalty: 1.1),
  ]

  /// Each kind of cell with each token unit and each corpus, ReLU, and both trained models, also as int8.
  static let all: [EngineFixture] =
    ["english", "korean"].flatMap { language in
      networks.flatMap { architecture, form in
        TokenUnit.allCases.map { fixture(language, architecture, $0, form) }
      } + [trained(language, isQuantized: false), trained(language, isQuantized: true)]
    } + [fixture("korean", relu, .jamo, .none)]

  /// Returns a fixture with random parameters; half of them have an unknown token.
  private static func fixture(
    _ language: String, _ architecture: Architecture, _ unit: TokenUnit, _ form: NormalForm
  ) -> EngineFixture {
    let text = corpus(language)
    let index = (TokenUnit.allCases.firstIndex(of: unit) ?? 0) + architecture.layers
    let minimumCount = index % 2 == 0 ? 1 : 3
    let activation = architecture.activation == .relu ? "-relu" : ""
    return EngineFixture(
      name: "\(language)-\(architecture.cell)\(activation)-\(unit)-\(form)-\(minimumCount)",
      text: text,
      makeModel: {
        try randomModel(
          architecture, Tokenizer(unit: unit, normalization: form), text,
          minimumCount: minimumCount)
      },
      isQuantized: false, sampling: samplings[index % samplings.count],
      // A stop string that does not occur, but whose start does, is held back and shown later.
      stops: index % 3 == 0 ? ["e☃", "다☃"] : [])
  }

  /// Returns a fixture of a model in checkpoints/.
  private static func trained(_ language: String, isQuantized: Bool) -> EngineFixture {
    EngineFixture(
      name: "\(language)-trained" + (isQuantized ? "-int8" : ""), text: corpus(language),
      makeModel: { try Model(contentsOf: project + "/checkpoints/\(language).safetensors") },
      isQuantized: isQuantized, sampling: SamplingOptions(), stops: ["\n\n"])
  }

  private static let project = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Returns the beginning of a corpus: 500 characters, or 2,000.
  private static func corpus(_ language: String) -> String {
    let text = Folder(existing: project).text("corpora/\(language).txt") ?? ""
    return String(text.dropFirst(3000).prefix(isThorough ? 2000 : 500))
  }

  /// Creates a model with random parameters and the vocabulary of a text.
  ///
  /// The recurrent matrices have a spectral radius of about 0.7, so that rounding errors decay. All other matrices are
  /// larger, so that predictions differ from token to token.
  private static func randomModel(
    _ architecture: Architecture, _ tokenizer: Tokenizer, _ text: String, minimumCount: Int
  ) throws -> Model {
    let corpus = try Corpus.read(
      [.text(text)], options: CorpusOptions(tokenizer: tokenizer, minimumCount: minimumCount))
    let unit = (3 / Float(architecture.hidden)).squareRoot()
    return TestSupport.randomModel(architecture, of: corpus, seed: 5) { name, shape in
      if name.hasSuffix("weight_ih_l0") {
        2
      } else if shape.count == 1 {
        0.5
      } else {
        unit * (name.hasPrefix("decoder") ? 10 : name.contains("weight_hh") ? 0.7 : 2)
      }
    }
  }

  /// The contents of the JSON file of a fixture, which compare.mjs reads.
  private struct Expectation: Encodable {
    struct Greedy: Encodable { let prompt, text: String }
    struct Sampled: Encodable {
      let prompt: String
      let seed: UInt64
      let sample: Int
      let options: SamplingOptions
      let stops: [String]
      let text, ending: String
    }
    struct Unknown: Encodable {
      let prompt: String
      let ids: [Int]
      let substitutions: [Substitution]
    }
    struct Substitution: Encodable {
      let position: Int
      let token, outcome: String
      let replacement: String?

      init(_ substitution: PromptEncoding.Substitution) {
        position = substitution.position
        token = substitution.token
        replacement = substitution.replacement
        outcome =
          switch substitution.outcome {
          case .replaced: "replaced"
          case .unknown: "unknown"
          case .skipped: "skipped"
          }
      }
    }

    let text: String
    let ids: [Int]
    /// The probability of each token but the first, given the ones before.
    let probabilities: [Float]
    let greedy: Greedy
    let sampled: Sampled
    let unknown: Unknown
  }

  /// Characters with other forms, and some that are in no vocabulary of a corpus.
  private static let unusual =
    "가각갂ᄀ\u{1161}\u{11A8}\u{1112}\u{1161}ㄱㅏ힣\u{D7B0}Ａｚ１漢字\r\n\r\n\ré\u{E9}e\u{301}ﬁ½ßİΣς"
    + "👨‍👩‍👧🇰🇷👍🏽\u{0}\u{3000}！，。ﾊﾞ“’…abcXYZ0189%@~ \u{FEFF}\u{FFFD}"

  /// Writes NAME.safetensors and NAME.json.
  func write(to folder: Folder) throws {
    let original = try makeModel()
    let quantized = isQuantized ? QuantizedModel(original) : nil
    let model = quantized?.dequantized ?? original
    let (tokenizer, vocabulary) = (model.metadata.tokenizer, model.metadata.vocabulary)
    let encoding = tokenizer.encodePrompt(text, vocabulary: vocabulary)
    let unknown = tokenizer.encodePrompt(Self.unusual, vocabulary: vocabulary)
    let generator = Generator(
      model, context: ComputeContext(Kernels(InstructionSet.available.last ?? .portable)))
    let prompt = String(text.prefix(41))
    func generate(
      _ sampling: SamplingOptions, samples: Int, stops: [String]
    ) throws -> (text: String, ending: Generator.Ending) {
      let request = Generator.Request(
        prompt: tokenizer.encodePrompt(prompt, vocabulary: vocabulary).ids, length: 500,
        sampling: sampling, seed: 0x1_0000_0007, samples: samples, stops: stops)
      return try generator.texts(request)[samples - 1]
    }
    let sampled = try generate(sampling, samples: 2, stops: stops)
    let expectation = Expectation(
      text: text, ids: encoding.ids, probabilities: Self.probabilities(encoding.ids, by: model),
      greedy: .init(
        prompt: prompt,
        text: try generate(SamplingOptions(temperature: 0), samples: 1, stops: []).text),
      sampled: .init(
        prompt: prompt, seed: 0x1_0000_0007, sample: 1, options: sampling, stops: stops,
        text: sampled.text, ending: sampled.ending.rawValue),
      unknown: .init(
        prompt: Self.unusual, ids: unknown.ids,
        substitutions: unknown.substitutions.map { .init($0) }))
    try (quantized?.safetensors ?? model.safetensors).write(
      to: AtomicFile(folder.file("\(name).safetensors")), keepingPrevious: false)
    try folder.write(JSONEncoder().encode(expectation), to: "\(name).json")
  }

  private static func probabilities(_ ids: [Int], by model: Model) -> [Float] {
    let network = InstrumentedNetwork(model)
    var state = network.initialState
    return zip(ids, ids.dropFirst()).map { id, next in
      state = network.step(id, from: state)
      return network.probabilities(after: state)[next]
    }
  }
}
