public import GeulCompute

/// The exchange between the processes that train one network together (data-parallel training).
///
/// A step sums gradients and losses over all ranks; every rank then makes the same update.
public protocol Communicator: Sendable {
  /// The index of this process, from 0.
  var rank: Int { get }
  /// The number of processes.
  var count: Int { get }
  /// Replaces each element by its sum over all ranks, with the same bits on each rank.
  func allReduceSum(_ values: inout Buffer<Float>)
  /// Returns the sum of a value over all ranks, with the same bits on each rank.
  func allReduceSum(_ value: Double) -> Double
}

extension Communicator {
  /// The rows of a batch that this rank computes; ranks differ by at most one row.
  public func rows(of batch: Int) -> Range<Int> {
    batch * rank / count..<batch * (rank + 1) / count
  }
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
  public func allReduceSum(_ values: inout Buffer<Float>) {}
  /// Returns `value`.
  public func allReduceSum(_ value: Double) -> Double { value }
}
