import Foundation
import GeulCompute
import GeulGeneration
import GeulModel
import GeulText
import TestSupport
import Testing

/// The log-probabilities of generated tokens and of prompts, compared with `ReferenceNetwork`.
struct SequenceScoreTests {
  /// Runs one request until it ends, and joins its events.
  static func run(
    _ request: SequenceRequest, _ engine: inout GenerationEngine
  ) throws -> (text: String, scores: [TokenScore], prompt: [TokenScore]?, state: SequenceState?) {
    let id = try engine.admit(request)
    var isRunning = true
    var result: (String, [TokenScore], [TokenScore]?, SequenceState?) = ("", [], nil, nil)
    while isRunning {
      for event in engine.step() where event.id == id {
        result.0 += event.text
        result.1 += event.scores
        if let scores = event.promptScores { result.2 = scores }
        result.3 = event.state
        isRunning = event.ending == nil
      }
    }
    return result
  }

  /// Computes the logits after each token by reading the tokens one at a time.
  static func logits(_ tokens: [Int], _ model: Model) -> [[Double]] {
    var reader = NetworkReader(model, context: ComputeContext(Kernels(.portable)))
    return tokens.map { reader.read($0).map(Double.init) }
  }

  static func logSoftmax(_ logits: [Double]) -> [Double] {
    let sum = log(logits.reduce(0) { $0 + exp($1) })
    return logits.map { $0 - sum }
  }

  @Test(arguments: [CellKind.lstm, .gru, .rnn])
  func `prompts and generated tokens have the log-probabilities of the model`(
    cell: CellKind
  ) throws {
    let fixture = try GenerationFixture(cell)
    var random = SeededGenerator(seed: 8)
    var engine = fixture.engine(capacity: 3)
    let prompt = fixture.prompt(150, &random)
    var request = SequenceRequest(
      prompt: prompt, length: 20, sampling: SamplingOptions(temperature: 1.3, topK: 5), seed: 3)
    let plain = try Self.run(request, &engine)
    #expect(plain.scores.isEmpty && plain.prompt == nil && plain.state == nil)
    (request.alternatives, request.scoresPrompt) = (4, true)
    let scored = try Self.run(request, &engine)
    #expect(scored.text == plain.text)

    let generated = scored.scores.map(\.id)
    #expect(generated.count == 20)
    let all = prompt + generated
    let expected = Self.logits(all, fixture.model).map(Self.logSoftmax)
    let scores = (scored.prompt ?? []) + scored.scores
    #expect(scores.map(\.id) == all)
    #expect(scores.first?.logProbability == nil && scores.first?.alternatives == [])
    for (position, score) in scores.enumerated().dropFirst() {
      let predicted = expected[position - 1]
      // Both sums have 24 terms in float64; their rounding errors are below 1e-13 of values near 3.
      #expect(abs(try #require(score.logProbability) - predicted[score.id]) < 1e-11)
      let order = predicted.indices.sorted { (-predicted[$0], $0) < (-predicted[$1], $1) }
      #expect(score.alternatives.map(\.id) == Array(order.prefix(4)), "position \(position)")
      for alternative in score.alternatives {
        #expect(abs(alternative.logProbability - predicted[alternative.id]) < 1e-11)
      }
    }
  }

  @Test func `a request without tokens to generate scores its prompt`() throws {
    let fixture = try GenerationFixture()
    var engine = fixture.engine(capacity: 2)
    var request = SequenceRequest(prompt: [5, 6, 7], length: 0)
    (request.alternatives, request.scoresPrompt) = (0, true)
    // Twice: the state of the prompt must not be taken from the cache.
    for _ in 0..<2 {
      let result = try Self.run(request, &engine)
      #expect(result.text == "" && result.scores.isEmpty)
      #expect(result.prompt?.map(\.id) == [5, 6, 7])
      #expect(result.prompt?.map { $0.logProbability == nil } == [true, false, false])
    }
    request.prompt = []
    #expect(try Self.run(request, &engine).prompt == nil)
  }

  @Test func `scores of tokens come with their text, and not those after a stop string`() throws {
    let fixture = try GenerationFixture()
    var engine = fixture.engine(capacity: 1)
    var request = SequenceRequest(prompt: [3], length: 60, seed: 5)
    request.alternatives = 0
    let whole = try Self.run(request, &engine)
    let stop = String(whole.text.dropFirst(20).prefix(3))
    request.stops = [stop]
    _ = try engine.admit(request)
    var (text, scores): (String, [TokenScore]) = ("", [])
    while !engine.isIdle {
      for event in engine.step() {
        text += event.text
        scores += event.scores
        // Each token of this model is one code point.
        #expect(scores.count == text.unicodeScalars.count)
      }
    }
    #expect(whole.text.hasPrefix(text) && text.count <= 20 && !text.isEmpty)
    #expect(scores.map(\.offset) == Array(0..<scores.count))
  }

  /// A token that begins or continues a syllable or a code point has the position of that character.
  @Test(arguments: [(TokenUnit.jamo, "한글 가나다"), (.byte, "é한a글")])
  func `the position of a part of a character is that of the character`(
    unit: TokenUnit, text: String
  ) throws {
    let corpus = try Corpus.read(
      [.text(text)], options: CorpusOptions(tokenizer: Tokenizer(unit: unit)))
    let model = try randomModel(.lstm, of: corpus)
    let ids = corpus.tokenizer.encodePrompt(text, vocabulary: corpus.vocabulary).ids
    var engine = GenerationEngine(model, capacity: 1, context: ComputeContext(Kernels(.portable)))
    var request = SequenceRequest(prompt: ids, length: 0)
    (request.alternatives, request.scoresPrompt) = (0, true)
    let offsets = try Self.run(request, &engine).prompt?.map(\.offset)
    let expected = text.unicodeScalars.enumerated().flatMap { index, scalar in
      Array(
        repeating: index,
        count: corpus.tokenizer.encodePrompt(String(scalar), vocabulary: corpus.vocabulary).ids
          .count)
    }
    #expect(offsets == expected)
  }
}
