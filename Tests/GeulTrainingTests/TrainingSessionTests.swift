import Foundation
import GeulCompute
import GeulModel
import GeulStorage
import GeulText
import GeulTraining
import Testing
import TestSupport

struct TrainingSessionTests {
  static let context = ComputeContext(Kernels(.best))

  /// The plan of a short run with five evaluations.
  static func plan(_ text: String = TrainingFixture.text, steps: Int = 20) throws -> TrainingPlan {
    var options = TrainingOptions()
    (options.hidden, options.batch, options.length) = (16, 4, 16)
    (options.dropout, options.precision) = (0, .float32)
    options.configuration.architecture.layers = 1
    options.configuration.evaluationCount = 5
    options.configuration.patience = 0
    options.budget = .steps(steps)
    return try TrainingPlan(options, corpus: Corpus.read([.text(text)]), context: context)
  }

  /// Trains up to `stop`, in a new folder.
  static func start(
    in folder: RunFolder, steps: Int = 20, stop: Int, clock: Stopwatch = Stopwatch()
  ) throws -> TrainingSession.Result {
    let plan = try plan(steps: steps)
    var calls = 0
    let text = RunState.TextSelection(sources: [RunState.TextSelection.recorded("my.txt")])
    return try TrainingSession(plan, text: text, folder: folder).run(
      sampleEvery: 0, baselines: false, clock: clock,
      shouldStop: {
        calls += 1
        return calls > stop
      }, report: { _ in })
  }

  static func resume(
    _ folder: RunFolder, _ text: String = TrainingFixture.text, budget: Budget? = nil
  ) throws -> TrainingSession.Result {
    try TrainingSession(
      resuming: folder.loadLatest(), in: folder, corpus: Corpus.read([.text(text)]),
      sources: ["my.txt"], validation: nil, budget: budget, context: context
    ).run(sampleEvery: 0, baselines: false, report: { _ in })
  }

  // MARK: Planning

