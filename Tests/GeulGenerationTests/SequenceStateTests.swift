import GeulCompute
import GeulGeneration
import GeulModel
import GeulText
import TestSupport
import Testing

/// Sequences that continue earlier ones, and sequences that are suspended.
struct SequenceStateTests {
  @Test(arguments: [CellKind.lstm, .gru, .rnn], [Precision.float32, .int8])
  func `a sequence that continues another equals one with all tokens in its prompt`(
    cell: CellKind, precision: Precision
  ) throws {
    let fixture = try GenerationFixture(cell)
    var random = SeededGenerator(seed: 4)
    var engine = fixture.engine(precision, capacity: 3)
    var tokens: [Int] = []
    var state: SequenceState?
    for turn in 0..<6 {
      var request = fixture.request(&random)
      request.prompt = fixture.prompt([3, 0, 70, 1, 0, 300][turn], &random)
      (request.stops, request.length) = ([], turn == 3 ? 0 : 25)
      request.alternatives = 0
      // The state of Mirostat depends on which tokens were generated: MirostatTests.
      request.sampling.mirostat = 0

      tokens += request.prompt
      var whole = request
      whole.prompt = tokens
      let expected = try SequenceScoreTests.run(whole, &engine)

      (request.session, request.keepsState) = (state, true)
      // Another sequence runs beside it.
      _ = try engine.admit(SequenceRequest(prompt: [1], length: 500))
      let actual = try SequenceScoreTests.run(request, &engine)
      #expect(actual.text == expected.text, "turn \(turn)")
      #expect(actual.scores.map(\.id) == expected.scores.map(\.id))
      tokens += actual.scores.map(\.id)
      state = actual.state
      #expect(state?.tokenCount == tokens.count)
      while !engine.isIdle { _ = engine.step() }
    }
  }

  @Test func `the texts of a session of a jamo model join to whole syllables`() throws {
    let corpus = try Corpus.read(
      [.text("한글은 소리를 그대로 적는 글자입니다.")], options: CorpusOptions(tokenizer: Tokenizer(unit: .jamo)))
    let model = try randomModel(.lstm, of: corpus)
    var engine = GenerationEngine(model, capacity: 1, context: ComputeContext(Kernels(.portable)))
    let prompt = corpus.tokenizer.encodePrompt("한글은", vocabulary: corpus.vocabulary).ids
    var (joined, tokens): (String, [Int]) = ("", [])
    var state: SequenceState?
    for turn in 0..<40 {
      var request = SequenceRequest(prompt: turn == 0 ? prompt : [], length: 1, seed: UInt64(turn))
      (request.session, request.keepsState, request.alternatives) = (state, true, 0)
      let result = try SequenceScoreTests.run(request, &engine)
      joined += result.text
      tokens += result.scores.map(\.id)
      state = result.state
    }
    var decoder = StreamDecoder(tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary)
    let before = prompt.map { decoder.append($0) }.joined()
    let after = tokens.map { decoder.append($0) }.joined()
    #expect(tokens.count == 40 && joined == after && !before.isEmpty)
  }

  @Test(arguments: [2, 30])
  func `a suspended sequence continues as if it had not been suspended`(capacity: Int) throws {
    let fixture = try GenerationFixture()
    var random = SeededGenerator(seed: 77)
    var engine = fixture.engine(capacity: capacity)
    var requests: [GenerationEngine.SequenceID: SequenceRequest] = [:]
    var texts: [GenerationEngine.SequenceID: String] = [:]
    var (suspended, ended): (Set<GenerationEngine.SequenceID>, Set<GenerationEngine.SequenceID>) =
      ([], [])
    var suspensions = 0
    for step in 0..<4000 {
      if step < 60 {
        let request = fixture.request(&random)
        requests[try engine.admit(request)] = request
      }
      let live = requests.keys.sorted().filter { !ended.contains($0) && !suspended.contains($0) }
      if step < 1000, let id = live.randomElement(using: &random) {
        engine.suspend(id)
        suspended.insert(id)
        suspensions += 1
      }
      let suspendedCount = engine.suspendedCount
      #expect(suspendedCount == suspended.count)
      if Bool.random(using: &random) || step >= 1000,
        let id = suspended.sorted().randomElement(using: &random)
      {
        engine.resume(id)
        suspended.remove(id)
      }
      for event in engine.step() {
        #expect(!suspended.contains(event.id))
        texts[event.id, default: ""] += event.text
        if event.ending != nil { ended.insert(event.id) }
      }
    }
    let isIdle = engine.isIdle
    #expect(isIdle && ended.count == 60 && suspensions > 100)
    for (id, request) in requests {
      let expected = try GenerationEngineTests.alone(request, fixture, .float32)
      #expect(texts[id] ?? "" == expected.text)
    }
  }

  @Test func `cancellation and interruption include suspended sequences`() throws {
    let fixture = try GenerationFixture()
    var engine = fixture.engine(capacity: 2)
    let ids = try (0..<4).map { _ in try engine.admit(SequenceRequest(prompt: [1], length: 9)) }
    _ = engine.step()
    for id in [ids[0], ids[3]] { engine.suspend(id) }
    engine.cancel(ids[3])
    let endings = engine.interrupt()
    #expect(endings.map(\.id) == [ids[0], ids[1], ids[2]])
    #expect(endings.allSatisfy { $0.ending == .interrupted })
    let (isIdle, suspendedCount) = (engine.isIdle, engine.suspendedCount)
    #expect(isIdle && suspendedCount == 0)
  }
}
