import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import TestSupport
import Testing

/// Whole data-parallel runs, with ranks that are threads.
struct DataParallelRunTests {
  /// Runs a session on a number of ranks; `prepare` may give a rank another version of the program.
  ///
  /// - Returns: A message of each rank: how it ended.
  static func train(
    _ folder: Folder, out: String, ranks: Int, text: String = "text.txt",
    contents: String = DataParallelTests.text, batch: Int = 16, hasTeacher: Bool = false,
    version: @escaping @Sendable (_ rank: Int) -> String = { _ in "1" },
    context makeContext: @escaping @Sendable (_ rank: Int) throws -> ComputeContext = { _ in
      ComputeContext(Kernels(.best), threads: 1)
    }
  ) throws -> [String] {
    if text != "-" { try folder.write(contents, to: text) }
    let source =
      text == "-"
      ? TextSource.text(contents, name: "standard input")
      : .path(folder.file(text))
    let run = RunFolder(folder.file(out))
    return ThreadCommunicator.run(ranks: ranks) { communicator in
      do {
        let group = try ProcessGroup(
          version: version(communicator.rank), communicator: communicator)
        guard group.leads else {
          let hasRun = try group.follow(context: makeContext(communicator.rank))
          return hasRun ? "finished" : "nothing to do"
        }
        defer { group.end() }
        let context = try makeContext(0)
        var options = TrainingOptions()
        (options.hidden, options.batch, options.length) = (16, batch, 128)
        (options.dropout, options.precision) = (0.1, .float32)
        options.configuration.evaluationCount = 4
        options.configuration.patience = 0
        options.budget = .steps(12)
        let corpus = try group.read([source])
        if hasTeacher {
          let architecture = Architecture(layers: 1, hidden: 8)
          var random = SplitMix64(seed: 1)
          let network = Network(architecture, vocabulary: corpus.vocabulary.count)
          options.teachers = [
            Model(
              Model.Metadata(
                architecture: architecture, tokenizer: corpus.tokenizer,
                vocabulary: corpus.vocabulary), parameters: network.initialParameters(&random))
          ]
        }
        let plan = try TrainingPlan(options, corpus: corpus, context: context, ranks: ranks)
        let result = try TrainingSession(plan, folder: run).run(
          sampleEvery: 0, baselines: true, group: group, report: { _ in })
        guard case .finished = result else { return "\(result)" }
        return "finished"
      } catch {
        return "\(error)"
      }
    }
  }

