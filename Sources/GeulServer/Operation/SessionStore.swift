#if Server
package import Geul
import Synchronization

/// The texts that clients continue by name: for each, the state of its model after the last answer.
///
/// A request checks a session out, and then commits a new state or leaves the session as it was.
package final class SessionStore: Sendable {
  /// A session as `GET /v1/sessions` lists it.
  package struct Listing: Sendable, Equatable {
    package let name: String
    package let model: String
    /// The number of tokens that were read and generated.
    package let tokenCount: Int
    package let idleTime: Duration
  }

  private struct Session {
    let model: ServedModel.Identity
    var state: SequenceState?
    var lastUse: ContinuousClock.Instant
    /// Indicates whether a request has checked the session out.
    var isBusy = true
  }

  private let sessions = Mutex<[String: Session]>([:])
  private let limit: Int
  /// The time without use after which a session is dropped; nil for never.
  private let timeout: Duration?

  /// Creates an empty store.
  package init(limit: Int, timeout: Duration?) {
    self.limit = limit
    self.timeout = timeout
  }

  /// The number of sessions.
  package var count: Int { sessions.withLock(\.count) }

  /// Reserves a session for one request; creates it if it does not exist.
  ///
  /// - Returns: The state to continue from; nil for a new session.
  /// - Throws: `APIError` if another request uses the session, it belongs to another model, or there are too many.
  package func checkOut(
    _ name: String, of model: ServedModel.Identity, now: ContinuousClock.Instant = .now
  ) throws(APIError) -> SequenceState? {
    let result: Result<SequenceState?, APIError> = sessions.withLock { sessions in
      if var session = sessions[name], session.isBusy || !isExpired(session, now) {
        guard !session.isBusy else { return .failure(.sessionBusy(name)) }
        guard session.model.id == model.id else {
          return .failure(.sessionOfOtherModel(name, model: session.model.id))
        }
        if session.model == model {
          session.isBusy = true
          sessions[name] = session
          return .success(session.state)
        }
      }
      if sessions[name] == nil, sessions.count >= limit {
        removeExpired(&sessions, now)
        guard sessions.count < limit else { return .failure(.tooManySessions(limit: limit)) }
      }
      sessions[name] = Session(model: model, lastUse: now)
      return .success(nil)
    }
    return try result.get()
  }

  /// Ends the reservation of a session with a new state.
  package func commit(
    _ name: String, _ state: SequenceState, now: ContinuousClock.Instant = .now
  ) {
    sessions.withLock { sessions in
      sessions[name]?.state = state
      sessions[name]?.lastUse = now
      sessions[name]?.isBusy = false
    }
  }

  /// Ends the reservation of a session that stays as it was before; one that is new is removed.
  package func release(_ name: String) {
    sessions.withLock { sessions in
      if sessions[name]?.state == nil {
        sessions[name] = nil
      } else {
        sessions[name]?.isBusy = false
      }
    }
  }

  /// Removes a session.
  ///
  /// - Throws: `APIError` if it does not exist, or a request uses it.
  package func remove(_ name: String, now: ContinuousClock.Instant = .now) throws(APIError) {
    let error: APIError? = sessions.withLock { sessions in
      guard let session = sessions[name], session.isBusy || !isExpired(session, now) else {
        sessions[name] = nil
        return .sessionNotFound(name)
      }
      guard !session.isBusy else { return .sessionBusy(name) }
      sessions[name] = nil
      return nil
    }
    if let error { throw error }
  }

  /// Removes the sessions of all models but the given ones; those that a request uses are removed at its end.
  package func removeAll(exceptOf models: Set<ServedModel.Identity>) {
    sessions.withLock { sessions in
      for (name, session) in sessions where !models.contains(session.model) {
        if session.isBusy {
          sessions[name]?.state = nil
        } else {
          sessions[name] = nil
        }
      }
    }
  }

  /// Removes the sessions that have expired.
  package func removeExpired(now: ContinuousClock.Instant = .now) {
    sessions.withLock { removeExpired(&$0, now) }
  }

  /// The sessions, by name.
  package func list(now: ContinuousClock.Instant = .now) -> [Listing] {
    let sessions = sessions.withLock { sessions in
      sessions.filter { $0.value.state != nil && !isExpired($0.value, now) }
    }
    return sessions.map { name, session in
      Listing(
        name: name, model: session.model.id, tokenCount: session.state?.tokenCount ?? 0,
        idleTime: now - session.lastUse)
    }.sorted { $0.name < $1.name }
  }

  private func removeExpired(_ sessions: inout [String: Session], _ now: ContinuousClock.Instant) {
    sessions = sessions.filter { $0.value.isBusy || !isExpired($0.value, now) }
  }

  private func isExpired(_ session: Session, _ now: ContinuousClock.Instant) -> Bool {
    guard let timeout else { return false }
    return now - session.lastUse >= timeout
  }
}
#endif
