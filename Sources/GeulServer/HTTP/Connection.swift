#if Server
import NIOCore
import Synchronization

/// A client's connection, as the handlers of its requests see it.
final class Connection: Sendable {
  private struct State {
    var isClosed = false
    var closeAction: (@Sendable () -> Void)?
  }

  /// The connection whose request the current task handles.
  @TaskLocal static var current: Connection?

  /// The event loop of the connection.
  let eventLoop: any EventLoop
  private let state = Mutex(State())

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Indicates whether the client has closed the connection, or its sending half.
  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Records that the client has closed the connection, and performs the action that was set for this case.
  func close() {
    let action = state.withLock { state in
      state.isClosed = true
      defer { state.closeAction = nil }
      return state.closeAction
    }
    action?()
  }

  /// Performs an operation; if the client closes the connection meanwhile, or has closed it, performs an action at
  /// once, on any thread.
  func withCloseAction<Result>(
    _ action: @escaping @Sendable () -> Void, operation: () async throws -> Result
  ) async rethrows -> Result {
    let isClosed = state.withLock { state in
      if !state.isClosed { state.closeAction = action }
      return state.isClosed
    }
    if isClosed { action() }
    defer { state.withLock { $0.closeAction = nil } }
    return try await operation()
  }
}
#endif
