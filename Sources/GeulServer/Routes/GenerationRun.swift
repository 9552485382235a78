#if Server
import Geul
import NIOCore
import Synchronization

/// An error for a service that was stopped because its model was loaded anew: the request has to use the new version.
struct ModelReplaced: Error {}

/// The sequences of a request while they are generated.
///
/// They end when the client leaves, when the time is up, and when the last owner of the run drops it. The session of
/// the request stays as it was unless the run is complete.
final class GenerationRun: Sendable {
  /// The reason why sequences were canceled.
  enum Cancellation: Sendable { case clientLeft, timeout }

  let model: ServedModel
  private let stream: SequenceStream
  private let sessions: SessionStore
  private let session: String?
  private let metrics: Metrics
  private let record: RequestRecord
  private let promptTokenCount: Int
  private let state: Mutex<State>

  private struct State {
    var hasEnded = false
    var cancellation: Cancellation?
    /// The number of sequences whose end has not been taken.
    var unfinishedCount: Int
    /// The numbers of generated tokens and of cached tokens of the prompt, by sequence.
    var tokenCounts: [Int: (generated: Int, cached: Int)] = [:]
  }

  private init(
    _ model: ServedModel, _ stream: SequenceStream, of requests: [SequenceRequest],
    session: String?, _ server: ServerState, _ record: RequestRecord
  ) {
    state = Mutex(State(unfinishedCount: requests.count))
    self.model = model
    self.stream = stream
    self.session = session
    promptTokenCount = requests.reduce(0) { $0 + ($1.sampleIndex == 0 ? $1.prompt.count : 0) }
    sessions = server.sessions
    metrics = server.metrics
    self.record = record
  }

  deinit { end(nil) }

  /// Returns the size of pending text in bytes above which the sequences of a client that does not read are suspended.
  ///
  /// A client that reads takes the text of 20 ms at once, about 1 KB. Log-probabilities need much more memory than text.
  private static func bufferLimit(_ requests: [SequenceRequest]) -> Int {
    requests.contains { $0.alternatives != nil } ? 1 << 10 : 16 << 10
  }

  /// The maximum number of log-probabilities of a request, which take about 50 MB in a response.
  private static let scoreLimit = 1_000_000

  /// Checks that the response cannot have too many log-probabilities.
  ///
  /// Those of generated tokens count unless they are sent while they are generated.
  private static func checkScores(
    of requests: [SequenceRequest], isStreamed: Bool
  ) throws(APIError) {
    let count = requests.reduce(0.0) { sum, request in
      guard let alternatives = request.alternatives else { return sum }
      let tokens =
        (isStreamed ? 0 : request.length) + (request.scoresPrompt ? request.prompt.count : 0)
      return sum + Double(tokens) * Double(1 + alternatives)
    }
    guard count > Double(scoreLimit) else { return }
    throw .invalid(
      param: nil,
      "The response could have \(Int(count)) log-probabilities, more than \(scoreLimit); ask for fewer tokens,"
        + " alternatives or texts.")
  }

  /// Starts sequences.
  ///
  /// - Parameters:
  ///   - requests: The sequences.
  ///   - model: The model.
  ///   - session: The name of the session that the only sequence continues; nil for none.
  ///   - isStreamed: Indicates whether the text is taken while it is generated.
  ///   - server: The server.
  ///   - record: The record of the request.
  /// - Returns: The run.
  /// - Throws: `APIError`; `ModelReplaced` if another version of the model was loaded meanwhile.
  static func start(
    _ requests: [SequenceRequest], by model: ServedModel, session: String?, isStreamed: Bool,
    on server: ServerState, _ record: RequestRecord
  ) throws -> GenerationRun {
    try checkScores(of: requests, isStreamed: isStreamed)
    var requests = requests
    if let session {
      requests[0].session = try server.sessions.checkOut(session, of: model.identity)
    }
    do throws(GenerationService.StartError) {
      let stream = try model.service.start(
        requests, bufferLimit: isStreamed ? bufferLimit(requests) : nil)
      return GenerationRun(model, stream, of: requests, session: session, server, record)
    } catch {
      if let session { server.sessions.release(session) }
      switch error {
      case .queueFull: throw APIError.queueFull()
      case .stopped: throw ModelReplaced()
      case .sampling(let error): throw APIError(error)
      }
    }
  }

  /// Indicates whether the output was taken to its end.
  var isComplete: Bool { state.withLock { $0.unfinishedCount == 0 } }

  /// The reason why the sequences were canceled; nil if they were not.
  var cancellation: Cancellation? { state.withLock(\.cancellation) }

  /// Cancels the sequences.
  private func cancel(_ reason: Cancellation) {
    state.withLock { $0.cancellation = $0.cancellation ?? reason }
    stream.cancel()
  }

  /// Performs an operation that takes the output; the sequences are canceled if the client leaves or the time is up.
  func withLimits<Result>(
    _ connection: Connection, timeout: Double, operation: () async throws -> Result
  ) async rethrows -> Result {
    let timer = connection.eventLoop.scheduleTask(in: .nanoseconds(Int64(timeout * 1e9))) {
      [weak self] in self?.cancel(.timeout)
    }
    defer { timer.cancel() }
    return try await connection.withCloseAction(
      { [weak self] in self?.cancel(.clientLeft) }, operation: operation)
  }

  /// Returns the whole output, by sequence; nil if the sequences were canceled.
  func collect() async -> [SequenceOutput]? {
    guard let outputs = await stream.collect() else { return nil }
    finish(outputs)
    return outputs
  }

  /// Returns the pending output, and waits for some; nil at the end of all sequences.
  func next() async -> [SequenceOutput]? {
    let outputs = await stream.next()
    if let outputs {
      if outputs.contains(where: { !$0.text.isEmpty }) { record.recordText() }
      finish(outputs)
    }
    return outputs
  }

  /// Counts tokens, and keeps the state of the session if the output contains the end of its sequence.
  private func finish(_ outputs: [SequenceOutput]) {
    state.withLock { state in
      for output in outputs {
        state.tokenCounts[output.index] = (output.generatedTokenCount, output.cachedTokenCount)
        if output.ending != nil { state.unfinishedCount -= 1 }
      }
    }
    guard session != nil, let state = outputs.first(where: { $0.ending != nil })?.state else {
      return
    }
    end(state)
  }

  /// Ends the run: a session gets the new state, or stays as it was without one.
  private func end(_ newState: SequenceState?) {
    let isFirst = state.withLock { state in
      defer { state.hasEnded = true }
      return !state.hasEnded
    }
    guard isFirst else { return }
    if newState == nil { stream.cancel() }
    let counts = state.withLock { Array($0.tokenCounts.values) }
    metrics.count(
      promptTokens: promptTokenCount, cachedTokens: counts.reduce(0) { $0 + $1.cached },
      completionTokens: counts.reduce(0) { $0 + $1.generated })
    guard let session else { return }
    if let newState {
      sessions.commit(session, newState)
    } else {
      sessions.release(session)
    }
  }
}
#endif
