import CGeulKernels
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The threads beside the caller's that do its work, at hand between one piece of it and the next.
///
/// To wake a thread takes longer than a layer takes for one character. So a thread that has finished waits awake for a
/// moment, and sleeps only then; and one that comes when all is done finds nothing to do. Only one that is interrupted within
/// its work is waited for.
final class WorkerPool: Sendable {
  private let work: Work

  /// - Parameter count: how many threads; they begin when they are wanted.
  init(_ count: Int) { work = Work(helpers: count) }

  deinit { work.end() }

  /// Calls `body` once for each of `0..<jobs`, on at most so many `lanes`, the caller's being 0; returns when all have
  /// finished.
  ///
  /// A crew that has work already, of another thread or of one of its own, takes no more: the caller does it alone.
  func run(_ jobs: Int, pool: Int, _ body: (_ job: Int, _ lane: Int) -> Void) {
    withoutActuallyEscaping(body) { work.share(jobs, pool: pool, $0) }
  }
}

/// What a crew works at.
///
/// `turn` is odd while there is work, and then what the work is does not change: who wants to have a part in it counts
/// itself `inside`, and looks at `turn` again; who gives it ends the turn, and waits until nobody is inside.
///
/// Unchecked: only the giver writes `jobs` and `body`, and only while nobody is inside.
@safe
private final class Work: @unchecked Sendable {
  private let turn = Atomic(0)
  private let inside = Atomic(0)
  private let next = Atomic(0)
  /// How many lanes the turn is for: a thread beyond them sleeps on.
  private let pool = Atomic(0)
  private let isTaken = Atomic(false)
  private let isOver = Atomic(false)
  private let beds: [Worker]
  private var started = 0
  private var jobs = 0
  private var body: ((Int, Int) -> Void)?

  /// How many looks a thread that waits takes before it sleeps: 45 microseconds on a Zen 5.
  private static let patience = 2000

  /// Where a thread sleeps.
  private final class Worker: Sendable {
    let isAsleep = Atomic(false)
    let alarm = DispatchSemaphore(value: 0)

    func wake() {
      if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { alarm.signal() }
    }
  }

  init(helpers: Int) { beds = (0..<helpers).map { _ in Worker() } }

  func end() {
    isOver.store(true, ordering: .sequentiallyConsistent)
    for bed in beds { bed.wake() }
  }

  func share(_ jobs: Int, pool: Int, _ body: @escaping (Int, Int) -> Void) {
    guard !isTaken.exchange(true, ordering: .acquiring) else {
      for job in 0..<jobs { body(job, 0) }
      return
    }
    (self.jobs, self.body) = (jobs, body)
    self.pool.store(pool, ordering: .releasing)
    next.store(0, ordering: .relaxed)
    turn.add(1, ordering: .sequentiallyConsistent)
    for index in 0..<min(pool - 1, beds.count) {
      if index == started { start(index) }
      beds[index].wake()
    }
    take(lane: 0)
    turn.add(1, ordering: .sequentiallyConsistent)
    var looks = 0
    while inside.load(ordering: .sequentiallyConsistent) > 0 {
      looks += 1
      // Whoever is inside may be waiting for this very processor.
      if looks < Self.patience { geul_pause() } else { sched_yield() }
    }
    self.body = nil
    isTaken.store(false, ordering: .releasing)
  }

  private func start(_ index: Int) {
    started += 1
    DispatchQueue(label: "geul lane \(index + 1)").async { self.serve(lane: index + 1) }
  }

  private func serve(lane: Int) {
    var last = 0
    while let turn = nextTurn(after: last, lane) {
      last = turn
      inside.add(1, ordering: .sequentiallyConsistent)
      if self.turn.load(ordering: .sequentiallyConsistent) == turn { take(lane: lane) }
      inside.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  /// Takes jobs until none is left.
  ///
  /// Never inlined: with its return, what it held of the body is let go.
  @inline(never)
  private func take(lane: Int) {
    guard let body else { return }
    while true {
      let job = next.add(1, ordering: .relaxed).oldValue
      guard job < jobs else { return }
      body(job, lane)
    }
  }

  /// The next turn with work for a lane after `last`; nil if there will be none.
  private func nextTurn(after last: Int, _ lane: Int) -> Int? {
    let bed = beds[lane - 1]
    while true {
      for _ in 0..<Self.patience {
        if let turn = turn(after: last, lane) { return turn }
        if isOver.load(ordering: .relaxed) { return nil }
        geul_pause()
      }
      bed.isAsleep.store(true, ordering: .sequentiallyConsistent)
      let isNeeded =
        turn(after: last, lane) != nil || isOver.load(ordering: .sequentiallyConsistent)
      // If somebody has set the alarm meanwhile, it must be heard, or the next sleep would be none.
      if isNeeded && bed.isAsleep.exchange(false, ordering: .sequentiallyConsistent) { continue }
      bed.alarm.wait()
    }
  }

  /// The turn now, if it is another than `last` and has work for a lane.
  ///
  /// `lanes` is of this turn or a later one: in either case who enters looks at `turn` again.
  private func turn(after last: Int, _ lane: Int) -> Int? {
    let turn = turn.load(ordering: .sequentiallyConsistent)
    guard turn != last, turn % 2 == 1 else { return nil }
    return lane < pool.load(ordering: .acquiring) ? turn : nil
  }
}
