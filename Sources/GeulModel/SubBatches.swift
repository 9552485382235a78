/// The division of a batch into sub-batches, whose gradients are summed by themselves and then added in pairs.
///
/// It depends on the batch only, so the sum has the same bits for any number of threads, and of processes that each
/// compute some of the sub-batches; see `MatrixGradient`.
public struct SubBatches: Sendable, Equatable {
  /// The batch size.
  public let batch: Int
  /// The number of sub-batches: a power of two.
  public let count: Int

  /// The maximum number of sub-batches.
  package static let maximumCount = 64
  /// The minimum number of positions of a sub-batch: with fewer, the sums in pairs take time.
  private static let minimumPositions = 512

  /// Divides a batch of sequences of `length` tokens.
  public init(batch: Int, length: Int) {
    self.batch = batch
    let limit = min(Self.maximumCount, batch, batch * length / Self.minimumPositions)
    count = limit > 1 ? 1 << (Int.bitWidth - 1 - limit.leadingZeroBitCount) : 1
  }

  /// Returns the sequences of a sub-batch; sub-batches differ by at most one sequence.
  public func rows(of index: Int) -> Range<Int> {
    batch * index / count..<batch * (index + 1) / count
  }

  /// The sequences of each sub-batch.
  public var all: [Range<Int>] { (0..<count).map(rows) }
}
