#if Server
import HTTPTypes
import NIOCore

/// A request as the functions that answer it see it.
struct Exchange: Sendable {
  /// The variable part of the path.
  let parameter: String
  let headers: HTTPFields
  let body: [UInt8]
  let connection: Connection
  let record: RequestRecord
}

/// A response of one of these functions.
struct Reply: Sendable {
  /// The contents of a response.
  enum Body: Sendable {
    case bytes([UInt8])
    /// The function writes the body with the function that it gets, and returns when it is complete.
    case stream(@Sendable (_ write: Writer) async throws -> Void)
  }

  /// A function that writes a part of a body, and returns when the client can take more.
  typealias Writer = (ByteBuffer) async throws -> Void

  var status = 200
  var headers: HTTPFields = [:]
  var body: Body

  /// Creates a response of a media type.
  init(
    _ bytes: [UInt8], type: String = "application/json", status: Int = 200,
    headers: HTTPFields = [:]
  ) {
    self.status = status
    self.headers = headers
    self.headers[.contentType] = type
    body = .bytes(bytes)
  }

  /// Creates a response that is a stream of server-sent events.
  init(events: @escaping @Sendable (_ write: Writer) async throws -> Void) {
    headers = [
      .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache",
    ]
    // Reverse proxies such as nginx would otherwise collect the events.
    if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
    body = .stream(events)
  }

  /// Creates the response of an error.
  init(_ error: APIError) {
    self.init(error.body, status: error.status)
    for (name, value) in error.headers {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
  }
}
#endif
