/// The most recent tokens of a sequence, to which the repeat, presence, frequency and DRY penalties apply.
///
/// Each sequence has its own window, which holds tokens of the prompt as well as generated ones.
public struct PenaltyWindow: Sendable, Equatable {
  /// The maximum number of tokens in the window.
  public let capacity: Int
  /// The ids of the tokens in the window, in unspecified order.
  public private(set) var ids: [Int] = []
  /// The index in `ids` of the oldest token once the window is full.
  private var oldest = 0

  /// Creates an empty window over the last `capacity` tokens.
  ///
  /// - Precondition: `capacity` is not negative.
  public init(capacity: Int) {
    precondition(capacity >= 0, "the capacity of \(capacity) tokens is negative")
    self.capacity = capacity
    ids.reserveCapacity(min(capacity, 1024))
  }

  /// Appends a token and removes the oldest one if the window is full.
  public mutating func append(_ id: Int) {
    if ids.count < capacity {
      ids.append(id)
    } else if capacity > 0 {
      ids[oldest] = id
      oldest = (oldest + 1) % capacity
    }
  }

  /// Calls a closure with the last `count` tokens, or all if there are fewer, the newest first.
  func forEachRecent(_ count: Int, _ body: (Int) -> Void) {
    var index = oldest
    for _ in 0..<min(count, ids.count) {
      index = (index > 0 ? index : ids.count) - 1
      body(ids[index])
    }
  }
}
