import GeulCompute
import GeulGeneration
import GeulModel
import GeulNGrams
import GeulText
import TestSupport
import Testing

/// Generation with a model that mixes its network with n-grams.
struct NGramGenerationTests {
  static func fixture() throws -> GenerationFixture {
    var fixture = try GenerationFixture()
    let vocabulary = fixture.model.network.vocabulary
    var random = SeededGenerator(seed: 6)
    let words = (0..<12).map { _ in fixture.prompt(Int.random(in: 2...5, using: &random), &random) }
    let text = (0..<300).flatMap { _ in words.randomElement(using: &random) ?? [] }.map(Int32.init)
    let model = NGramModel(text, vocabulary: vocabulary, order: 6)
    let count = NGramMixture.weightShape(order: 6).reduce(1, *)
    fixture.model.ngrams = NGramMixture(
      model, networkWeights: (0..<count).map { 0.2 + 0.6 * Double($0) / Double(count) })
    return fixture
  }

  /// The most likely tokens after a prompt, from the network's logits and the mixture, without the engine.
  static func greedyTokens(_ model: Model, after prompt: [Int], count: Int) throws -> [Int] {
    let context = ComputeContext(Kernels(InstructionSet.available.last ?? .portable))
    var reader = NetworkReader(model, context: context)
    var predictor = try #require(model.ngrams).makePredictor(kernels: context.kernels)
    var logits: [Float] = []
    func read(_ id: Int) {
      logits = reader.read(id)
      predictor.read(Int32(id))
    }
    for id in prompt { read(id) }
    return (0..<count).map { _ in
      let probabilities = predictor.probabilities(logits)
      let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
      read(best)
      return best
    }
  }

  static func text(_ request: SequenceRequest, _ engine: inout GenerationEngine) throws -> String {
    let id = try engine.admit(request)
    var text = ""
    while !engine.isIdle { for event in engine.step() where event.id == id { text += event.text } }
    return text
  }

  @Test func `the text follows the mixture's probabilities`() throws {
    let fixture = try Self.fixture()
    let tokens = fixture.model.metadata.vocabulary.tokens
    var random = SeededGenerator(seed: 2)
    var differs = false
    for count in [1, 5, 90] {
      let prompt = fixture.prompt(count, &random)
      let request = SequenceRequest(
        prompt: prompt, length: 60, sampling: SamplingOptions(temperature: 0))
      var engine = fixture.engine(capacity: 1)
      let expected = try Self.greedyTokens(fixture.model, after: prompt, count: 60)
      #expect(try Self.text(request, &engine) == expected.map { tokens[$0] }.joined())
      var alone = fixture
      alone.model.ngrams = nil
      var network = alone.engine(capacity: 1)
      if try Self.text(request, &network) != expected.map({ tokens[$0] }).joined() {
        differs = true
      }
    }
    #expect(differs)
  }

  @Test func `a session continues with the n-grams of its last tokens`() throws {
    let fixture = try Self.fixture()
    var random = SeededGenerator(seed: 5)
    let prompt = fixture.prompt(20, &random)
    let sampling = SamplingOptions(temperature: 0)
    var engine = fixture.engine(capacity: 2)
    let whole = try Self.text(
      SequenceRequest(prompt: prompt, length: 50, sampling: sampling), &engine)
    var first = SequenceRequest(prompt: prompt, length: 20, sampling: sampling)
    first.keepsState = true
    _ = try engine.admit(first)
    var (text, state): (String, SequenceState?) = ("", nil)
    while !engine.isIdle {
      for event in engine.step() { (text, state) = (text + event.text, event.state ?? state) }
    }
    #expect(state != nil)
    var second = SequenceRequest(prompt: [], length: 30, sampling: sampling)
    second.session = state
    text += try Self.text(second, &engine)
    #expect(text == whole)
  }

  @Test func `scores of a prompt and of generated tokens are those of the mixture`() throws {
    let fixture = try Self.fixture()
    var random = SeededGenerator(seed: 8)
    let prompt = fixture.prompt(70, &random)
    var request = SequenceRequest(prompt: prompt, length: 5, sampling: SamplingOptions(), seed: 3)
    (request.alternatives, request.scoresPrompt) = (0, true)
    var engine = fixture.engine(capacity: 1)
    _ = try engine.admit(request)
    var scores: [TokenScore] = []
    while !engine.isIdle {
      for event in engine.step() { scores += (event.promptScores ?? []) + event.scores }
    }
    let ids = scores.map(\.id)
    #expect(Array(ids.prefix(70)) == prompt && ids.count == 75)
    let context = ComputeContext(Kernels(InstructionSet.available.last ?? .portable))
    var reader = NetworkReader(fixture.model, context: context)
    var predictor = try #require(fixture.model.ngrams).makePredictor(kernels: context.kernels)
    var logits: [Float] = []
    for (index, id) in ids.enumerated() {
      if index > 0 {
        let expected = -predictor.nats(of: Int32(id), logits: logits)
        // The logits of the mixture are rounded to 24 bits; they are above -16.
        #expect(abs((scores[index].logProbability ?? 0) - expected) < 16 * 0x1p-24 * 2)
      }
      logits = reader.read(id)
      predictor.read(Int32(id))
    }
  }
}
