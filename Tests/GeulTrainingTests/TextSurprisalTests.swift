import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

struct TextSurprisalTests {
  /// Returns the evaluator of a model with random parameters, and its metadata.
  private static func evaluator(_ unit: TokenUnit) throws -> (Evaluator, Model.Metadata) {
    let corpus = try Corpus.read(
      [.text("옛날 어느 마을에 늙은 나무꾼이 살았다.\nabcdef")],
      options: CorpusOptions(tokenizer: Tokenizer(unit: unit)))
    let model = try randomModel(.gru, of: corpus, layers: 1, hidden: 8)
    let evaluator = Evaluator(
      model.network, parameters: model.parameters,
      context: ComputeContext(Kernels(.best), threads: 1))
    return (evaluator, model.metadata)
  }

  private static let text = String(repeating: "옛날 나무꾼이 마을에 살았다.\n", count: 160)

  @Test(arguments: [TokenUnit.grapheme, .codepoint, .jamo, .byte])
  func `the surprisal is the loss of the text after a line break or a prompt`(unit: TokenUnit)
    throws
  {
    let (evaluator, metadata) = try Self.evaluator(unit)
    func loss(_ text: String) throws -> Evaluator.Loss {
      let options = CorpusOptions(tokenizer: metadata.tokenizer, vocabulary: metadata.vocabulary)
      let corpus = try Corpus.read([.text(text)], options: options)
      return evaluator.loss(corpus, 0..<corpus.count)
    }
    let text = Self.text
    let surprisal = evaluator.surprisal(at: text, by: metadata)
    let whole = try loss("\n" + text)
    #expect(abs(surprisal.whole.nats - whole.nats) < 1e-6 && surprisal.whole.tokens == whole.tokens)
    #expect(surprisal.whole.characters == text.count && surprisal.whole.texts == 1)
    // The text has 2720 characters: one window.
    #expect(surprisal.windows.map(\.texts) == [1] + Array(repeating: 0, count: 8))
    // "\n" and 1,003 characters end with a line break.
    let start = try loss("\n" + text.prefix(1003))
    let prompted = evaluator.surprisal(
      at: String(text.dropFirst(1003)), after: String(text.prefix(1003)), by: metadata)
    let first = try loss(String(text.prefix(1003)))
    let all = try loss(text)
    #expect(abs(prompted.whole.nats - (all.nats - first.nats)) < 1e-3)
    #expect(prompted.whole.tokens == all.tokens - first.tokens)
    #expect(start.tokens == first.tokens + 1)
  }

  @Test func `a window has the losses of its characters`() throws {
    let (evaluator, metadata) = try Self.evaluator(.jamo)
    let text = String(Self.text.prefix(2000))
    let windows = evaluator.surprisal(at: text, by: metadata).windows
    let half = evaluator.surprisal(at: String(text.prefix(1000)), by: metadata).whole
    let whole = evaluator.surprisal(at: text, by: metadata).whole
    #expect(windows[0].characters == 1000 && windows[1].characters == 0)
    #expect(windows[0].tokens == whole.tokens - half.tokens && windows[0].tokens > 1500)
    #expect(abs(windows[0].nats - (whole.nats - half.nats)) < 1e-3)
    let long = evaluator.surprisal(
      at: String(repeating: text, count: 5) + text.prefix(999), by: metadata)
    #expect(long.windows.allSatisfy { $0.texts == 1 && $0.characters == 1000 })
    let pooled = TextSurprisal(pooling: [long, evaluator.surprisal(at: text, by: metadata)])
    #expect(pooled.windows.map(\.texts) == [2] + Array(repeating: 1, count: 8))
    #expect(abs(pooled.windows[0].nats - long.windows[0].nats - windows[0].nats) < 1e-9)
  }

  @Test func `an empty text and unknown characters do not count`() throws {
    let (evaluator, metadata) = try Self.evaluator(.grapheme)
    let empty = evaluator.surprisal(at: "", by: metadata).whole
    #expect(empty.tokens == 0 && empty.natsPerCharacter == nil && empty.natsPerToken == nil)
    let known = evaluator.surprisal(at: "abc", by: metadata).whole
    let unknown = evaluator.surprisal(at: "aΩbc", by: metadata).whole
    #expect(unknown.tokens == 3 && abs(unknown.nats - known.nats) < 1e-9)
  }
}