  @Test(arguments: ["a", "ab"])
  func `a text of fewer than three tokens cannot be planned`(text: String) throws {
    let options = CorpusOptions(tokenizer: Tokenizer(unit: .byte))
    let corpus = try Corpus.read([.text(text)], options: options)
    let error = #expect(throws: TrainingError.self) {
      _ = try TrainingPlan(TrainingOptions(), corpus: corpus, context: Self.context)
    }
    guard case .tooFewTokens(let count) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(count == text.count)
    #expect(
      error?.description.hasPrefix("only \(count) token\(count == 1 ? "" : "s") for training")
        == true)
  }

  @Test func `a text of three tokens can be planned, without a validation text`() throws {
    let corpus = try Corpus.read(
      [.text("abc")], options: CorpusOptions(tokenizer: Tokenizer(unit: .byte)))
    let plan = try TrainingPlan(TrainingOptions(), corpus: corpus, context: Self.context)
    #expect(plan.configuration.validationFraction == 0 && plan.trainingTokenCount == 3)
    #expect(plan.notes.count == 2)
  }

  // MARK: Folders

  @Test func `a session refuses a folder that exists and says if it is a run`() throws {
    let folder = try Folder()
    let plan = try Self.plan()
    func error() -> TrainingError? {
      #expect(throws: TrainingError.self) {
        _ = try TrainingSession(plan, folder: RunFolder(folder.path))
      }
    }
    try folder.write("notes", to: "notes.txt")
    for isRun in [false, true] {
      if isRun {
        let latest = RunFolder(folder.path).latest.path
        #expect(FileManager.default.createFile(atPath: latest, contents: nil))
      }
      guard case .folderExists(folder.path, isRun) = error() else {
        Issue.record("no error for an existing folder, isRun \(isRun)")
        return
      }
    }
    #expect(
      folder.names() == ["latest.safetensors", "notes.txt"])
  }

  @Test func `a session creates missing folders and leaves the files of a run`() throws {
    let folder = try Folder()
    let path = folder.path + "/a/b/run"
    let result = try Self.start(in: RunFolder(path), stop: .max)
    guard case .finished(let summary) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(summary.state.step == 20)
    let loss = try #require(summary.loss)
    #expect(loss.isExact && loss.loss.nats.isFinite)
    for name in ["latest.safetensors", "best.safetensors", "metrics.jsonl"] {
      #expect(FileManager.default.fileExists(atPath: "\(path)/\(name)"), "\(name)")
    }
    let best = try Model(contentsOf: RunFolder(path).best.path)
    #expect(best.metadata.training?.validationNats == loss.loss.natsPerToken)
  }

  // MARK: Resuming

  @Test func `a resumed session ends with the bytes of one that was not stopped`() throws {
    let folder = try Folder()
    let (whole, parts) = (RunFolder(folder.path + "/whole"), RunFolder(folder.path + "/parts"))
    _ = try Self.start(in: whole, stop: .max)
    let first = try Self.start(in: parts, stop: 7)
    guard case .stopped(7) = first else {
      Issue.record("\(first)")
      return
    }
    #expect(
      try parts.loadLatest().value.model.metadata.training?.corpusHash
        == Self.plan().corpus.hash)
    let second = try Self.resume(parts)
    guard case .finished = second else {
      Issue.record("\(second)")
      return
    }
    for (a, b) in [(whole.latest, parts.latest), (whole.best, parts.best)] {
      #expect(
        FileManager.default.contentsEqual(atPath: a.path, andPath: b.path), "\(b.path)")
    }
  }

  @Test func `a run is not resumed with a changed text`() throws {
    let folder = try Folder()
    let run = RunFolder(folder.path + "/run")
    _ = try Self.start(in: run, stop: 3)
    let before = FileManager.default.contents(atPath: run.latest.path)
    // As many tokens of the same vocabulary, two of them exchanged; and a longer text.
    let swapped =
      String(TrainingFixture.text.dropFirst(2).prefix(1))
      + TrainingFixture.text.dropFirst(1).prefix(1)
      + TrainingFixture.text.prefix(1) + TrainingFixture.text.dropFirst(3)
    #expect(swapped != TrainingFixture.text && swapped.count == TrainingFixture.text.count)
    for text in [swapped, TrainingFixture.text + "a\n"] {
      let error = #expect(throws: TrainingError.self) { try Self.resume(run, text) }
      guard case .textChanged(let sources) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(sources == ["my.txt"])
    }
    #expect(FileManager.default.contents(atPath: run.latest.path) == before)
    let result = try Self.resume(run)
    guard case .finished = result else {
      Issue.record("\(result)")
      return
    }
  }

  // MARK: metrics.jsonl

  private static func lines(_ folder: RunFolder) throws -> [[String: Any]] {
    let data = try #require(FileManager.default.contents(atPath: folder.metricsPath))
    return try data.split(separator: 0x0A).map {
      try #require(try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any])
    }
  }

  @Test func `the metrics hold a validation loss only where it was evaluated`() throws {
    let folder = try Folder()
    let run = RunFolder(folder.path + "/run")
    let result = try Self.start(in: run, stop: .max)
    guard case .finished(let summary) = result else {
      Issue.record("\(result)")
      return
    }
    let lines = try Self.lines(run)
    let steps = lines.compactMap { $0["step"] as? Int }
    #expect(steps.first == 1 && steps.last == 20 && steps.count == lines.count)
    let evaluated = lines.filter { $0["validation_nats"] != nil }
    let history = summary.state.history
    #expect(history.map(\.step) == [4, 8, 12, 16, 20])
    #expect(evaluated.compactMap { $0["step"] as? Int } == history.map(\.step))
    #expect(
      run.metrics().compactMap(\.validationNats) == history.compactMap(\.validationNats))
    #expect(lines.count > evaluated.count, "the first step is reported without an evaluation")
  }

  @Test func `the seconds of the metrics continue over a resume`() throws {
    let folder = try Folder()
    let run = RunFolder(folder.path + "/run")
    // The clock of the first part has run for a while; that of the second starts anew.
    let clock = Stopwatch()
    Thread.sleep(forTimeInterval: 0.3)
    _ = try Self.start(in: run, stop: 9, clock: clock)
    let first = try Self.lines(run).compactMap { $0["seconds"] as? Double }
    #expect(first.allSatisfy { $0 >= 0.3 })
    // Lines of steps after the checkpoint were lost with their process.
    let handle = try #require(FileHandle(forWritingAtPath: run.metricsPath))
    _ = try handle.seekToEnd()
    try handle.write(contentsOf: Data(#"{"seconds":5000,"step":15}"#.utf8 + [0x0A]))
    try handle.close()
    _ = try Self.resume(run)
    let lines = try Self.lines(run)
    let (steps, seconds) = (
      lines.compactMap { $0["step"] as? Int }, lines.compactMap { $0["seconds"] as? Double }
    )
    // There are more lines where a machine is so busy that steps take seconds.
    #expect(steps == steps.sorted() && Set(steps).isSuperset(of: [1, 4, 8, 10, 12, 16, 20]))
    #expect(Array(seconds.prefix(first.count)) == first && seconds == seconds.sorted())
    let last = try #require(first.last)
    #expect(seconds.allSatisfy { $0 < 1000 } && seconds[first.count] > last)
    #expect(run.metrics().map(\.step) == steps)
  }
}
