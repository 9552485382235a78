import GeulCompute
import GeulGeneration
import GeulModel
import GeulText
import TestSupport

/// A small model with random parameters, and random requests for it.
struct GenerationFixture: Sendable {
  var model: Model

  init(_ cell: CellKind = .lstm, hidden: Int = 24) throws {
    let tokens = ["\n", " "] + "abcdefghijklmnop글쓰기한국어".map(String.init)
    let architecture = Architecture(cell: cell, layers: 2, hidden: hidden)
    let network = Network(architecture, vocabulary: tokens.count)
    var random = SeededGenerator(seed: 3)
    let tensors = network.tensorShapes.map { name, shape in
      NamedTensor(name: name, shape: shape, values: random.floats(shape.reduce(1, *), 0.7))
    }
    model = Model(
      Model.Metadata(
        architecture: architecture, tokenizer: Tokenizer(),
        vocabulary: try Vocabulary(tokens: tokens, unknownID: nil)),
      parameters: network.parameters(from: tensors))
  }

  func engine(
    _ precision: Precision = .float32, capacity: Int, threads: Int = 2, cacheBytes: Int = 1 << 24
  ) -> GenerationEngine {
    GenerationEngine(
      model, precision: precision, capacity: capacity, cacheBytes: cacheBytes,
      context: ComputeContext(
        Kernels(InstructionSet.available.last ?? .portable), threads: threads))
  }

  func prompt(_ count: Int, _ random: inout SeededGenerator) -> [Int] {
    (0..<count).map { _ in Int.random(in: 0..<model.network.vocabulary, using: &random) }
  }

  func request(_ random: inout SeededGenerator) -> SequenceRequest {
    let options: [SamplingOptions] = [
      SamplingOptions(), SamplingOptions(temperature: 0),
      SamplingOptions(temperature: 1.5, topK: 9, repeatPenalty: 1.3, repeatLastN: 20),
      SamplingOptions(
        temperature: 1, topP: 0.9, minP: 0.02, presencePenalty: 0.5, frequencyPenalty: 0.25,
        logitBias: [1: -100, 2: 1.5]),
      SamplingOptions(
        temperature: 1.2, repeatPenalty: 1.1, topNSigma: 1.5, typicalP: 0.9, dryMultiplier: 0.8,
        dryAllowedLength: 2, dryLastN: 100, dynatempRange: 0.4),
      SamplingOptions(temperature: 1, mirostat: 2, mirostatTau: 2, mirostatEta: 0.4),
    ]
    // Some prompts are longer than a chunk, and some occur again and are cached.
    let count = [0, 1, 2, 7, 64, 65, 66, 150].randomElement(using: &random) ?? 0
    var promptRandom = SeededGenerator(seed: UInt64.random(in: 0..<3, using: &random))
    return SequenceRequest(
      prompt: prompt(count, &promptRandom), length: Int.random(in: 0...40, using: &random),
      sampling: options.randomElement(using: &random) ?? SamplingOptions(),
      seed: UInt64.random(in: 0..<4, using: &random),
      sampleIndex: Int.random(in: 0..<3, using: &random),
      stops: Bool.random(using: &random) ? [] : ["글", "ab", "\n "])
  }
}
