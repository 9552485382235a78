#if Server

/// Errors of the protocol rather than of the API.
extension APIError {
  /// 400: what the client sent is not HTTP/1.1.
  static func invalidHTTP() -> APIError {
    APIError(
      status: 400, type: "invalid_request_error", code: "invalid_http",
      message: "The request is not valid HTTP/1.1.")
  }

  /// 499, as nginx has it: the client has closed the connection, or its sending half.
  static func clientLeft() -> APIError {
    APIError(
      status: 499, type: "invalid_request_error", code: "client_closed_request",
      message: "The client closed the connection, or its half of it, before the response.")
  }

  /// 431: the header fields are too large.
  static func headersTooLarge() -> APIError {
    APIError(
      status: 431, type: "invalid_request_error", code: "headers_too_large",
      message: "The header fields of the request are too large.")
  }
}
#endif
