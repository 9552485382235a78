import Geul
import GeulCommandSupport
import GeulMPI

/// The processes that `mpirun` started, of which rank 0 leads the run and the others compute.
final class Ranks {
  private let mpi: MPICommunicator?
  /// Indicates whether the other ranks have been told what to train.
  private var hasStarted = false

  private init(_ mpi: MPICommunicator?) { self.mpi = mpi }

  /// A process that trains alone.
  static var alone: Ranks { Ranks(nil) }

  /// Joins the job of `mpirun`, if it started this process.
  init() throws {
    do throws(MPICommunicator.JoinError) { mpi = try MPICommunicator.join() } catch {
      throw CommandError(error.description)
    }
  }

  /// Returns the exchange with the other ranks, and the version that they must have, for training that starts now.
  func startTraining() -> (version: String, communicator: any Communicator) {
    hasStarted = true
    guard let mpi else { return ("", LocalCommunicator()) }
    return (programVersion, mpi)
  }

  /// Indicates whether this process leads the run.
  var leads: Bool { mpi.map { $0.rank == 0 } ?? true }

  /// The number of processes.
  var count: Int { mpi?.count ?? 1 }

  /// Starts to watch the other processes during the run in a directory; nil for a process that trains alone.
  func watch(path: String?) -> JobWatch? { mpi.map { JobWatch($0, path: path) } }

  /// Leaves the job of `mpirun`.
  func leave() { mpi?.leave() }

  /// Runs `body` on rank 0, and on the others the part of the run that rank 0 gives them.
  func run(_ machine: MachineOptions, _ body: () throws -> Void) throws {
    guard let mpi else { return try body() }
    defer { mpi.leave() }
    guard mpi.rank > 0 else {
      do { try body() } catch {
        if !hasStarted { TrainingWorker.cancel(mpi) }
        throw error
      }
      if !hasStarted { TrainingWorker.cancel(mpi) }
      return
    }
    // Rank 0 alone stops the run and reports problems.
    StopSignal.watch()
    _ = watch(path: nil)
    _ = try? TrainingWorker.run(
      version: programVersion, communicator: mpi, context: machine.context)
  }
}
