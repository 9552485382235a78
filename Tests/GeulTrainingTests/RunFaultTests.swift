import Foundation
import GeulCompute
import GeulTraining
import Synchronization
import Testing

@Suite("A run into which a fault is brought")
struct RunFaultTests {
  /// A run with a fault, from its beginning to its end.
  private static func ending(
    peak: Float = 0.01, steps: Int = 200, text: String = TrainingFixture.text,
    fault: Trainer.Fault? = nil
  ) throws -> (ending: TrainingRun.Ending, notes: [String], record: RunState) {
    var trial = try TrainingFixture(.lstm, layers: 1, hidden: 16, batch: 4, text: text)
    trial.settings.schedule = LearningRateSchedule(peak: peak, warmup: 5)
    trial.settings.gradientClip = 1
    trial.settings.validationFraction = 0.2
    trial.settings.patience = 0
    let path = NSTemporaryDirectory() + "/geul-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let checkpoint = Checkpoint.fresh(
      trial.settings, text: RunState.TextChoice(sources: ["text"]), corpus: trial.corpus,
      kernels: Kernels(.best))
    var run = TrainingRun(
      checkpoint, corpus: trial.corpus, validation: nil, folder: RunFolder(path),
      budget: .steps(steps), saveEvery: 20, sampleEvery: 0, kernels: Kernels(.best),
      pool: ThreadPool(1))
    run.fault = fault
    var notes: [String] = []
    let ending = try run.proceed(
      shouldStop: { false },
      report: { event in
        if case .note(let sentence) = event { notes.append(sentence) }
      })
    return (ending, notes, run.record)
  }

  /// Something that happens so many times, and never again.
  private final class Times: Sendable {
    private let left: Atomic<Int>
    init(_ count: Int) { left = Atomic(count) }
    func happens() -> Bool { left.subtract(1, ordering: .relaxed).newValue >= 0 }
  }

  @Test("without one, says nothing")
  func none() throws {
    let result = try Self.ending()
    #expect(result.ending == .finished && result.notes.isEmpty && result.record.rateScale == 1)
  }

  @Test(
    "goes back to what was saved last with half the rate when a gradient has a number that is none",
    arguments: [Float.nan, .infinity])
  func notANumber(value: Float) throws {
    let once = Times(1)
    let result = try Self.ending { step, gradients in
      if step == 150, once.happens() { gradients.values[7] = value }
    }
    #expect(result.ending == .finished && result.record.step == 200)
    #expect(result.record.rateScale == 0.5)
    let note = try #require(result.notes.first)
    #expect(result.notes.count == 1)
    #expect(note.hasPrefix("The loss or its gradient is no longer finite: going back to step 1"))
    #expect(result.record.history.map(\.step) == result.record.history.map(\.step).sorted())
  }

  @Test("goes back when the loss jumps")
  func jump() throws {
    let thirtyTimes = Times(30)
    let text = String(repeating: "hello world ", count: 100)
    let calm = try Self.ending(peak: 0.08, steps: 600, text: text)
    // Steps in a direction that has nothing to do with the text, while the rate is high, and not so many that one that is
    // saved meanwhile could not be left again. (A peak of 0.08 does, 30 or 40 times; at 0.04 and 0.07 the run is not calm.)
    let result = try Self.ending(peak: 0.08, steps: 600, text: text) { step, gradients in
      guard step >= 200, thirtyTimes.happens() else { return }
      for index in 0..<gradients.values.count {
        gradients.values[index] = index % 3 == 0 ? 1e6 : -1e6
      }
    }
    #expect(result.ending == .finished)
    #expect(calm.record.rateScale == 1)
    #expect(result.record.rateScale < 1, "\(result.notes)")
    #expect(
      try #require(result.record.best?.validationNats)
        < #require(calm.record.best?.validationNats) + 0.5)
  }

  @Test("comes to a good end with a rate that explodes", arguments: [30, 300] as [Float])
  func explodingRate(peak: Float) throws {
    let result = try Self.ending(peak: peak, steps: 400)
    #expect(result.ending == .finished)
    #expect(!result.notes.isEmpty && result.record.rateScale <= 0.5)
    let nats = try #require(result.record.best?.validationNats)
    #expect(nats < 3, "\(nats) nats, \(result.notes)")
  }

  @Test("gives up after thirty times, and leaves a checkpoint that is good")
  func forEver() throws {
    let result = try Self.ending { step, gradients in
      if step >= 100 { gradients.values[0] = .nan }
    }
    #expect(result.ending == .diverged)
    #expect(result.notes.count == 29)
    #expect(result.record.step <= 100)
  }
}
