/// The exchange between the processes that train one network together (data-parallel training).
///
/// The operations are collective, as in MPI: every process, called a rank, calls the same ones in the same order. An
/// operation that fails ends the job.
public protocol Communicator: Sendable {
  /// The index of this process, from 0.
  var rank: Int { get }
  /// The number of processes.
  var count: Int { get }
  /// Copies the bytes of `root` in `range` to all ranks.
  func broadcast(_ bytes: inout MutableRawSpan, _ range: Range<Int>, from root: Int)
  /// Concatenates the bytes of all ranks, `byteCounts[r]` of rank r, in `all`.
  func allGather(_ own: RawSpan, into all: inout MutableRawSpan, byteCounts: [Int])
  /// Sends consecutive parts of `parts`, `byteCounts[r]` bytes to rank r, and receives consecutive parts, `receivedByteCounts[r]`
  /// bytes from rank r.
  func allToAll(
    _ parts: RawSpan, byteCounts: [Int], into received: inout MutableRawSpan,
    receivedByteCounts: [Int])
}

/// The communicator of a process that trains alone.
public struct LocalCommunicator: Communicator {
  /// Creates the communicator.
  public init() {}
  /// 0.
  public var rank: Int { 0 }
  /// 1.
  public var count: Int { 1 }
  /// Does nothing.
  public func broadcast(_ bytes: inout MutableRawSpan, _ range: Range<Int>, from root: Int) {}
  /// Traps: a process that trains alone has nothing to gather.
  public func allGather(_ own: RawSpan, into all: inout MutableRawSpan, byteCounts: [Int]) {
    preconditionFailure("there is one process")
  }
  /// Traps: a process that trains alone has nothing to exchange.
  public func allToAll(
    _ parts: RawSpan, byteCounts: [Int], into received: inout MutableRawSpan,
    receivedByteCounts: [Int]
  ) {
    preconditionFailure("there is one process")
  }
}
