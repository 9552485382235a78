#if Server
import Geul

/// The functions that answer the requests of each path.
extension ServerState {
  /// Returns the response of a path.
  ///
  /// - Throws: `APIError`; any other error is a fault of the server.
  func reply(to exchange: Exchange, _ route: Route) async throws -> Reply {
    switch route {
    case .page: try await page(exchange)
    case .completions: try await completions(exchange)
    case .chat: try await chat(exchange)
    case .models: models()
    case .model: try model(exchange)
    case .score: try await score(exchange)
    case .explain: try await explain(exchange)
    case .tokenize: try await tokenize(exchange)
    case .detokenize: try await detokenize(exchange)
    case .sessions: listSessions()
    case .session: try deleteSession(exchange)
    case .health: health()
    case .metrics: metricsText()
    case .description: try await openAPI()
    }
  }

  /// Performs an operation with a model; again with its new version if the model is loaded anew meanwhile.
  func withModel<Result>(
    _ id: String?, _ operation: (ServedModel) async throws -> Result
  ) async throws -> Result {
    while true {
      let model = try registry.model(id)
      do { return try await operation(model) } catch is ModelReplaced {
        if isShuttingDown { throw APIError.shuttingDown() }
      }
    }
  }

  /// Performs a computation on the text of a request: at once if the text is short, else on the work queue.
  ///
  /// Text is split into about 20 MB/s, so 16 KB take less than a millisecond.
  func process<Result: Sendable>(
    _ exchange: Exchange, _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    exchange.body.count <= 16 << 10 ? try work() : try await workQueue.run(work)
  }
}
#endif
