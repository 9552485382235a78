#if Server

/// Errors of the protocol rather than of the API.
extension APIError {
  /// 400: what the client sent is not HTTP/1.1.
  static func invalidHTTP() -> APIError {
    APIError(
      status: 400, type: "invalid_request_error", code: "invalid_http",
      message: "The request is not valid HTTP/1.1.")
  }

  /// 431: the header fields are too large.
  static func headersTooLarge() -> APIError {
    APIError(
      status: 431, type: "invalid_request_error", code: "headers_too_large",
      message: "The header fields of the request are too large.")
  }
}
#endif
