#if Server
import Hummingbird
import HummingbirdCore
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1

/// What a request brings along besides its contents.
struct ServerContext: InitializableFromSource {
  let connection: Connection

  init(source: ApplicationRequestContextSource) {
    // `HTTPChannel` sets it for each connection.
    connection = Connection.current ?? Connection(eventLoop: source.channel.eventLoop)
  }
}

/// Answers all requests: checks what they have in common, and calls the function of their path.
struct ServerResponder: HTTPResponder {
  let state: ServerState

  func respond(to request: Request, context: ServerContext) async throws -> Response {
    let path = request.uri.path
    let found = Route.find(path)
    let record = RequestRecord(
      request.method.rawValue, found?.route.rawValue ?? "other", state.metrics, state.logger)
    let reply = await reply(to: request, path: path, found, context.connection, record)
    var headers = reply.headers
    cors.addHeaders(to: &headers, of: request.headers)
    let response = Response(
      status: .init(code: reply.status), headers: headers, body: body(of: reply, record))
    return request.method == .head ? response.createHeadResponse() : response
  }

  private var cors: CrossOriginRules { CrossOriginRules(origins: state.options.allowOrigin) }

  private func body(of reply: Reply, _ record: RequestRecord) -> ResponseBody {
    switch reply.body {
    case .bytes(let bytes):
      record.end(status: reply.status)
      return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    case .stream(let write):
      return ResponseBody { writer in
        try await write { try await writer.write($0) }
        try await writer.finish(nil)
        record.end(status: reply.status)
      }
    }
  }

  private func reply(
    to request: Request, path: String, _ found: (route: Route, parameter: String)?,
    _ connection: Connection, _ record: RequestRecord
  ) async -> Reply {
    do {
      if let reply = cors.preflightReply(request, methods: found?.route.methods ?? []) {
        return reply
      }
      try checkKey(request, isPage: found?.route == .page, found?.route.needsKey ?? true)
      guard let (route, parameter) = found else { throw APIError.notFound(path: path) }
      guard route.methods.contains(request.method.rawValue) else {
        throw APIError.methodNotAllowed(
          request.method.rawValue, path: path, allowed: route.methods)
      }
      if route.needsModel, state.isShuttingDown { throw APIError.shuttingDown() }
      let body = route.methods == ["POST"] ? try await body(of: request) : []
      let exchange = Exchange(
        parameter: parameter, headers: request.headers, body: body, connection: connection,
        record: record)
      return try await state.reply(to: exchange, route)
    } catch let error as APIError {
      return Reply(error)
    } catch is CancellationError {
      return Reply(APIError.clientLeft())
    } catch {
      state.logger.error("\(request.method) \(found?.route.rawValue ?? "other"): \(error)")
      return Reply(APIError.internalError())
    }
  }

  private func checkKey(_ request: Request, isPage: Bool, _ isNeeded: Bool) throws(APIError) {
    guard isNeeded, !state.keys.isEmpty else { return }
    guard let header = request.headers[.authorization] else {
      throw .invalidAPIKey(isMissing: true, isPage: isPage)
    }
    guard let key = APIKeys.key(ofAuthorization: header), state.keys.contains(key) else {
      throw .invalidAPIKey(isMissing: false, isPage: isPage)
    }
  }

  /// Reads the body of a request.
  private func body(of request: Request) async throws -> [UInt8] {
    if let type = request.headers[.contentType], !Self.isJSON(type) {
      throw APIError.unsupportedMediaType(type)
    }
    let limit = state.options.limits.maxBody
    let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard length <= limit else { throw APIError.bodyTooLarge(limit: limit) }
    var body: [UInt8] = []
    body.reserveCapacity(length)
    for try await part in request.body {
      guard body.count + part.readableBytes <= limit else {
        throw APIError.bodyTooLarge(limit: limit)
      }
      body.append(contentsOf: part.readableBytesView)
    }
    return body
  }

  /// Indicates whether a media type is that of JSON.
  private static func isJSON(_ type: String) -> Bool {
    let name = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    return name == "application/json" || name.isEmpty
  }
}
#endif
