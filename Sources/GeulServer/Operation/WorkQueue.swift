#if Server
import Dispatch
import Synchronization

/// A queue of long computations, which run one after the other on a thread of their own.
///
/// They would block the threads that handle all other requests.
package final class WorkQueue: Sendable {
  private let queue = DispatchQueue(label: "geul-server.work", qos: .utility)
  private let count = Mutex(0)
  private let limit: Int

  /// Creates a queue that admits `limit` computations.
  package init(limit: Int) { self.limit = limit }

  /// Performs a computation.
  ///
  /// - Throws: `APIError` if too many computations wait; errors of `work`.
  package func run<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try reserve()
    defer { count.withLock { $0 -= 1 } }
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try work() }) }
    }
  }

  private func reserve() throws(APIError) {
    let isFull = count.withLock { count in
      guard count < limit else { return true }
      count += 1
      return false
    }
    if isFull { throw .queueFull() }
  }
}
#endif
