#if Server
import Foundation
import GeulCommandSupport
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The server from its start to its end.
struct ServerProcess {
  private let options: ServerOptions

  init(_ options: ServerOptions) { self.options = options }

  /// Descriptors that are not connections: standard streams, files, the sockets and timers of the event loops.
  private static let reservedDescriptors = 32

  /// Loads the models, and serves until a signal ends the server.
  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    let logger = makeLogger(level: options.logLevel)
    let state = try makeState(logger)
    let threads = ProcessInfo.processInfo.activeProcessorCount > 4 ? 2 : 1
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    let services = ServiceGroup(
      configuration: .init(services: [application(state, group)], logger: quiet(logger)))
    do {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        tasks.addTask { await answer(signals, state, services) }
        tasks.addTask { await maintain(state) }
        // The services end after a signal, or with an error.
        try await tasks.next()
        tasks.cancelAll()
      }
    } catch let error as CommandError {
      throw error
    } catch {
      throw CommandError("\(address(port: options.port)): \(Self.reason(of: error))")
    }
    logger.notice("Stopped")
    try? await group.shutdownGracefully()
  }

  private func makeState(_ logger: Logger) throws -> ServerState {
    let keys = try APIKeys.load(file: options.apiKeyFile)
    let loader = ModelLoader(
      precision: options.precision, machine: options.machine, capacity: options.parallel,
      queueLimit: options.maxQueue, cacheBytes: options.cacheSize.bytes,
      ngramOptions: options.ngramOptions)
    let registry = try ModelRegistry(options.models) { try loader.load($0, $1) }
    return ServerState(options, keys: keys, registry: registry, logger: logger)
  }

  private func application(
    _ state: ServerState, _ group: MultiThreadedEventLoopGroup
  ) -> Application<ServerResponder> {
    let limit = ProcessUsage.raiseDescriptorLimit(
      to: options.maxConnections + Self.reservedDescriptors)
    let connections = max(1, min(options.maxConnections, limit - Self.reservedDescriptors))
    if connections < options.maxConnections {
      state.logger.warning(
        "At most \(connections) connections: the limit of open files is \(limit) (ulimit -n)")
    }
    let limits = ConnectionLimits(
      idleTimeout: .nanoseconds(Int64(options.idleTimeout * 1e9)),
      bodySize: options.limits.maxBody)
    return Application(
      responder: ServerResponder(state: state),
      server: HTTPServerBuilder { HTTPChannel(responder: $0, limits: limits) },
      configuration: ApplicationConfiguration(
        address: .hostname(options.host, port: options.port), serverName: "geul-server",
        backlog: 1024,
        availableConnectionsDelegate: .maximum(connections, logger: quiet(state.logger))),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? options.port
        let ids = state.registry.models.map(\.id).joined(separator: ", ")
        Output.note("geul-server: listening on \(address(port: port)) (models: \(ids))")
      },
      eventLoopGroupProvider: .shared(group), logger: quiet(state.logger))
  }

  /// Reloads the models after SIGHUP, and ends the services after SIGTERM or SIGINT; a second one does not wait.
  private func answer(
    _ signals: UnixSignalsSequence, _ state: ServerState, _ services: ServiceGroup
  ) async {
    for await signal in signals {
      guard signal != .sighup else {
        await Task.detached { state.reload() }.value
        continue
      }
      guard !state.isShuttingDown else {
        state.logger.notice("\(signal): interrupting the running requests")
        state.registry.interrupt()
        continue
      }
      state.logger.notice("\(signal): finishing the running requests")
      state.beginShutdown()
      let deadline = options.shutdownTimeout
      Task.detached {
        try? await Task.sleep(for: .seconds(deadline))
        state.logger.notice("Interrupting the requests that are still running")
        state.registry.interrupt()
        // What is left are clients that do not read.
        try? await Task.sleep(for: .seconds(2))
        Foundation.exit(0)
      }
      await services.triggerGracefulShutdown()
    }
    // The stream of signals ends only with the task.
  }

  /// Once a minute, removes expired sessions and returns memory to the system.
  private func maintain(_ state: ServerState) async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(60))
      state.sessions.removeExpired()
      ProcessUsage.returnUnusedMemory()
    }
  }

  /// Returns the URL of the server at a port.
  private func address(port: Int) -> String {
    "http://\(options.host.contains(":") ? "[\(options.host)]" : options.host):\(port)"
  }

  /// Returns a sentence that says why the server cannot listen.
  private static func reason(of error: any Error) -> String {
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE: "the port is in use. Choose another with --port; 0 lets the system choose."
    case EACCES: "the port may not be used by this user. Choose one from 1024 with --port."
    case EADDRNOTAVAIL: "this machine does not have the address. Choose another with --host."
    case let code?: "the server cannot listen: \(unsafe String(cString: strerror(code)))."
    case nil: "the server cannot listen: \(error)."
    }
  }
}

/// Returns the logger of the server, which writes to standard error.
private func makeLogger(level: Logger.Level) -> Logger {
  var logger = Logger(label: "geul-server") { StreamLogHandler.standardError(label: $0) }
  logger.logLevel = level
  return logger
}

/// Returns a logger for the libraries, which report each connection at the level `info`.
private func quiet(_ logger: Logger) -> Logger {
  var logger = logger
  if logger.logLevel == .info { logger.logLevel = .warning }
  return logger
}
#endif
