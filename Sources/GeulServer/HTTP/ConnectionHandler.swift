#if Server
import HTTPTypes
import NIOCore
import NIOHTTP1

/// The rules of a connection: time limits, the end of keep-alive, clients that vanish, and requests that are not HTTP.
///
/// It stands between the codec of HTTP/1.1 and the handlers of requests, and runs on the event loop.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// A request that has no complete response.
  private struct PendingRequest {
    let version: HTTPVersion
    /// Indicates whether the client wants to keep the connection open afterwards.
    let isKeepAlive: Bool
  }

  private let connection: Connection
  private let limits: ConnectionLimits
  /// The requests that have no complete response.
  private var requests: CircularBuffer<PendingRequest> = []
  /// Indicates whether a request has begun whose end has not arrived.
  private var isReceiving = false
  /// Indicates whether the server is shutting down.
  private var isQuiescing = false
  /// Indicates whether the connection ends with the response that is being written.
  private var closesAfterResponse = false
  /// Indicates whether a response has ended the connection; what arrives afterwards is discarded.
  private var isDiscarding = false
  /// The last time at which the client sent something, took something, or was not expected to.
  private var lastProgress = NIODeadline.now()
  /// The number of bytes that waited to be sent at the last check.
  private var bufferedBytes = 0
  private var pendingWrites = 0
  private var check: Scheduled<Void>?

  init(_ connection: Connection, limits: ConnectionLimits) {
    (self.connection, self.limits) = (connection, limits)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { scheduleCheck(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    if check == nil { scheduleCheck(context) }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    check?.cancel()
    connection.close()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    lastProgress = .now()
    guard !isDiscarding else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      isReceiving = true
      requests.append(PendingRequest(version: head.version, isKeepAlive: head.isKeepAlive))
      guard HTTPRequest.Method(head.method.rawValue) != nil, !head.uri.isEmpty else {
        refuse(context, .badRequest, .invalidHTTP())
        return
      }
      answerExpectation(of: head, context)
    case .body: break
    case .end: isReceiving = false
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    if isDiscarding { context.read() }
  }

  /// Answers a client that waits for permission to send its body.
  private func answerExpectation(of head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    guard head.headers.first(name: "expect")?.lowercased() == "100-continue", requests.count == 1,
      head.headers.first(name: "content-length").flatMap({ Int($0) }) ?? 0 <= limits.bodySize
    else { return }
    let response = HTTPResponseHead(version: .http1_1, status: .continue)
    context.writeAndFlush(wrapOutboundOut(.head(response)), promise: nil)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let written = promise ?? context.eventLoop.makePromise()
    pendingWrites += 1
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    written.futureResult.whenComplete { _ in
      handler.value.pendingWrites -= 1
      handler.value.lastProgress = .now()
    }
    switch unwrapOutboundIn(data) {
    case .head(var head) where head.status.code >= 200:
      let isIncomplete = isReceiving && requests.count == 1
      if isIncomplete || isQuiescing || requests.first?.isKeepAlive == false {
        closesAfterResponse = true
        head.headers.replaceOrAdd(name: "connection", value: "close")
      }
      // The end of a connection of HTTP/1.0 ends a body of unknown length.
      if requests.first?.version == .http1_0 { head.version = .http1_0 }
      context.write(wrapOutboundOut(.head(head)), promise: written)
    case .end:
      context.writeAndFlush(data, promise: written)
      if !requests.isEmpty { requests.removeFirst() }
      if closesAfterResponse || isQuiescing && requests.isEmpty {
        closeWhenSent(written.futureResult, context)
      }
    default: context.write(data, promise: written)
    }
  }

  /// Closes the connection after its last response.
  ///
  /// The system would discard the response if the client still sends; so what it sends is read for a moment.
  private func closeWhenSent(_ sent: EventLoopFuture<Void>, _ context: ChannelHandlerContext) {
    let mustDiscard = isReceiving
    isDiscarding = true
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    sent.whenComplete { _ in
      let context = bound.value
      guard mustDiscard else { return context.close(promise: nil) }
      context.close(mode: .output, promise: nil)
      context.read()
      _ = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
        context.close(promise: nil)
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed:
      connection.close()
      if requests.isEmpty || isReceiving {
        context.close(promise: nil)
      } else {
        context.fireUserInboundEventTriggered(event)
      }
    case is ChannelShouldQuiesceEvent:
      isQuiescing = true
      if requests.isEmpty { context.close(promise: nil) }
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case HTTPParserError.headerOverflow:
      refuse(context, .requestHeaderFieldsTooLarge, .headersTooLarge())
    case is HTTPParserError: refuse(context, .badRequest, .invalidHTTP())
    default:
      connection.close()
      context.close(promise: nil)
    }
  }

  /// Answers a request that is not valid HTTP, and closes the connection.
  private func refuse(
    _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ error: APIError
  ) {
    guard !isDiscarding else { return }
    connection.close()
    // While a response is being written, there is no place for another.
    guard requests.count <= 1, pendingWrites == 0 else { return context.close(promise: nil) }
    isReceiving = true
    let body = ByteBuffer(bytes: error.body)
    let headers: HTTPHeaders = [
      "content-type": "application/json", "content-length": "\(body.readableBytes)",
    ]
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    write(context: context, data: NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
    write(
      context: context, data: NIOAny(HTTPServerResponsePart.body(.byteBuffer(body))), promise: nil)
    write(context: context, data: NIOAny(HTTPServerResponsePart.end(nil)), promise: nil)
  }

  private func scheduleCheck(_ context: ChannelHandlerContext) {
    let interval = TimeAmount.nanoseconds(
      min(max(limits.idleTimeout.nanoseconds / 4, 50_000_000), 15_000_000_000))
    check = context.eventLoop.assumeIsolated().scheduleTask(in: interval) { [self] in
      closeIfIdle(context)
    }
  }

  /// Closes the connection if the client has sent nothing of a request, or taken nothing of a response, for too long.
  private func closeIfIdle(_ context: ChannelHandlerContext) {
    let buffered =
      (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)).flatMap { $0 } ?? 0
    let waitsForClient = requests.isEmpty || isReceiving || buffered > 0
    if !waitsForClient || buffered < bufferedBytes { lastProgress = .now() }
    bufferedBytes = buffered
    guard NIODeadline.now() - lastProgress < limits.idleTimeout else {
      connection.close()
      return context.close(promise: nil)
    }
    scheduleCheck(context)
  }
}

/// The limits of a connection.
struct ConnectionLimits: Sendable {
  /// The time after which a client is dropped that sends or takes nothing although it should.
  let idleTimeout: TimeAmount
  /// The maximum size of a body in bytes.
  let bodySize: Int
}
#endif
