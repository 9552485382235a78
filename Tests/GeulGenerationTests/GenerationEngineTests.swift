import GeulCompute
import GeulGeneration
import GeulModel
import TestSupport
import Testing

struct GenerationEngineTests {
  /// The text of a sequence, and the reason why it ended; nil if it did not end.
  struct Output: Equatable {
    var text = ""
    var ending: GenerationEngine.Ending?
  }

  /// Generates the text of a request without concurrent requests.
  static func alone(
    _ request: SequenceRequest, _ fixture: GenerationFixture, _ precision: Precision
  ) throws -> Output {
    var engine = fixture.engine(precision, capacity: 1, threads: 1, cacheBytes: 0)
    let id = try engine.admit(request)
    var output = Output()
    while !engine.isIdle {
      for event in engine.step() {
        #expect(event.id == id && output.ending == nil)
        output.text += event.text
        output.ending = event.ending
      }
    }
    return output
  }

  /// A capacity of 5 is one batch, whose layers the threads share; one of 30 is a batch for each thread.
  @Test(
    arguments: [
      (CellKind.lstm, Precision.float32, 5), (.lstm, .int8, 5), (.gru, .float32, 5),
      (.rnn, .int8, 5), (.gru, .float32, 30), (.lstm, .int8, 30),
    ])
  func `the text of a request does not depend on concurrent requests`(
    cell: CellKind, precision: Precision, capacity: Int
  ) throws {
    let fixture = try GenerationFixture(cell)
    var random = SeededGenerator(seed: UInt64(capacity) + 40)
    var engine = fixture.engine(precision, capacity: capacity)
    var requests: [GenerationEngine.SequenceID: SequenceRequest] = [:]
    var outputs: [GenerationEngine.SequenceID: Output] = [:]
    var canceled: Set<GenerationEngine.SequenceID> = []
    var mostActive = 0

    var step = 0
    while step < 200 || !engine.isIdle {
      if step < 200 {
        for _ in 0..<Int.random(in: 0...max(1, capacity / 8), using: &random) {
          let request = fixture.request(&random)
          let id = try engine.admit(request)
          (requests[id], outputs[id]) = (request, Output())
        }
        let live = outputs.filter { $0.value.ending == nil }.keys.sorted()
          .filter { !canceled.contains($0) }
        if Int.random(in: 0..<20, using: &random) == 0,
          let id = live.randomElement(using: &random)
        {
          engine.cancel(id)
          canceled.insert(id)
        }
        // Canceling a sequence that has ended has no effect.
        if let ended = outputs.filter({ $0.value.ending != nil }).keys.min() {
          engine.cancel(ended)
        }
      }
      let events = engine.step()
      // Events of sequences without tokens to generate come in addition.
      let isActive = events.filter { requests[$0.id]?.length ?? 0 > 0 }
      mostActive = max(mostActive, isActive.count)
      #expect(isActive.count <= capacity)
      #expect(zip(events, events.dropFirst()).allSatisfy { $0.id < $1.id })
      for event in events {
        #expect(!canceled.contains(event.id) && outputs[event.id]?.ending == nil)
        outputs[event.id]?.text += event.text
        outputs[event.id]?.ending = event.ending
      }
      step += 1
      try #require(step < 5000, "the engine comes to an end")
    }
    #expect(mostActive == capacity || capacity > 5 && mostActive > 13)
    #expect(outputs.count - canceled.count > 50 && canceled.count > 3)
    #expect(outputs.values.contains { $0.ending == .stop })

    for (id, request) in requests {
      let expected = try Self.alone(request, fixture, precision)
      let output = try #require(outputs[id])
      if canceled.contains(id) {
        #expect(output.ending == nil && expected.text.hasPrefix(output.text))
      } else {
        #expect(output == expected, "\(request)")
      }
    }
  }

