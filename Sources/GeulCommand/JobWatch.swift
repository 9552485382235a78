import Foundation
import Geul
import GeulCommandSupport
import Synchronization

/// Reports that a process of a data-parallel job has ended, on rank 0.
///
/// If a process dies, rank 0 waits in a collective operation for ever, and `mpirun` sends SIGTERM to all others and, a second
/// later, SIGKILL. SIGTERM is also how a user stops a job, which rank 0 then notices between two steps.
final class JobWatch: Sendable {
  private let path: String
  private let steps = Mutex<Steps>(Steps())

  private struct Steps {
    /// The time at which the last step began, and the duration of the one before it.
    var lastStart = Stopwatch()
    var duration = 0.0
    var hasNoticedSignal = false
  }

  /// Watches the run in a directory on a thread of its own.
  init(path: String) {
    self.path = path
    let thread = Thread { [self] in watch() }
    thread.start()
  }

  /// Notes that a step begins, and returns true if a signal asks to stop.
  func shouldStop() -> Bool {
    steps.withLock { steps in
      steps.duration = steps.lastStart.seconds
      steps.lastStart = Stopwatch()
      steps.hasNoticedSignal = StopSignal.isReceived
      return steps.hasNoticedSignal
    }
  }

  private func watch() {
    while !StopSignal.isReceived { usleep(50_000) }
    let signal = Stopwatch()
    // A step that began before the signal may take as long as the one before it.
    let patience = 0.4 + 2 * steps.withLock { $0.duration }
    while signal.seconds < patience {
      usleep(50_000)
      if steps.withLock({ $0.hasNoticedSignal }) { return }
    }
    let step = (try? RunFolder(path).loadLatest().value.run.step).map { "step \($0)" }
    Output.note(
      "geul: a process of the job has ended or does not answer. The last checkpoint is that of \(step ?? "the start")."
        + " Continue with: geul resume \(path)")
    // If mpirun did not end this process.
    while signal.seconds < 30 + 10 * patience {
      usleep(50_000)
      if steps.withLock({ $0.hasNoticedSignal }) { return }
    }
    _exit(1)
  }
}
