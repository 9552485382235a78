import Geul
import GeulCommandSupport
import GeulMPI
import PortableFoundation

/// The processes that `mpirun` started, of which rank 0 leads the run and the others compute.
final class Ranks {
  private let mpi: MPICommunicator?
  /// The processes of the run, which `run` joins.
  private(set) var group = ProcessGroup()
  /// The time after which a process that waits for the others ends the job, in seconds.
  private var timeLimit = 0.0

  private init(_ mpi: MPICommunicator?) { self.mpi = mpi }

  /// A process that trains alone.
  static var alone: Ranks { Ranks(nil) }

  /// Joins the job of `mpirun`, if it started this process.
  init() throws {
    do throws(MPICommunicator.JoinError) { mpi = try MPICommunicator.join() } catch {
      throw CommandError(error.description)
    }
  }

  /// The exchange with the other ranks.
  var communicator: any Communicator { mpi ?? LocalCommunicator() }

  /// Starts to watch the other processes during the run in a directory; nil for a process that trains alone.
  func watch(path: String?) throws(ThreadError) -> JobWatch? {
    guard let mpi else { return nil }
    return try JobWatch(mpi, path: path, limit: timeLimit)
  }

  /// Leaves the job of `mpirun`.
  func leave() { mpi?.leave() }

  /// Runs `body` on rank 0, and on the others the tasks that rank 0 gives them.
  func run(_ machine: MachineOptions, _ body: () throws -> Void) throws {
    guard let mpi else { return try body() }
    defer { mpi.leave() }
    do {
      timeLimit = try JobWatch.timeLimit
      group = try ProcessGroup(version: programVersion, communicator: mpi)
      if mpi.rank == 0 {
        defer { group.end() }
        return try body()
      }
      StopSignal.watch()
      _ = try watch(path: nil)
      _ = try group.follow(context: machine.context)
    } catch {
      // Rank 0 alone reports problems.
      guard mpi.rank == 0 else { return }
      throw error
    }
  }

  /// Checks that this process trains alone, as on a list.
  func checkList() throws {
    guard group.count > 1 else { return }
    throw CommandError(
      "A list of lines or a text with labels is trained by one process, not by the \(group.count) of mpirun. Start geul without mpirun."
    )
  }

  /// Reads a corpus on all ranks, each a part of it, and prints its notes.
  func readCorpus(_ arguments: [String], _ options: CorpusOptions) throws -> Corpus {
    let corpus: Corpus
    do throws(TrainingError) {
      corpus = try group.read(
        arguments.map { TextSource(argument: existing($0)) }, options: options)
    } catch {
      guard case .text(let error) = error else { throw error }
      throw error
    }
    for note in corpus.notes { Output.note(note) }
    return corpus
  }
}
