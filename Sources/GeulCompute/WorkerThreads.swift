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
      do throws(ThreadError) {
        try startThread { queue.serve(thread: number) }
        started += 1
      } catch {
        failure = error.reason
      }
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

/// An error that prevents the start of a thread, such as a limit on processes.
public struct ThreadError: Error, Sendable, CustomStringConvertible {
  /// The reason that the system gives, such as "Resource temporarily unavailable".
  public let reason: String

  fileprivate init(code: Int32) { unsafe reason = String(cString: strerror(code)) }

  /// A sentence that states the cause.
  public var description: String { "A thread could not be started: \(reason)." }
}

/// Starts a detached thread that receives no signals from outside, and runs `body` on it.
package func startThread(_ body: @escaping @Sendable () -> Void) throws(ThreadError) {
  var attributes = pthread_attr_t()
  let code = unsafe pthread_attr_init(&attributes)
  guard code == 0 else { throw ThreadError(code: code) }
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
  guard result != 0 else { return }
  unsafe context.release()
  throw ThreadError(code: result)
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context = unsafe context {
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
  }
  return nil
}
