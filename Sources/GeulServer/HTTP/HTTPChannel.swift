#if Server
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// The pipeline of a connection: HTTP/1.1 with a `ConnectionHandler`.
///
/// It is Hummingbird's `HTTP1Channel`, except that requests know their connection.
struct HTTPChannel: HTTPChannelHandler {
  let responder: Responder
  let limits: ConnectionLimits

  /// The size of the system's buffer of a connection in bytes.
  ///
  /// The system would otherwise take megabytes from a client that does not read before its sequences are suspended.
  private static let sendBufferSize: SocketOptionValue = 128 << 10

  /// A channel with its connection.
  struct Value: ServerChildChannelValue {
    let parts: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    let connection: Connection

    var channel: any Channel { parts.channel }
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let connection = Connection(eventLoop: channel.eventLoop)
      try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: Self.sendBufferSize)
      let pipeline = channel.pipeline.syncOperations
      var decoderLimits = NIOHTTPDecoderLimitConfiguration()
      decoderLimits.maxHeaderListSize = 64 << 10
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false, withErrorHandling: false,
        withOutboundHeaderValidation: false, withEncoderConfiguration: .init(),
        withDecoderLimitConfiguration: decoderLimits)
      try pipeline.addHandler(ConnectionHandler(connection, limits: limits))
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
      let parts = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
        wrappingChannelSynchronously: channel,
        configuration: .init(isOutboundHalfClosureEnabled: true))
      return Value(parts: parts, connection: connection)
    }
  }

  func handle(value: Value, logger: Logger) async {
    await Connection.$current.withValue(value.connection) {
      await handleHTTP(asyncChannel: value.parts, logger: logger)
    }
  }
}
#endif
