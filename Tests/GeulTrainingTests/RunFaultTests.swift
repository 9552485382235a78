import Foundation
import GeulCompute
import GeulStorage
import GeulTraining
import Synchronization
import Testing
import TestSupport

struct RunFaultTests {
  /// Makes a run with a fault in its gradients.
  private static func run(
    peak: Float = 0.01, steps: Int = 200, text: String = TrainingFixture.text,
    hasTeacher: Bool = false, folder: Folder? = nil, gradientHook: Trainer.GradientHook? = nil
  ) throws -> (ending: TrainingLoop.Ending, notes: [String], state: RunState) {
    var fixture = try TrainingFixture(.lstm, layers: 1, hidden: 16, batch: 4, text: text)
    fixture.configuration.schedule = LearningRateSchedule(peak: peak, warmup: 5)
    fixture.configuration.gradientClip = 1
    fixture.configuration.validationFraction = 0.2
    fixture.configuration.patience = 0
    let folder = try folder ?? Folder()
    let teachers = hasTeacher ? [fixture.model(.lstm, layers: 1, hidden: 8, seed: 1)] : []
    if hasTeacher { fixture.configuration.teacherWeight = 0.5 }
    let checkpoint = Checkpoint.initial(
      fixture.configuration, text: RunState.TextSelection(sources: ["text"]),
      corpus: fixture.corpus, teachers: teachers)
    var loop = TrainingLoop(
      checkpoint, teachers: teachers, corpus: fixture.corpus, validation: nil,
      folder: RunFolder(folder.path),
      budget: .steps(steps), saveEvery: 20, sampleEvery: 0, context: ComputeContext(Kernels(.best)))
    loop.gradientHook = gradientHook
    var notes: [String] = []
    let ending = try loop.run(
      shouldStop: { false },
      report: { event in
        if case .note(let sentence) = event { notes.append(sentence) }
      })
    return (ending, notes, loop.state)
  }

  /// A fault of a number of steps.
  private final class Countdown: Sendable {
    private let left: Atomic<Int>
    init(_ count: Int) { left = Atomic(count) }
    func next() -> Bool { left.subtract(1, ordering: .relaxed).newValue >= 0 }
  }

  /// True for the steps of a range until the run returns to an earlier step.
  private final class FirstPass: Sendable {
    private let last = Atomic(-1)
    private let range: Range<Int>
    init(_ range: Range<Int>) { self.range = range }

    func contains(_ step: Int) -> Bool {
      let previous = last.load(ordering: .relaxed)
      guard step > previous else {
        last.store(.max, ordering: .relaxed)
        return false
      }
      last.store(step, ordering: .relaxed)
      return range.contains(step)
    }
  }

  @Test func `a run without a fault has no notes`() throws {
    let result = try Self.run()
    #expect(result.ending == .finished && result.notes.isEmpty)
    #expect(result.state.learningRateScale == 1)
  }

  @Test(arguments: [Float.nan, .infinity])
  func `a gradient that is not finite rolls back to the last checkpoint with half the rate`(
    value: Float
  ) throws {
    let once = Countdown(1)
    let result = try Self.run { step, gradients in
      if step == 150, once.next() { gradients.values[7] = value }
    }
    #expect(result.ending == .finished && result.state.step == 200)
    #expect(result.state.learningRateScale == 0.5)
    let expected =
      "The loss or its gradient is not finite: rolling back to step 140 with half the learning rate."
    #expect(result.notes == [expected])
    let steps = result.state.history.map(\.step)
    #expect(steps == steps.sorted() && Set(steps).count == steps.count)
  }

  /// Gradient ascent raises the loss of a text that was learned, whatever the learning rate.
  @Test func `a loss that spikes rolls back to the last checkpoint`() throws {
    let text = String(repeating: "hello world ", count: 100)
    let calm = try Self.run(steps: 400, text: text)
    #expect(calm.notes.isEmpty && calm.state.learningRateScale == 1)
    let ascent = FirstPass(201..<219)  // ends before the checkpoint of step 220
    let result = try Self.run(steps: 400, text: text) { step, gradients in
      guard ascent.contains(step) else { return }
      for index in 0..<gradients.values.count { gradients.values[index] *= -1 }
    }
    #expect(result.ending == .finished && result.state.step == 400)
    #expect(
      result.notes == ["The loss has spiked: rolling back to step 200 with half the learning rate."]
    )
    #expect(result.state.learningRateScale == 0.5)
    let (nats, calmNats) = (result.state.best?.validationNats, calm.state.best?.validationNats)
    #expect(try #require(nats) < #require(calmNats) + 0.5)
  }

  @Test(arguments: [false, true])
  func `an early checkpoint that fails four times is replaced by new parameters`(hasTeacher: Bool)
    throws
  {
    let fourTimes = Countdown(4)
    let folder = try Folder()
    let result = try Self.run(hasTeacher: hasTeacher, folder: folder) { step, gradients in
      if step == 30, fourTimes.next() { gradients.values[0] = .nan }
    }
    #expect(result.ending == .finished && result.state.step == 200)
    let steps = [20, 20, 20, 0]
    #expect(
      result.notes
        == steps.map {
          "The loss or its gradient is not finite: rolling back to step \($0) with half the learning rate."
        })
    #expect(result.state.learningRateScale == 1.0 / 16)
    #expect(result.state.history.map(\.step).first == 10)
    let checkpoint = try RunFolder(folder.path).loadLatest()
    #expect(checkpoint.problem == nil)
    #expect(checkpoint.value.run.teachers.count == (hasTeacher ? 1 : 0))
    #expect(checkpoint.value.trainer.teacherStates.count == (hasTeacher ? 1 : 0))
  }

  @Test(arguments: [30, 300] as [Float])
  func `a learning rate that diverges is halved until the run learns`(peak: Float) throws {
    let result = try Self.run(peak: peak, steps: 400)
    #expect(result.ending == .finished)
    #expect(!result.notes.isEmpty && result.state.learningRateScale <= 0.5)
    let nats = try #require(result.state.best?.validationNats)
    #expect(nats < 3, "\(nats) nats, \(result.notes)")
  }

  @Test func `a run that diverges at any rate ends after thirty times with a good checkpoint`()
    throws
  {
    let result = try Self.run { step, gradients in
      if step >= 100 { gradients.values[0] = .nan }
    }
    #expect(result.ending == .diverged)
    #expect(result.notes.count == 29)
    #expect(result.state.step <= 100)
  }
}
