#if Server
import Logging
import Synchronization

/// Everything that the requests of a server share.
final class ServerState: Sendable {
  let options: ServerOptions
  let keys: APIKeys
  let registry: ModelRegistry
  let sessions: SessionStore
  let metrics = Metrics()
  let logger: Logger
  /// The queue of computations that would otherwise delay other requests.
  let workQueue = WorkQueue(limit: 64)
  let page = PageCache()
  private let shutdown = Atomic(false)

  init(_ options: ServerOptions, keys: APIKeys, registry: ModelRegistry, logger: Logger) {
    self.options = options
    self.keys = keys
    self.registry = registry
    self.logger = logger
    sessions = SessionStore(
      limit: options.maxSessions,
      timeout: options.sessionTimeout > 0 ? .seconds(options.sessionTimeout) : nil)
  }

  /// Indicates whether the server refuses requests because it ends.
  var isShuttingDown: Bool { shutdown.load(ordering: .relaxed) }

  /// Refuses requests from now on.
  func beginShutdown() { shutdown.store(true, ordering: .relaxed) }

  /// Loads the models anew, and ends the sessions of those that were replaced.
  func reload() {
    let errors = registry.reload()
    for (id, error) in errors {
      logger.error("Model \(id) keeps its previous version: \(error)")
    }
    let models = registry.models
    sessions.removeAll(exceptOf: Set(models.map(\.identity)))
    let ids = models.map(\.id).filter { id in !errors.contains { $0.id == id } }
    logger.notice("Reloaded models: \(ids.isEmpty ? "none" : ids.joined(separator: ", "))")
  }
}
#endif
