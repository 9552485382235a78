/// The threads that share work.
///
/// Work comes in more, smaller portions than there are threads, and a thread takes the next portion when it
/// has finished one: on a shared machine a slow thread does not hold up the rest. What is computed must not
/// depend on who computes it.
public struct ThreadPool: Sendable {
  /// How many threads work at most.
  public let count: Int
  /// The threads beside the caller's.
  private let crew: WorkerPool?

  /// - Parameter count: how many threads work at most; at least 1.
  public init(_ count: Int) {
    precondition(count >= 1, "\(count) threads")
    self.count = count
    crew = count > 1 ? WorkerPool(count - 1) : nil
  }

  /// Calls `body` once for each of `0..<jobs`, and returns when all have finished.
  public func run(_ jobs: Int, _ body: @Sendable (Int) -> Void) {
    runOnLanes(jobs) { job, _ in body(job) }
  }

  /// Tells `body` its lane as well.
  private func runOnLanes(_ jobs: Int, _ body: @Sendable (_ job: Int, _ lane: Int) -> Void) {
    guard let crew, jobs > 1 else {
      for job in 0..<jobs { body(job, 0) }
      return
    }
    crew.run(jobs, pool: min(count, jobs), body)
  }

  /// Shares out units in whole panels of 64, if they read at least 512 KB of weights: less is read while others are called.
  func share(_ units: Int, reading bytes: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let panel = 4 * columnBlockWidth
    let panels = (units + panel - 1) / panel
    let parts = bytes < 1 << 19 ? 1 : min(count, panels)
    run(parts) { part in
      body(panels * part / parts * panel..<min(units, panels * (part + 1) / parts * panel))
    }
  }

  /// Calls `body` once for each element, which it may change, and returns when all have finished.
  public func forEach<Item: Sendable>(_ items: inout [Item], _ body: @Sendable (inout Item) -> Void)
  {
    unsafe items.withUnsafeMutableBufferPointer { items in
      guard let base = items.baseAddress else { return }
      let shared = unsafe SharedPointer(base: base)
      run(items.count) { index in unsafe body(&shared.base[index]) }
    }
  }

  /// The same with room to work in, of which each lane has its own; what is left there must not matter to the next.
  public func forEach<Item: Sendable, Room: Sendable>(
    _ items: inout [Item], with rooms: inout [Room],
    _ body: @Sendable (inout Item, inout Room) -> Void
  ) {
    precondition(rooms.count >= min(count, items.count), "room for \(rooms.count) lanes")
    unsafe items.withUnsafeMutableBufferPointer { items in
      unsafe rooms.withUnsafeMutableBufferPointer { rooms in
        guard let item = items.baseAddress, let room = rooms.baseAddress else { return }
        let (shared, own) = unsafe (SharedPointer(base: item), SharedPointer(base: room))
        runOnLanes(items.count) { index, lane in
          unsafe body(&shared.base[index], &own.base[lane])
        }
      }
    }
  }
}
