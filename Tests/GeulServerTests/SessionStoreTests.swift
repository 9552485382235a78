#if Server
import GeulGeneration
import GeulServer
import Testing

struct SessionStoreTests {
  typealias Identity = ServedModel.Identity

  let model = Identity(id: "english", version: 0)
  let start = ContinuousClock.now

  /// Returns a store with committed sessions that were last used at `start`.
  private func store(
    _ names: [String] = [], limit: Int = 3, timeout: Duration? = .seconds(60)
  ) async throws -> (SessionStore, SequenceState) {
    let state = try await sequenceState(of: servedModel())
    let store = SessionStore(limit: limit, timeout: timeout)
    for name in names {
      _ = try store.checkOut(name, of: model, now: start)
      store.commit(name, state, now: start)
    }
    return (store, state)
  }

  private func error(_ body: () throws(APIError) -> Void) -> String? {
    do throws(APIError) { try body() } catch { return error.code ?? "param \(error.param ?? "")" }
    return nil
  }

  @Test
  func `a session continues from its last state`() async throws {
    let (store, state) = try await store()
    #expect(try store.checkOut("a", of: model) == nil)
    store.commit("a", state)
    #expect(try store.checkOut("a", of: model)?.tokenCount == state.tokenCount)
  }

  @Test
  func `a request that fails leaves the session as it was`() async throws {
    let (store, state) = try await store(["old"])
    _ = try store.checkOut("old", of: model, now: start)
    store.release("old")
    _ = try store.checkOut("new", of: model, now: start)
    store.release("new")
    #expect(store.list(now: start).map(\.name) == ["old"])
    #expect(try store.checkOut("old", of: model, now: start)?.tokenCount == state.tokenCount)
  }

  @Test
  func `a second request at once is refused`() async throws {
    let (store, _) = try await store(["a"])
    _ = try store.checkOut("a", of: model, now: start)
    #expect(
      error { () throws(APIError) in _ = try store.checkOut("a", of: model) } == "session_busy")
    #expect(error { () throws(APIError) in try store.remove("a") } == "session_busy")
  }

  @Test
  func `a session belongs to its model`() async throws {
    let (store, _) = try await store(["a"])
    let other = Identity(id: "korean", version: 0)
    let message = error { () throws(APIError) in
      _ = try store.checkOut("a", of: other, now: start)
    }
    #expect(message == "param session")
  }

  @Test
  func `too many sessions are refused until some expire`() async throws {
    let (store, _) = try await store(["a", "b", "c"])
    func checkOut(after seconds: Int) -> String? {
      error { () throws(APIError) in
        _ = try store.checkOut("d", of: model, now: start + .seconds(seconds))
      }
    }
    #expect(checkOut(after: 59) == "too_many_sessions")
    #expect(store.count == 3)
    #expect(checkOut(after: 60) == nil)
    #expect(store.count == 1)
  }

  @Test
  func `an expired session is unknown, and begins anew`() async throws {
    let (store, _) = try await store(["a", "b"])
    let later = start + .seconds(60)
    #expect(store.list(now: later).isEmpty)
    #expect(
      error { () throws(APIError) in try store.remove("b", now: later) } == "session_not_found")
    #expect(try store.checkOut("a", of: model, now: later) == nil)
  }

  @Test
  func `without a timeout no session expires`() async throws {
    let (store, _) = try await store(["a"], timeout: nil)
    store.removeExpired(now: start + .seconds(1_000_000))
    #expect(store.count == 1)
  }

  @Test
  func `a session that is used does not expire`() async throws {
    let (store, state) = try await store(["a"])
    _ = try store.checkOut("a", of: model, now: start)
    store.removeExpired(now: start + .seconds(1000))
    store.commit("a", state, now: start + .seconds(1000))
    #expect(store.list(now: start + .seconds(1010)).map(\.idleTime) == [.seconds(10)])
  }

  @Test
  func `a reload of the model ends its sessions`() async throws {
    let (store, state) = try await store(["a", "b"])
    _ = try store.checkOut("b", of: model, now: start)
    let next = Identity(id: "english", version: 1)
    store.removeAll(exceptOf: [next])
    #expect(store.count == 1)
    // The request of "b" ends on the old model.
    store.commit("b", state, now: start)
    #expect(try store.checkOut("b", of: next, now: start) == nil)
  }

  @Test
  func `sessions are listed and removed`() async throws {
    let (store, state) = try await store(["b", "a"])
    let list = store.list(now: start + .seconds(5))
    #expect(list.map(\.name) == ["a", "b"])
    #expect(list.allSatisfy { $0.model == "english" && $0.tokenCount == state.tokenCount })
    #expect(list.allSatisfy { $0.idleTime == .seconds(5) })
    try store.remove("a", now: start)
    #expect(store.list(now: start).map(\.name) == ["b"])
    #expect(error { () throws(APIError) in try store.remove("a") } == "session_not_found")
  }
}
#endif
