public import GeulCompute
public import GeulText
internal import PortableFoundation

/// The processes of a data-parallel run: rank 0 gives the others tasks, which are to read a part of a text and to train.
///
/// Without other processes, the methods read and train alone.
public final class ProcessGroup {
  let communicator: any Communicator
  /// The name of each rank's host; empty for a process that trains alone.
  let hosts: [String]
  /// Indicates whether the other ranks wait for a task.
  private var othersWait = true

  /// A task that rank 0 gives to all ranks.
  enum Task: Codable, Sendable {
    case read(ReadingJob)
    case train(TrainingJob)
  }

  /// Creates the group of a process that trains alone.
  public init() {
    communicator = LocalCommunicator()
    hosts = []
  }

  /// Joins the other processes, each of which calls this initializer.
  ///
  /// - Parameters:
  ///   - version: The version of the program, which must be the same on all ranks.
  ///   - communicator: The exchange with the other ranks.
  /// - Throws: `TrainingError.rank` on all ranks if a rank has another version.
  public init(version: String, communicator: any Communicator) throws(TrainingError) {
    self.communicator = communicator
    hosts =
      communicator.isDistributed ? communicator.allGather(ProcessInfo.processInfo.hostName) : []
    guard communicator.isDistributed else { return }
    let versions = communicator.allGather(version)
    for (rank, other) in versions.enumerated() where other != versions[0] {
      throw .rank(
        rank, host: hosts[rank],
        problem: "it runs version \(other), and rank 0 version \(versions[0])."
      )
    }
  }

  /// The number of processes.
  public var count: Int { communicator.count }

  /// Indicates whether this process gives the tasks.
  public var leads: Bool { communicator.rank == 0 }

  /// Reads texts as `Corpus.read` does; with several ranks, each reads a part of them.
  ///
  /// What one process alone can read, such as standard input, rank 0 reads.
  ///
  /// - Parameters:
  ///   - sources: The texts to read.
  ///   - options: The tokenizer, the encoding and the vocabulary.
  /// - Returns: A corpus of which this process has a part of the tokens.
  /// - Throws: `TrainingError.text`, or `TrainingError.rank` if another rank cannot read its part.
  public func read(
    _ sources: [TextSource], options: CorpusOptions = CorpusOptions()
  ) throws(TrainingError) -> Corpus {
    guard communicator.isDistributed else {
      do { return try Corpus.read(sources, options: options) } catch { throw .text(error) }
    }
    let list: SourceList
    let job: ReadingJob
    do {
      list = try SourceList(sources)
      job = try ReadingJob(list, options)
    } catch { throw .text(error) }
    give(.read(job))
    return try job.run(rank0: list, in: self)
  }

  /// Gives each rank the tokens that it needs to train, and starts training on all ranks.
  ///
  /// - Parameters:
  ///   - configuration: The hyperparameters.
  ///   - texts: The training text and the separate validation text, if there is one, which `read` returned.
  /// - Returns: The same texts, of which this process has the tokens that it needs.
  /// - Throws: `TrainingError` if a rank cannot take part.
  func start(
    _ configuration: TrainingConfiguration, _ texts: TrainingTexts
  ) throws(TrainingError) -> TrainingTexts {
    guard communicator.isDistributed else { return texts }
    guard configuration.teacherWeight == 0 else { throw .teachersNeedOneProcess(count: count) }
    let job = TrainingJob(configuration, texts)
    try job.checkRanks(communicator.count)
    give(.train(job))
    othersWait = false
    try check(nil)
    return try job.share(texts, in: self)
  }

  /// Tells the other ranks that there is nothing more to do, unless they train or have ended.
  public func end() {
    guard leads, othersWait, communicator.isDistributed else { return }
    _ = communicator.broadcast(Task?.none)
    othersWait = false
  }

  private func give(_ task: Task) {
    precondition(leads && othersWait, "rank 0 gives the tasks, until training starts")
    _ = communicator.broadcast(task)
  }

  /// Performs the tasks of rank 0 until it ends the run: the part of the other ranks.
  ///
  /// - Parameter context: The kernels and threads; an error is a reason why this rank cannot take part.
  /// - Returns: False if rank 0 did not train.
  /// - Throws: `TrainingError` if a rank cannot take part.
  public func follow(
    context: @autoclosure () throws -> ComputeContext
  ) throws(TrainingError) -> Bool {
    var texts: [Corpus] = []
    while let task = communicator.broadcast(Task?.none) {
      switch task {
      case .read(let job): texts.append(try job.run(rank0: nil, in: self))
      case .train(let job):
        let own: ComputeContext
        do { own = try context() } catch {
          try check("\(error)")
          return false
        }
        let isComplete = texts.count >= (job.hasValidationText ? 2 : 1)
        try check(isComplete ? nil : "it has not read the texts.")
        let shared = try job.share(
          TrainingTexts(texts[0], validation: job.hasValidationText ? texts[1] : nil), in: self)
        texts = []
        job.follow(shared, own, communicator)
        return true
      }
    }
    return false
  }

  /// Tells all ranks whether this one can go on, and throws on all of them if one cannot.
  ///
  /// - Parameter problem: A sentence that says why this rank cannot take part; nil if it can.
  /// - Throws: `TrainingError.rank` for the first rank with a problem.
  func check(_ problem: String?) throws(TrainingError) {
    let problems = communicator.allGather(problem ?? "")
    guard let rank = problems.firstIndex(where: { !$0.isEmpty }) else { return }
    throw .rank(rank, host: hosts[rank], problem: problems[rank])
  }

  /// Returns the result of `body` if it succeeds on all ranks.
  ///
  /// - Throws: On rank 0, its own error as `TrainingError.text`; else `TrainingError.rank`.
  func onAllRanks<Value>(
    _ body: () throws(TextError) -> Value
  ) throws(TrainingError) -> Value {
    let value: Value
    do { value = try body() } catch {
      do { try check(error.description) } catch let other { throw leads ? .text(error) : other }
      preconditionFailure("an error on one rank is an error on all")
    }
    try check(nil)
    return value
  }
}
