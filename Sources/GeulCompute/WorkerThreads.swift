#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The threads of a pool in addition to the calling thread.
///
/// They are threads of the operating system, because the start of such a thread reports a limit on processes. A queue
/// of Dispatch tries again for ever.
final class WorkerThreads: Sendable {
  private let queue: JobQueue
  /// The number of threads that were started.
  let count: Int
  /// The system's reason why no more threads were started; nil if all were.
  let failure: String?

  /// Starts `requested` threads, or fewer if the system refuses more.
  init(_ requested: Int) {
    queue = JobQueue(workerCount: requested)
    var started = 0
    var failure: String?
    while started < requested, failure == nil {
      let (queue, number) = (queue, started + 1)
      let code = startThread { queue.serve(thread: number) }
      if code == 0 { started += 1 } else { failure = unsafe String(cString: strerror(code)) }
    }
    (count, self.failure) = (started, failure)
  }

  deinit { queue.stop() }

  /// Calls `body` once for each of `0..<jobs` on at most `threads` threads, as `JobQueue.run` does.
  ///
  /// - Precondition: `threads` is at most `count` + 1.
  func run(_ jobs: Int, threads: Int, _ body: (_ job: Int, _ thread: Int) -> Void) {
    queue.run(jobs, threads: threads, body)
  }
}

/// The work of a thread.
private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a detached thread that receives no signals from outside, and runs `body` on it.
///
/// - Returns: 0, or the error code of `pthread_create`.
private func startThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
  var attributes = pthread_attr_t()
  let code = unsafe pthread_attr_init(&attributes)
  guard code == 0 else { return code }
  defer { unsafe pthread_attr_destroy(&attributes) }
  unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  // Jobs keep their data in buffers. The default, 8 MB per thread, counts against a limit on virtual memory.
  unsafe pthread_attr_setstacksize(&attributes, 1 << 20)
  // A new thread inherits the mask. The main thread receives the signals, and they interrupt its calls. Faults of the
  // thread itself stay visible to debuggers.
  var (masked, before) = (sigset_t(), sigset_t())
  unsafe sigfillset(&masked)
  for number in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGPROF] {
    unsafe sigdelset(&masked, number)
  }
  unsafe pthread_sigmask(SIG_SETMASK, &masked, &before)
  defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
  let context = unsafe Unmanaged.passRetained(ThreadBody(body))
  #if canImport(Glibc)
  var thread = pthread_t()
  let result = unsafe pthread_create(
    &thread, &attributes, { unsafe runBody($0) }, context.toOpaque())
  #else
  var thread: pthread_t?
  let result = unsafe pthread_create(
    &thread, &attributes, { unsafe runBody($0) }, context.toOpaque())
  #endif
  if result != 0 { unsafe context.release() }
  return result
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context = unsafe context {
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
  }
  return nil
}
