public import GeulCompute
public import GeulModel
internal import GeulStorage
public import GeulText
internal import PortableFoundation

extension Model {
  /// Trains a model for a time, with the configuration that `geul train` would choose, and returns the best model.
  ///
  /// ```swift
  /// let corpus = try Corpus(contentsOf: "my.txt")
  /// let model = try Model.train(on: corpus, for: .seconds(10)) { print($0) }
  /// ```
  ///
  /// Nothing is kept on disk; `TrainingSession` trains in a folder, from which training can be resumed.
  ///
  /// - Parameters:
  ///   - corpus: The text.
  ///   - duration: The wall-clock time.
  ///   - options: The hyperparameters; what is nil is chosen.
  ///   - context: The kernels and threads; by default the fastest of this machine.
  ///   - report: Takes the progress about once a second.
  /// - Returns: The model with the lowest validation loss.
  /// - Throws: `TrainingError`, or `InstructionSetError` if `GEUL_ISA` names an instruction set that is not available.
  public static func train(
    on corpus: Corpus, for duration: Duration, options: TrainingOptions = TrainingOptions(),
    context: ComputeContext? = nil, report: (TrainingLoop.Progress) -> Void = { _ in }
  ) throws -> Model {
    let clock = Stopwatch()
    var options = options
    options.budget = .seconds(duration / .seconds(1))
    let plan = try TrainingPlan(
      options, corpus: corpus, context: try context ?? ComputeContext())
    let path = FileManager.default.temporaryDirectory.appending(
      path: "geul-train-\(UUID().uuidString)"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = RunFolder(path)
    _ = try TrainingSession(plan, folder: folder).run(
      sampleEvery: 0, baselines: false, clock: clock
    ) { event in
      switch event {
      case .progress(let progress), .validated(let progress, _, _): report(progress)
      default: break
      }
    }
    return try Model(contentsOf: folder.best.path)
  }
}
