internal import GeulCompute
internal import GeulModel

/// The sum of the gradients over the sub-batches of all ranks.
///
/// A rank computes consecutive sub-batches: some subtrees of the binary tree in which their sums are added. Each rank then
/// adds one segment of the parameters over the subtrees of all ranks, in the order of the tree (reduce-scatter), and gathers
/// the segments of the others (all-gather). So the sum has the same bits for any number of ranks.
struct GradientReducer {
  private let communicator: any Communicator
  private let subBatches: SubBatches
  /// The subtrees of each rank, in order.
  private let subtrees: [[Range<Int>]]
  /// The sums over each subtree of this rank; after `reduce`, the first one is that over the batch.
  private var sums: [ParameterStorage]
  /// This rank's segment of the subtrees of all ranks.
  private var received: Buffer<Float>
  /// The part of the parameters that each rank adds.
  private let segments: [Range<Int>]

  init(_ network: Network, _ subBatches: SubBatches, _ communicator: any Communicator) {
    self.communicator = communicator
    self.subBatches = subBatches
    let (count, ranks) = (network.layout.count / columnBlockWidth, communicator.count)
    subtrees = (0..<ranks).map { Self.subtrees(of: subBatches, $0, ranks) }
    sums = subtrees[communicator.rank].map { _ in ParameterStorage(network.layout) }
    segments = (0..<ranks).map {
      count * $0 / ranks * columnBlockWidth..<count * ($0 + 1) / ranks * columnBlockWidth
    }
    received = Buffer(
      zeros: communicator.isDistributed
        ? subtrees.joined().count * segments[communicator.rank].count : 0)
  }

  /// The sub-batches of a rank.
  static func subBatches(of all: SubBatches, rank: Int, ranks: Int) -> Range<Int> {
    all.count * rank / ranks..<all.count * (rank + 1) / ranks
  }

  /// The sequences that a rank computes.
  static func rows(of all: SubBatches, rank: Int, ranks: Int) -> Range<Int> {
    let own = subBatches(of: all, rank: rank, ranks: ranks)
    return all.rows(of: own.lowerBound).lowerBound..<all.rows(of: own.upperBound - 1).upperBound
  }

  /// The number of parameter storages that several ranks take in memory besides the gradients.
  static func exchangedCopies(_ all: SubBatches, ranks: Int) -> Int {
    guard ranks > 1 else { return 0 }
    let counts = (0..<ranks).map { subtrees(of: all, $0, ranks).count }
    let own = counts.max() ?? 1
    // The other subtrees and their segments in order, the received segments, and this rank's sum of them.
    return 2 * (own - 1) + (counts.reduce(0, +) + ranks - 1) / ranks + 1
  }

  /// The largest subtrees that contain only sub-batches of a rank, in order.
  private static func subtrees(of all: SubBatches, _ rank: Int, _ ranks: Int) -> [Range<Int>] {
    let own = subBatches(of: all, rank: rank, ranks: ranks)
    var (subtrees, start): ([Range<Int>], Int) = ([], own.lowerBound)
    while start < own.upperBound {
      var count = start == 0 ? all.count : 1 << start.trailingZeroBitCount
      while start + count > own.upperBound { count /= 2 }
      subtrees.append(start..<start + count)
      start += count
    }
    return subtrees
  }

  /// The gradients of the batch, after `reduce`.
  var gradients: ParameterStorage {
    get { sums[0] }
    _modify { yield &sums[0] }
  }

  /// Computes the sums of this rank with `body`, which takes the sequences of each sub-batch of a subtree and adds their
  /// gradients.
  mutating func sum(_ body: (_ rows: [Range<Int>], _ gradients: inout ParameterStorage) -> Void) {
    for (index, subtree) in subtrees[communicator.rank].enumerated() {
      sums[index].values.clear()
      body(subtree.map(subBatches.rows), &sums[index])
    }
  }

  /// Adds the sums of all ranks.
  mutating func reduce(_ context: ComputeContext) {
    guard communicator.isDistributed else { return }
    exchangeSegments()
    let segment = segments[communicator.rank]
    addPairs(context, segment.count)
    sums[0].values.copy(received, 0..<segment.count, to: segment.lowerBound)
    gatherSegments()
  }

  private func byteCount(_ elements: Int) -> Int { elements * MemoryLayout<Float>.stride }

  /// Sends each rank its segment of the subtrees of this rank.
  private mutating func exchangeSegments() {
    let (segment, own) = (segments[communicator.rank], sums.count)
    // With one subtree the segments are consecutive in it.
    var parts = sums[0].values
    if own > 1 {
      parts = Buffer(zeros: own * sums[0].values.count)
      var start = 0
      for segment in segments {
        for sum in sums {
          parts.copy(sum.values, segment, to: start)
          start += segment.count
        }
      }
    }
    let communicator = communicator
    let byteCounts = segments.map { byteCount(own * $0.count) }
    let receivedByteCounts = subtrees.map { byteCount($0.count * segment.count) }
    var span = received.mutableSpan
    var bytes = unsafe span.mutableBytes
    unsafe communicator.allToAll(
      parts.span.bytes, byteCounts: byteCounts, into: &bytes,
      receivedByteCounts: receivedByteCounts)
  }

  /// Adds the received subtrees in the order of the tree; the sum is at the beginning.
  private mutating func addPairs(_ context: ComputeContext, _ count: Int) {
    // The subtrees that wait for their neighbors: the place and the last sub-batch of each.
    var pending: [(place: Int, last: Int)] = []
    func addLast(_ values: inout Buffer<Float>) {
      let right = pending.removeLast()
      let left = pending[pending.count - 1].place
      context.add(right.place * count..<(right.place + 1) * count, to: left * count, in: &values)
      pending[pending.count - 1].last = right.last
    }
    for (place, subtree) in subtrees.joined().enumerated() {
      // Two subtrees are added before the next one if the highest bit in which their sub-batches differ is lower.
      while pending.count >= 2,
        pending[pending.count - 2].last ^ pending[pending.count - 1].last
          < pending[pending.count - 1].last ^ subtree.lowerBound
      { addLast(&received) }
      pending.append((place, subtree.upperBound - 1))
    }
    while pending.count > 1 { addLast(&received) }
  }

  /// Gathers the segments of all ranks.
  private mutating func gatherSegments() {
    let communicator = communicator
    let byteCounts = segments.map { byteCount($0.count) }
    let own = Buffer(sums[0].values, segments[communicator.rank])
    var span = sums[0].values.mutableSpan
    var bytes = unsafe span.mutableBytes
    unsafe communicator.allGather(own.span.bytes, into: &bytes, byteCounts: byteCounts)
  }
}
