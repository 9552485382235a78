import CGeulKernels
import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The queue of the jobs of one call of `run` at a time, which the caller and the worker threads take jobs from.
///
/// Waking a thread takes longer than computing one step of a layer. So workers spin briefly before they sleep, and the
/// caller does not wait for a worker that wakes after all jobs are taken.
///
/// `epoch` is odd while there are jobs; `jobCount` and `body` do not change during an epoch. A worker increments
/// `active` and reads `epoch` again before it takes jobs. The caller ends the epoch and waits until no worker is
/// active.
///
/// Unchecked: only the caller writes `jobCount` and `body`, and only while no worker is active.
@safe
final class JobQueue: @unchecked Sendable {
  private let epoch = Atomic(0)
  private let active = Atomic(0)
  private let nextJob = Atomic(0)
  /// The number of threads of this epoch; workers with a larger index keep sleeping.
  private let threads = Atomic(0)
  private let isBusy = Atomic(false)
  private let isStopped = Atomic(false)
  private let workers: [Worker]
  private var jobCount = 0
  private var body: ((Int, Int) -> Void)?

  /// The number of times that a waiting thread reads `epoch` before it sleeps: about 45 microseconds on a Zen 5.
  private static let spinLimit = 2000

  /// The semaphore of a worker.
  private final class Worker: Sendable {
    let isAsleep = Atomic(false)
    let semaphore = DispatchSemaphore(value: 0)

    func wake() {
      if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { semaphore.signal() }
    }
  }

  /// Creates a queue for at most `workerCount` workers in addition to the callers of `run`.
  init(workerCount: Int) { workers = (0..<workerCount).map { _ in Worker() } }

  /// Ends `serve` in all workers.
  func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    for worker in workers { worker.wake() }
  }

  /// Calls `body` once for each of `0..<jobs` on at most `threads` threads, and returns when all have finished.
  ///
  /// The calling thread is number 0. If the workers are busy, because of another thread or a nested call, the caller
  /// runs all jobs itself.
  func run(_ jobs: Int, threads: Int, _ body: (_ job: Int, _ thread: Int) -> Void) {
    withoutActuallyEscaping(body) { runEscaping(jobs, threads: threads, $0) }
  }

  private func runEscaping(_ jobs: Int, threads: Int, _ body: @escaping (Int, Int) -> Void) {
    guard !isBusy.exchange(true, ordering: .acquiring) else {
      for job in 0..<jobs { body(job, 0) }
      return
    }
    (jobCount, self.body) = (jobs, body)
    self.threads.store(threads, ordering: .releasing)
    nextJob.store(0, ordering: .relaxed)
    epoch.add(1, ordering: .sequentiallyConsistent)
    for index in 0..<min(threads - 1, workers.count) {
      workers[index].wake()
    }
    takeJobs(thread: 0)
    epoch.add(1, ordering: .sequentiallyConsistent)
    var spins = 0
    while active.load(ordering: .sequentiallyConsistent) > 0 {
      spins += 1
      // An active worker may be waiting for this processor.
      if spins < Self.spinLimit { geul_pause() } else { sched_yield() }
    }
    self.body = nil
    isBusy.store(false, ordering: .releasing)
  }

  /// Takes jobs as worker number `thread`, from 1, until `stop` is called.
  func serve(thread: Int) {
    var last = 0
    while let current = nextEpoch(after: last, thread) {
      last = current
      active.add(1, ordering: .sequentiallyConsistent)
      if epoch.load(ordering: .sequentiallyConsistent) == current { takeJobs(thread: thread) }
      active.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  /// Runs jobs until all have been taken.
  ///
  /// Never inlined, so that the reference to `body` is released on return.
  @inline(never)
  private func takeJobs(thread: Int) {
    guard let body else { return }
    while true {
      let job = nextJob.add(1, ordering: .relaxed).oldValue
      guard job < jobCount else { return }
      body(job, thread)
    }
  }

  /// Waits for the next epoch after `last` that has jobs for a thread; returns nil when the pool stops.
  private func nextEpoch(after last: Int, _ thread: Int) -> Int? {
    let worker = workers[thread - 1]
    while true {
      for _ in 0..<Self.spinLimit {
        if let epoch = currentEpoch(after: last, thread) { return epoch }
        if isStopped.load(ordering: .relaxed) { return nil }
        geul_pause()
      }
      worker.isAsleep.store(true, ordering: .sequentiallyConsistent)
      let isNeeded =
        currentEpoch(after: last, thread) != nil
        || isStopped.load(ordering: .sequentiallyConsistent)
      // If the semaphore has been signaled in the meantime, wait for it, or the next wait would return at once.
      if isNeeded && worker.isAsleep.exchange(false, ordering: .sequentiallyConsistent) { continue }
      worker.semaphore.wait()
    }
  }

  /// Returns the current epoch; nil if it is `last` or has no jobs for a thread.
  ///
  /// `threads` may already be that of a later epoch; therefore a worker reads `epoch` again before it takes jobs.
  private func currentEpoch(after last: Int, _ thread: Int) -> Int? {
    let epoch = epoch.load(ordering: .sequentiallyConsistent)
    guard epoch != last, epoch % 2 == 1 else { return nil }
    return thread < threads.load(ordering: .acquiring) ? epoch : nil
  }
}
