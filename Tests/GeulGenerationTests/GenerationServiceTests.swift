import GeulCompute
import GeulGeneration
import GeulModel
import Synchronization
import TestSupport
import Testing

struct GenerationServiceTests {
  static func service(
    _ fixture: GenerationFixture, capacity: Int = 5, queueLimit: Int = 1000
  ) throws -> GenerationService {
    try GenerationService(
      fixture.model, capacity: capacity, queueLimit: queueLimit,
      context: ComputeContext(Kernels(InstructionSet.available.last ?? .portable), threads: 2))
  }

  /// Waits until a condition on the statistics holds; fails after ten seconds.
  static func wait(
    _ service: GenerationService, until condition: (GenerationService.Statistics) -> Bool
  ) async throws {
    for _ in 0..<10_000 where !condition(service.statistics) {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(condition(service.statistics), "\(service.statistics)")
  }

  @Test func `tasks get the texts of their requests, whatever else runs`() async throws {
    let fixture = try GenerationFixture()
    let service = try Self.service(fixture)
    defer { service.stop() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<40 {
        group.addTask {
          var random = SeededGenerator(seed: UInt64(client))
          for _ in 0..<5 {
            let requests = (0..<Int.random(in: 1...3, using: &random)).map { _ in
              fixture.request(&random)
            }
            let stream = try service.start(
              requests, bufferLimit: Bool.random(using: &random) ? 8 : nil)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
              _ = await stream.next()
              stream.cancel()
              #expect(await stream.next() == nil)
            case 1:
              let outputs = try #require(await stream.collect())
              #expect(outputs.map(\.index) == Array(requests.indices))
              for (output, request) in zip(outputs, requests) {
                let expected = try GenerationEngineTests.alone(request, fixture, .float32)
                #expect(output.text == expected.text && output.ending == expected.ending)
              }
            default:
              var texts = requests.map { _ in "" }
              var endings = requests.map { _ in GenerationEngine.Ending?.none }
              while let outputs = await stream.next() {
                for output in outputs {
                  #expect(endings[output.index] == nil)
                  texts[output.index] += output.text
                  endings[output.index] = output.ending
                }
                if Bool.random(using: &random) { try await Task.sleep(for: .milliseconds(1)) }
              }
              for (index, request) in requests.enumerated() {
                let expected = try GenerationEngineTests.alone(request, fixture, .float32)
                #expect(texts[index] == expected.text && endings[index] == expected.ending)
              }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    try await Self.wait(service) { $0.active + $0.waiting + $0.suspended == 0 }
  }

  @Test func `a task that does not take its text suspends its sequences, and no others`()
    async throws
  {
    let fixture = try GenerationFixture()
    let service = try Self.service(fixture, capacity: 2)
    defer { service.stop() }
    let request = SequenceRequest(prompt: [1], length: 5000)
    let slow = try service.start([request, request], bufferLimit: 100)
    try await Self.wait(service) { $0.suspended == 2 && $0.active == 0 }
    let other = try #require(await service.start([request]).collect())
    #expect(service.statistics.suspended == 2)
    var text = ""
    while let outputs = await slow.next() {
      for output in outputs where output.index == 0 {
        // A step may add one token after the limit.
        #expect(output.text.utf8.count <= 104)
        text += output.text
      }
    }
    #expect(text == other[0].text)
  }

  @Test func `sequences beyond the queue are refused, all or none`() async throws {
    let fixture = try GenerationFixture()
    let service = try Self.service(fixture, capacity: 1, queueLimit: 2)
    defer { service.stop() }
    let request = SequenceRequest(prompt: [1], length: 100_000)
    let first = try service.start([request, request], bufferLimit: 100)
    #expect(throws: GenerationService.StartError.queueFull(limit: 2)) {
      try service.start([request, request])
    }
    let third = try service.start([request], bufferLimit: 100)
    #expect(throws: GenerationService.StartError.queueFull(limit: 2)) {
      try service.start([request])
    }
    first.cancel()
    try await Self.wait(service) { $0.active + $0.waiting + $0.suspended == 1 }
    let short = try service.start([SequenceRequest(prompt: [1], length: 3)])
    third.cancel()
    #expect(await short.collect()?.count == 1)
    #expect(await third.collect() == nil)
  }

  @Test func `an option out of its range is refused`() throws {
    let fixture = try GenerationFixture()
    let service = try Self.service(fixture)
    defer { service.stop() }
    let request = SequenceRequest(prompt: [], sampling: SamplingOptions(topP: 2))
    #expect(
      throws: GenerationService.StartError.sampling(
        .outOfRange(option: "top-p", range: "more than 0 and at most 1 (off)", value: "2.0"))
    ) { try service.start([SequenceRequest(prompt: []), request]) }
    #expect(service.statistics.waiting == 0)
  }

  @Test func `the cancellation of a task cancels its sequences`() async throws {
    let fixture = try GenerationFixture()
    let service = try Self.service(fixture)
    defer { service.stop() }
    for collects in [true, false] {
      let stream = try service.start([SequenceRequest(prompt: [1], length: .max)])
      let task = Task {
        if collects { return await stream.collect() == nil }
        while await stream.next() != nil {}
        return true
      }
      try await Self.wait(service) { $0.active == 1 }
      task.cancel()
      #expect(await task.value)
      try await Self.wait(service) { $0.active == 0 }
    }
  }

  @Test func `a stopped service completes its sequences and refuses further ones`() async throws {
    let fixture = try GenerationFixture()
    let service = try Self.service(fixture)
    let stream = try service.start([SequenceRequest(prompt: [1], length: 2000)])
    service.stop()
    #expect(throws: GenerationService.StartError.stopped) {
      try service.start([SequenceRequest(prompt: [])])
    }
    let outputs = await stream.collect()
    #expect(outputs?[0].ending == .length && outputs?[0].generatedTokenCount == 2000)
  }

  @Test func `an interruption ends all sequences with what they have generated`() async throws {
    let fixture = try GenerationFixture()
    let service = try Self.service(fixture, capacity: 1)
    defer { service.stop() }
    let request = SequenceRequest(prompt: [1], length: .max)
    let streams = try (0..<3).map { _ in try service.start([request]) }
    try await Self.wait(service) { $0.generatedTokens > 100 }
    service.interrupt()
    for (index, stream) in streams.enumerated() {
      let outputs = try #require(await stream.collect())
      #expect(outputs[0].ending == .interrupted && outputs[0].text.isEmpty == (index > 0))
    }
  }

  @Test func `statistics count tokens and cached states`() async throws {
    let fixture = try GenerationFixture()
    let service = try Self.service(fixture)
    defer { service.stop() }
    var random = SeededGenerator(seed: 1)
    let request = SequenceRequest(prompt: fixture.prompt(600, &random), length: 7)
    for turn in 0..<2 {
      let output = try #require(await service.start([request]).collect())[0]
      #expect(output.cachedTokenCount == 599 * turn && output.generatedTokenCount == 7)
    }
    try await Self.wait(service) { $0.generatedTokens == 14 }
    let statistics = service.statistics
    // States after 256, 512 and 599 tokens.
    #expect(statistics.readTokens == 599 && statistics.cachedTokens == 599)
    #expect(statistics.cachedStates == 3 && statistics.cacheBytes > 0 && statistics.steps >= 14)
  }
}