  @Test func `a long prompt delays other sequences by at most a chunk for each token`() throws {
    let fixture = try GenerationFixture()
    var random = SeededGenerator(seed: 1)
    var engine = fixture.engine(capacity: 5)
    let first = try engine.admit(SequenceRequest(prompt: [], length: 100))
    _ = engine.step()
    let long = try engine.admit(SequenceRequest(prompt: fixture.prompt(1000, &random), length: 20))
    let short = try engine.admit(SequenceRequest(prompt: fixture.prompt(20, &random), length: 20))
    // All but the last of 1000 tokens are read in 16 chunks of at most 64; the short prompt is read beside the first.
    for step in 1...18 {
      let ids = engine.step().map(\.id)
      let expected = [first] + (step > 16 ? [long] : []) + (step > 1 ? [short] : [])
      #expect(ids == expected, "step \(step)")
    }
    let activeCount = engine.activeCount
    #expect(activeCount == 3)
  }

  @Test func `up to eight prompts are read together`() throws {
    let fixture = try GenerationFixture()
    var random = SeededGenerator(seed: 1)
    var engine = fixture.engine(capacity: 20)
    for _ in 0..<10 {
      _ = try engine.admit(SequenceRequest(prompt: fixture.prompt(97, &random), length: 20))
    }
    // Eight prompts of 96 tokens take a chunk and a half; the rest of the second chunk begins the other two, which are
    // complete after the third.
    let active = (0..<4).map { _ in engine.step().count }
    #expect(active == [0, 8, 8, 10])
  }

  @Test func `the same prompt is read once for several sequences`() throws {
    let fixture = try GenerationFixture()
    var random = SeededGenerator(seed: 1)
    var engine = fixture.engine(capacity: 20)
    let prompt = fixture.prompt(101, &random)
    for index in 0..<5 {
      _ = try engine.admit(SequenceRequest(prompt: prompt, length: 20, sampleIndex: index))
    }
    let active = (0..<2).map { _ in engine.step().count }
    let readCount = engine.readTokenCount
    #expect(active == [0, 5] && readCount == 100)
  }

  @Test func `a prompt that was read before is not read again`() throws {
    let fixture = try GenerationFixture()
    var random = SeededGenerator(seed: 2)
    let request = SequenceRequest(prompt: fixture.prompt(500, &random), length: 10, seed: 9)
    var texts: Set<String> = []
    for (cacheBytes, secondDelay) in [(1 << 24, 1), (0, 8)] {
      var engine = fixture.engine(capacity: 2, cacheBytes: cacheBytes)
      for delay in [8, secondDelay] {
        _ = try engine.admit(request)
        var (steps, first, text) = (0, 0, "")
        while !engine.isIdle {
          let events = engine.step()
          steps += 1
          if first == 0, !events.isEmpty { first = steps }
          text += events.map(\.text).joined()
        }
        #expect(first == delay, "a cache of \(cacheBytes) bytes")
        texts.insert(text)
      }
    }
    #expect(texts.count == 1)
  }

  @Test func `the capacity limits the active sequences, and the others wait in order`() throws {
    let fixture = try GenerationFixture()
    var engine = fixture.engine(capacity: 2)
    let isIdle = engine.isIdle
    #expect(isIdle)
    let ids = try (1...4).map { try engine.admit(SequenceRequest(prompt: [1], length: $0)) }
    let active = (1...5).map { _ in engine.step().map(\.id) }
    #expect(
      active == [
        [ids[0], ids[1]], [ids[1], ids[2]], [ids[2], ids[3]], [ids[2], ids[3]], [ids[3]],
      ])
    _ = engine.step()
    let (activeCount, isIdleAgain) = (engine.activeCount, engine.isIdle)
    #expect(activeCount == 0 && isIdleAgain)
  }

  @Test func `an invalid option is refused and admits nothing`() throws {
    let fixture = try GenerationFixture()
    var engine = fixture.engine(capacity: 2)
    do {
      _ = try engine.admit(SequenceRequest(prompt: [], sampling: SamplingOptions(topP: 2)))
      Issue.record("no error")
    } catch {
      #expect(
        error
          == .outOfRange(option: "top-p", range: "more than 0 and at most 1 (off)", value: "2.0"))
    }
    let isIdle = engine.isIdle
    #expect(isIdle)
  }
}
