internal import Foundation
public import GeulCompute
internal import GeulModel
internal import GeulText

/// What rank 0 tells the other ranks before training, so that all of them train on the same text with the same
/// configuration.
struct TrainingJob: Codable, Sendable {
  /// The version of the program.
  var version: String
  var configuration: TrainingConfiguration
  var text: RunState.TextSelection
  var tokenizer: Tokenizer
  var corpusHash: String

  /// Starts the job on all ranks, and waits until they have read the text: the part of rank 0.
  ///
  /// - Returns: The name of each rank's host; empty for a process that trains alone.
  /// - Throws: `TrainingError.rank` if a rank cannot take part.
  func start(_ communicator: any Communicator) throws(TrainingError) -> [String] {
    guard communicator.isDistributed else { return [] }
    guard !text.sources.contains("-"), text.validationSource != "-" else {
      TrainingWorker.cancel(communicator)
      throw .textNotShared
    }
    let subBatches = SubBatches(batch: configuration.batch, length: configuration.length)
    guard communicator.count <= subBatches.count else {
      TrainingWorker.cancel(communicator)
      throw .tooManyRanks(
        communicator.count, batch: configuration.batch, length: configuration.length,
        limit: subBatches.count)
    }
    _ = communicator.broadcast(self)
    let (hosts, problems) = Self.report("", communicator)
    for (rank, problem) in problems.enumerated() where !problem.isEmpty {
      throw .rank(rank, host: hosts[rank], problem: problem)
    }
    return hosts
  }

  /// Tells all ranks the host of this rank, and why it cannot take part; the problem is empty if it can.
  fileprivate static func report(
    _ problem: String, _ communicator: any Communicator
  ) -> (hosts: [String], problems: [String]) {
    (communicator.allGather(ProcessInfo.processInfo.hostName), communicator.allGather(problem))
  }

  /// Reads the texts of the job.
  ///
  /// - Throws: A sentence that says why this rank cannot take part.
  fileprivate func readTexts() throws(TrainingWorker.Problem) -> (Corpus, validation: Corpus?) {
    var options = CorpusOptions(
      tokenizer: tokenizer, encoding: text.encoding, invalid: text.invalid,
      minimumCount: text.minimumCount)
    func read(_ paths: [String], _ hash: String?) throws(TrainingWorker.Problem) -> Corpus {
      let corpus: Corpus
      do { corpus = try Corpus.read(paths.map(TextSource.path), options: options) } catch {
        throw TrainingWorker.Problem("\(error)")
      }
      guard corpus.hash == hash else {
        throw TrainingWorker.Problem(
          "\(paths.joined(separator: ", ")) is not the text that rank 0 reads.")
      }
      return corpus
    }
    let corpus = try read(text.sources, corpusHash)
    options.vocabulary = corpus.vocabulary
    guard let source = text.validationSource else { return (corpus, nil) }
    return (corpus, try read([source], text.validationHash))
  }
}

/// The part of all ranks but 0 in data-parallel training: computes gradients of its sub-batches until rank 0 ends the run.
public enum TrainingWorker {
  /// The reason why a rank cannot take part, which rank 0 reports.
  public struct Problem: Error, CustomStringConvertible {
    /// A sentence.
    public let description: String

    init(_ description: String) { self.description = description }
  }

  /// Tells the other ranks that there is nothing to do: called by rank 0 if it cannot start a run.
  public static func cancel(_ communicator: any Communicator) {
    _ = communicator.broadcast(TrainingJob?.none)
  }

  /// Takes part in the run of rank 0.
  ///
  /// - Parameters:
  ///   - version: The version of the program, which must be that of rank 0.
  ///   - communicator: The exchange with the other ranks.
  ///   - context: The kernels and threads; an error is a reason why this rank cannot take part.
  /// - Returns: False if rank 0 had nothing to do.
  /// - Throws: `Problem` if this rank cannot take part.
  public static func run(
    version: String, communicator: any Communicator,
    context: @autoclosure () throws -> ComputeContext
  ) throws(Problem) -> Bool {
    guard let job = communicator.broadcast(TrainingJob?.none) else { return false }
    let texts: (corpus: Corpus, validation: Corpus?)
    let computeContext: ComputeContext
    do throws(Problem) {
      guard job.version == version else {
        throw Problem("it runs version \(version), and rank 0 version \(job.version).")
      }
      do { computeContext = try context() } catch { throw Problem("\(error)") }
      texts = try job.readTexts()
    } catch {
      _ = TrainingJob.report(error.description, communicator)
      throw error
    }
    let problems = TrainingJob.report("", communicator).problems
    guard problems.allSatisfy(\.isEmpty) else { return false }
    var trainer = Trainer(
      job.configuration, vocabulary: texts.corpus.vocabulary.count,
      tokenCount: TrainingLoop.trainingTokenCount(of: texts.corpus, job.configuration),
      context: computeContext, communicator: communicator)
    trainer.follow(
      texts.corpus,
      validation: TrainingLoop.validation(texts.corpus, texts.validation, job.configuration))
    return true
  }
}