  @Test(arguments: ["text.txt", "-"])
  func `a run of three ranks writes the files of one process`(text: String) throws {
    let folder = try Folder()
    #expect(try Self.train(folder, out: "alone", ranks: 1, text: text) == ["finished"])
    #expect(
      try Self.train(folder, out: "together", ranks: 3, text: text)
        == ["finished", "finished", "finished"])
    for name in ["latest.safetensors", "best.safetensors"] {
      let expected = folder.data("alone/" + name)
      #expect(expected != nil)
      #expect(folder.data("together/" + name) == expected, "\(name)")
    }
  }

  @Test func `with n-grams, a run of three ranks writes the files of one process`() throws {
    let folder = try Folder()
    let contents = NGramTrainingTests.text
    #expect(
      try Self.train(folder, out: "alone", ranks: 1, contents: contents) == ["finished"])
    #expect(
      try Self.train(folder, out: "together", ranks: 3, contents: contents)
        == ["finished", "finished", "finished"])
    #expect(try Model(contentsOf: folder.file("alone/best.safetensors")).ngrams != nil)
    for name in ["latest.safetensors", "best.safetensors"] {
      #expect(folder.data("together/" + name) == folder.data("alone/" + name), "\(name)")
    }
  }

  @Test func `a rank with another version is named, and nothing is trained`() throws {
    let folder = try Folder()
    let messages = try Self.train(folder, out: "run", ranks: 3, version: { $0 == 2 ? "0.9" : "1" })
    #expect(messages[0].hasPrefix("Rank 2 on "))
    #expect(messages[0].hasSuffix(" cannot take part: it runs version 0.9, and rank 0 version 1."))
    #expect(messages[1] == messages[0] && messages[2] == messages[0])
    #expect(!folder.exists("run"))
  }

  @Test func `a rank without the chosen kernels is named, and no rank waits for it`() throws {
    struct NoKernels: Error, CustomStringConvertible { let description = "no kernels." }
    let folder = try Folder()
    let messages = try Self.train(
      folder, out: "run", ranks: 3,
      context: { rank in
        guard rank != 1 else { throw NoKernels() }
        return ComputeContext(Kernels(.best), threads: 1)
      })
    #expect(messages[0].hasPrefix("Rank 1 on "))
    #expect(messages[0].hasSuffix(" cannot take part: no kernels."))
    #expect(messages[1] == messages[0] && messages[2] == messages[0])
    #expect(!folder.exists("run"))
  }

  @Test func `a run with a teacher is refused with more than one rank, and leaves no folder`()
    throws
  {
    let folder = try Folder()
    #expect(try Self.train(folder, out: "alone", ranks: 1, hasTeacher: true) == ["finished"])
    let endings = try Self.train(folder, out: "together", ranks: 2, hasTeacher: true)
    #expect(
      endings == [
        "A run with --teacher works in one process, not in the 2 of mpirun. Start geul without mpirun.",
        "nothing to do",
      ])
    #expect(!folder.exists("together"))
  }

  @Test func `more ranks than sub-batches are refused on all ranks`() throws {
    let folder = try Folder()
    let many = try Self.train(folder, out: "run", ranks: 3, batch: 8)
    #expect(
      many[0]
        == "A batch of 8 x 128 tokens can be divided among at most 2 processes, and there are 3."
        + " Start fewer, or choose a larger --batch.")
    #expect(many[1...] == ["nothing to do", "nothing to do"])
    #expect(!folder.exists("run"))
  }

  @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 16, 64])
  func `each sub-batch belongs to one rank, whatever their number`(ranks: Int) {
    let subBatches = SubBatches(batch: 512, length: 64)
    #expect(subBatches.count == 64)
    #expect(subBatches.all.flatMap(Array.init) == Array(0..<512))
    let rows = (0..<ranks).flatMap { rank in
      let first = subBatches.count * rank / ranks
      return (first..<subBatches.count * (rank + 1) / ranks).map(subBatches.rows)
    }
    #expect(rows == subBatches.all)
  }

  @Test(arguments: [
    (1, 64, 1), (7, 128, 1), (8, 128, 2), (12, 128, 2), (32, 64, 4), (64, 128, 16), (100, 100, 16),
    (3, 10_000, 2), (4096, 64, 64),
  ])
  func `a batch has a power of two of sub-batches, of at least 512 tokens each`(
    batch: Int, length: Int, count: Int
  ) {
    let subBatches = SubBatches(batch: batch, length: length)
    #expect(subBatches.count == count)
    let sizes = subBatches.all.map(\.count)
    #expect(sizes.reduce(0, +) == batch)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
  }

  @Test func `a rank is slow if it takes longer for its number of sequences`() {
    // Rank 0 has twice as many sequences.
    let even = SlowRank(seconds: [0.2, 0.1, 0.11], sequences: [16, 8, 8])
    #expect(even?.isClearlySlower == false)
    let slow = SlowRank(seconds: [0.2, 0.1, 0.3], sequences: [16, 8, 8])
    #expect(slow?.rank == 2)
    #expect(slow?.seconds == 0.3)
    #expect(slow?.median == 0.1)
    #expect(slow?.isClearlySlower == true)
    #expect(SlowRank(seconds: [0.1, 0.3], sequences: [8, 8])?.rank == 1)
    #expect(SlowRank(seconds: [], sequences: []) == nil)
  }
}
