import ArgumentParser
import Geul
import GeulCommandSupport
import GeulMPI
import PortableFoundation
import Synchronization

/// A thread of each process of a data-parallel job that notices when another one has ended or does not answer.
///
/// If a process dies, the others wait in a collective operation forever, and `mpirun` sends them SIGTERM and, a second later,
/// SIGKILL. SIGTERM is also how a user stops a job, which rank 0 then notices between two steps. If the network fails, no
/// signal comes: then a process that waits too long ends the job.
final class JobWatch: Sendable {
  private let mpi: MPICommunicator
  /// The directory of the run; nil on other ranks than 0, which report nothing.
  private let path: String?
  /// The time after which a process that waits for the others ends the job, in seconds.
  private let limit: Double
  private let steps = Mutex<Steps>(Steps())

  private struct Steps {
    /// The time at which the last step began, and the duration of the one before it.
    var lastStart = Stopwatch()
    var duration = 0.0
    /// Indicates whether rank 0 has noticed a signal, or training has ended.
    var isOver = false
  }

  /// The time limit in seconds: that of `GEUL_RANK_TIMEOUT`, or ten minutes.
  static var timeLimit: Double {
    get throws {
      let text = ProcessInfo.processInfo.environment["GEUL_RANK_TIMEOUT"] ?? ""
      guard !text.isEmpty else { return 600 }
      guard let seconds = Double(text), 1...1e6 ~= seconds else {
        throw ValidationError(
          "GEUL_RANK_TIMEOUT must be a number of seconds from 1 to 1000000, not \(text).")
      }
      return seconds
    }
  }

  /// Starts the watch with a time limit in seconds.
  ///
  /// - Throws: `ThreadError` if its thread cannot be started.
  init(_ mpi: MPICommunicator, path: String?, limit: Double) throws(ThreadError) {
    self.mpi = mpi
    self.path = path
    self.limit = limit
    try startThread { [self] in watch() }
  }

  /// Notes that a step begins on rank 0, and returns true if a signal asks to stop.
  func shouldStop() -> Bool {
    steps.withLock { steps in
      steps.duration = steps.lastStart.seconds
      steps.lastStart = Stopwatch()
      if StopSignal.isReceived { steps.isOver = true }
      return StopSignal.isReceived
    }
  }

  /// Ends the watch when training has ended.
  func end() { steps.withLock { $0.isOver = true } }

  private func watch() {
    var signal: Stopwatch?
    while !steps.withLock({ $0.isOver }) {
      usleep(50_000)
      if mpi.waitingSeconds > limit {
        report("no answer from another process for \(Int(limit)) s.")
        mpi.abort(exitCode: 1)
        _exit(1)
      }
      guard path != nil, StopSignal.isReceived else { continue }
      let sinceSignal = signal ?? Stopwatch()
      signal = sinceSignal
      // A step that began before the signal may take as long as the one before it.
      if sinceSignal.seconds > 0.4 + 2 * steps.withLock({ $0.duration }) {
        return report("a process of the job has ended or does not answer.")
      }
    }
  }

  private func report(_ problem: String) {
    guard let path else { return }
    let step = (try? RunFolder(path).loadLatest().value.run.step).map { "step \($0)" }
    Output.note(
      "geul: \(problem) The last checkpoint is that of \(step ?? "the start")."
        + " Continue with: geul resume \(path)")
  }
}
