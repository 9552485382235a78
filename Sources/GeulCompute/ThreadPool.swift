internal import PortableFoundation

/// A pool of threads.
///
/// A thread takes the next job when it has finished one. With more jobs than threads, a slow thread on a shared machine
/// does not delay the others. Results must not depend on which thread runs a job.
public struct ThreadPool: Sendable {
  /// The number of threads, including the calling thread.
  public let count: Int
  /// The threads in addition to the calling thread.
  private let workers: WorkerThreads?

  /// Creates a pool of `count` threads, or of those that the system can start.
  ///
  /// - Precondition: `count` is at least 1.
  public init(_ count: Int) {
    precondition(count >= 1, "count must be at least 1, is \(count)")
    let workers = count > 1 ? WorkerThreads(count - 1) : nil
    let started = 1 + (workers?.count ?? 0)
    (self.workers, self.count) = (workers, started)
    shortage = workers?.failure.map {
      Shortage(requested: count, started: started, reason: $0)
    }
  }

  /// A limit of the system that kept threads of a pool from starting, such as `ulimit -u` or `pids.max`.
  public struct Shortage: Sendable, Equatable {
    /// The number of threads that were requested, including the calling thread.
    public let requested: Int
    /// The number of threads of the pool, including the calling thread.
    public let started: Int
    /// The reason that the system gives, such as "Resource temporarily unavailable".
    public let reason: String
  }

  /// The reason why the pool has fewer threads than requested; nil if it has all of them.
  public let shortage: Shortage?

  /// The number of threads that `GEUL_THREADS` sets, otherwise the number of processors that this process may use;
  /// from 1 to 1024.
  public static var defaultCount: Int {
    let environment = ProcessInfo.processInfo.environment["GEUL_THREADS"].flatMap { Int($0) }
    return min(1024, max(1, environment ?? ProcessorLimits.availableCount))
  }

  /// Calls `body` once for each of `0..<jobs`, and returns when all have finished.
  public func run(_ jobs: Int, _ body: @Sendable (Int) -> Void) {
    runOnThreads(jobs) { job, _ in body(job) }
  }

  /// Passes the index of the thread as well; that of the calling thread is 0.
  private func runOnThreads(_ jobs: Int, _ body: @Sendable (_ job: Int, _ thread: Int) -> Void) {
    guard let workers, jobs > 1 else {
      for job in 0..<jobs { body(job, 0) }
      return
    }
    workers.run(jobs, threads: min(count, jobs), body)
  }

  /// Calls `body` for disjoint ranges of whole panels of 64 columns, at most one per thread.
  ///
  /// With less than 512 KB of weights there is one range, because reading them takes less time than waking a thread.
  func split(
    columns: Int, weightBytes: Int, _ body: @Sendable (_ columns: Range<Int>) -> Void
  ) {
    let panel = 4 * columnBlockWidth
    let panels = (columns + panel - 1) / panel
    let parts = weightBytes < 1 << 19 ? 1 : min(count, panels)
    run(parts) { part in
      body(panels * part / parts * panel..<min(columns, panels * (part + 1) / parts * panel))
    }
  }

  /// Calls `body` once for each element, which it may change, and `other` once, and returns when all have finished.
  public func forEach<Element: Sendable>(
    _ elements: inout [Element], _ body: @Sendable (inout Element) -> Void,
    alongside other: (@Sendable () -> Void)? = nil
  ) {
    unsafe elements.withUnsafeMutableBufferPointer { elements in
      guard let base = elements.baseAddress else {
        other?()
        return
      }
      let shared = unsafe SendablePointer(base: base)
      let first = other == nil ? 0 : 1
      run(first + elements.count) { index in
        if index < first { other?() } else { unsafe body(&shared.base[index - first]) }
      }
    }
  }

  /// Calls `body` once for each element with a workspace that no other thread uses at the time.
  ///
  /// - Precondition: There are at least as many workspaces as threads, or as elements if these are fewer.
  public func forEach<Element: Sendable, Workspace: Sendable>(
    _ elements: [Element], with workspaces: inout [Workspace],
    _ body: @Sendable (Element, inout Workspace) -> Void
  ) {
    precondition(
      workspaces.count >= min(count, elements.count),
      "\(min(count, elements.count)) workspaces are required, there are \(workspaces.count)")
    unsafe workspaces.withUnsafeMutableBufferPointer { workspaces in
      guard let base = workspaces.baseAddress else { return }
      let shared = unsafe SendablePointer(base: base)
      runOnThreads(elements.count) { index, thread in
        unsafe body(elements[index], &shared.base[thread])
      }
    }
  }
}
