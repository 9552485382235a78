/// The last units of a text, which the repeat penalty looks at.
///
/// One window belongs to one text; the prompt's units count as well as the generated ones.
public struct PenaltyWindow: Sendable, Equatable {
  /// How many units the window holds at most.
  public let capacity: Int
  /// The units in it, in no particular order.
  public private(set) var ids: [Int] = []
  /// Where the oldest unit is once the window is full.
  private var oldest = 0

  /// An empty window over the last `capacity` units.
  ///
  /// - Precondition: `capacity` is not negative.
  public init(capacity: Int) {
    precondition(capacity >= 0, "a window of \(capacity) units")
    self.capacity = capacity
    ids.reserveCapacity(min(capacity, 1024))
  }

  /// Adds the newest unit; the oldest leaves if the window is full.
  public mutating func append(_ id: Int) {
    if ids.count < capacity {
      ids.append(id)
    } else if capacity > 0 {
      ids[oldest] = id
      oldest = (oldest + 1) % capacity
    }
  }
}
