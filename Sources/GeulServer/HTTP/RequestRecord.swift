#if Server
import Logging
import Synchronization

/// The record of a request: its measurements, and its line in the log.
///
/// If its last owner drops it before its end, the client has left before the response was complete.
final class RequestRecord: Sendable {
  private let metrics: Metrics
  private let logger: Logger
  private let method: String
  private let route: String
  private let start = ContinuousClock.now
  private let state = Mutex((hasEnded: false, hasText: false, notes: Logger.Metadata()))

  init(_ method: String, _ route: String, _ metrics: Metrics, _ logger: Logger) {
    (self.method, self.route, self.metrics, self.logger) = (method, route, metrics, logger)
    metrics.begin()
  }

  deinit { end(status: 499) }

  private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Adds a value to the line in the log.
  func note(_ key: String, _ value: String) {
    state.withLock { $0.notes[key] = .string(value) }
  }

  /// Records the first text that is generated.
  func recordText() {
    let isFirst = state.withLock { state in
      defer { state.hasText = true }
      return !state.hasText
    }
    if isFirst { metrics.firstText(seconds: seconds) }
  }

  /// Records the end of the request; only the first call has an effect.
  ///
  /// The status 499 says that the client left.
  func end(status: Int) {
    let notes: Logger.Metadata? = state.withLock { state in
      defer { state.hasEnded = true }
      return state.hasEnded ? nil : state.notes
    }
    guard var notes else { return }
    let seconds = seconds
    metrics.end(route: route, status: status, seconds: seconds)
    if status == 499 { metrics.countDisconnect() }
    notes["ms"] = .stringConvertible((seconds * 1e5).rounded() / 100)
    let isRoutine = [Route.health, .metrics].map(\.rawValue).contains(route) && status == 200
    logger.log(
      level: status == 500 ? .error : isRoutine ? .debug : .info, "\(method) \(route) \(status)",
      metadata: notes)
  }
}
#endif
