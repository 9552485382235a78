internal import CGeulMPI
public import GeulTraining
internal import PortableFoundation

/// The communicator of the processes that `mpirun` started.
///
/// MPI ends the job if a process fails, so no operation throws. One thread of a process calls MPI.
public struct MPICommunicator: Communicator {
  /// The index of this process, from 0.
  public let rank: Int
  /// The number of processes.
  public let count: Int

  /// The reason why this process cannot join the job of `mpirun`.
  public enum JoinError: Error, CustomStringConvertible {
    /// The program is built without MPI.
    case notBuiltIn
    /// MPI could not be initialized.
    case failed

    /// The message.
    public var description: String {
      switch self {
      case .notBuiltIn:
        "this build of geul cannot train on several processes. Build it with: swift build -c release --traits MPI"
          + " (Debian: needs libopenmpi-dev)."
      case .failed: "MPI could not be initialized. Start the processes with mpirun."
      }
    }
  }

  private init() {
    rank = Int(geul_mpi_rank())
    count = Int(geul_mpi_count())
  }

  /// Joins the job that `mpirun` started; initialization takes about 0.3 s.
  ///
  /// - Returns: Nil if the process was not started by `mpirun`, or alone.
  /// - Throws: `JoinError`.
  public static func join() throws(JoinError) -> MPICommunicator? {
    // Open MPI; MPICH and its relatives.
    let sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]
    let count = sizes.lazy.compactMap { ProcessInfo.processInfo.environment[$0] }.first
    guard let count = count.flatMap({ Int($0) }), count > 1 else { return nil }
    guard geul_mpi_is_built_in() == 1 else { throw .notBuiltIn }
    guard geul_mpi_join() == 0 else { throw .failed }
    return MPICommunicator()
  }

  /// Leaves the job: the last operation, on all ranks.
  public func leave() { geul_mpi_leave() }

  /// Ends the job on all ranks at once.
  public func abort(exitCode: Int32) { geul_mpi_abort(exitCode) }

  /// The seconds that this process has been waiting in an operation, 0 if it is in none; any thread may read it.
  public var waitingSeconds: Double { geul_mpi_waiting_seconds() }

  /// Copies the bytes of `root` in `range` to all ranks.
  public func broadcast(_ bytes: inout MutableRawSpan, _ range: Range<Int>, from root: Int) {
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count)
      unsafe geul_mpi_broadcast(base + range.lowerBound, range.count, Int32(root))
    }
  }

  /// Concatenates the bytes of all ranks, `byteCounts[r]` of rank r, in `all`.
  public func allGather(_ own: RawSpan, into all: inout MutableRawSpan, byteCounts: [Int]) {
    precondition(byteCounts.count == count && byteCounts[rank] == own.byteCount)
    precondition(byteCounts.reduce(0, +) == all.byteCount)
    unsafe own.withUnsafeBytes { own in
      unsafe all.withUnsafeMutableBytes { all in
        guard let base = all.baseAddress else { return }
        unsafe geul_mpi_all_gather(own.baseAddress, base, byteCounts)
      }
    }
  }

  /// Sends consecutive parts of `parts`, `byteCounts[r]` bytes to rank r, and receives consecutive parts,
  /// `receivedByteCounts[r]` bytes from rank r.
  public func allToAll(
    _ parts: RawSpan, byteCounts: [Int], into received: inout MutableRawSpan,
    receivedByteCounts: [Int]
  ) {
    precondition(byteCounts.count == count && receivedByteCounts.count == count)
    precondition(byteCounts.reduce(0, +) <= parts.byteCount)
    precondition(receivedByteCounts.reduce(0, +) <= received.byteCount)
    unsafe parts.withUnsafeBytes { parts in
      unsafe received.withUnsafeMutableBytes { received in
        // A rank that has nothing to send or to receive takes part, too.
        unsafe geul_mpi_all_to_all(
          parts.baseAddress, byteCounts, received.baseAddress, receivedByteCounts)
      }
    }
  }
}
