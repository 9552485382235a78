#if Server

/// The errors of the API, one constructor for each kind.
extension APIError {
  private static let invalidRequest = "invalid_request_error"
  private static let serverError = "server_error"

  /// 400: a parameter is missing, or has a wrong type or a value out of its range.
  package static func invalid(param: String?, _ message: String) -> APIError {
    APIError(status: 400, type: invalidRequest, param: param, message: message)
  }

  /// 400: the body is not valid JSON or not valid UTF-8.
  package static func invalidJSON(_ message: String) -> APIError {
    APIError(status: 400, type: invalidRequest, code: "invalid_json", message: message)
  }

  /// 400: a text, the parameter or an element of it, has more tokens than the server or the operation accepts.
  package static func contextLengthExceeded(
    param: String, path: String? = nil, tokens: Int, limit: Int
  ) -> APIError {
    APIError(
      status: 400, type: invalidRequest, code: "context_length_exceeded", param: param,
      message: "\(path ?? param) has \(tokens) tokens; at most \(limit) are accepted.")
  }

  /// 401: the API key is missing or wrong; `isPage` asks a browser for a password instead of a token.
  package static func invalidAPIKey(isMissing: Bool, isPage: Bool = false) -> APIError {
    APIError(
      status: 401, type: "authentication_error", code: "invalid_api_key",
      message: isMissing
        ? "This server needs an API key: send it in the header \"Authorization: Bearer KEY\"."
        : "The API key is not valid: send one of the keys that the server was started with.",
      challenge: isPage ? "Basic realm=\"geul\", charset=\"UTF-8\"" : "Bearer realm=\"geul\"")
  }

  /// 400: the request does not name a model, and the server has several.
  package static func modelMissing(available: [String]) -> APIError {
    invalid(
      param: "model",
      "model is missing; this server has: \(available.joined(separator: ", ")).")
  }

  /// 404: no model has this id.
  package static func modelNotFound(_ id: String, available: [String]) -> APIError {
    APIError(
      status: 404, type: invalidRequest, code: "model_not_found", param: "model",
      message: "There is no model \(quoted(id)); this server has: "
        + "\(available.joined(separator: ", ")).")
  }

  /// 404: the server has no such path.
  package static func notFound(path: String) -> APIError {
    APIError(
      status: 404, type: invalidRequest, code: "not_found",
      message: "There is nothing at \(quoted(path)); /openapi.json lists the paths of this server.")
  }

  /// 404: no session has this name.
  package static func sessionNotFound(_ name: String) -> APIError {
    APIError(
      status: 404, type: invalidRequest, code: "session_not_found", param: "session",
      message: "There is no session \(quoted(name)): it was never used, deleted, or has expired.")
  }

  /// 400: the session belongs to another model.
  package static func sessionOfOtherModel(_ name: String, model: String) -> APIError {
    invalid(
      param: "session",
      "The session \(quoted(name)) belongs to the model \(quoted(model)); use that model or another "
        + "session.")
  }

  /// 405: the path does not have this method.
  package static func methodNotAllowed(
    _ method: String, path: String, allowed: [String]
  ) -> APIError {
    APIError(
      status: 405, type: invalidRequest, code: "method_not_allowed",
      message: "\(quoted(path)) does not have the method \(shortened(method)); use "
        + "\(allowed.joined(separator: " or ")).",
      allowedMethods: allowed)
  }

  /// 409: another request with the same session is running.
  package static func sessionBusy(_ name: String) -> APIError {
    APIError(
      status: 409, type: invalidRequest, code: "session_busy", param: "session",
      message: "Another request of the session \(quoted(name)) is running; wait for its end.",
      retryAfter: 1)
  }

  /// 413: the body has more bytes than the server accepts.
  package static func bodyTooLarge(limit: Int) -> APIError {
    APIError(
      status: 413, type: invalidRequest, code: "body_too_large",
      message: "The request body has more than \(limit) bytes, the limit of this server. "
        + "Send a smaller one.")
  }

  /// 415: the body is declared as something else than JSON.
  package static func unsupportedMediaType(_ type: String) -> APIError {
    APIError(
      status: 415, type: invalidRequest, code: "unsupported_media_type",
      message: "The Content-Type must be application/json, not \(quoted(type)).")
  }

  /// 429: too many requests are waiting.
  package static func queueFull(retryAfter: Int = 1) -> APIError {
    APIError(
      status: 429, type: "rate_limit_error", code: "queue_full",
      message: "Too many requests are waiting; try again in \(seconds(retryAfter)).",
      retryAfter: retryAfter)
  }

  /// 429: the server keeps as many sessions as it may.
  package static func tooManySessions(limit: Int, retryAfter: Int = 60) -> APIError {
    APIError(
      status: 429, type: "rate_limit_error", code: "too_many_sessions", param: "session",
      message: "The server has \(limit) sessions, its limit. Delete one, or try again in "
        + "\(seconds(retryAfter)).",
      retryAfter: retryAfter)
  }

  /// 500: the server failed for a reason that is not the client's.
  package static func internalError() -> APIError {
    APIError(
      status: 500, type: serverError,
      message: "The server failed to answer this request; its log says why.")
  }

  /// 503: the server is ending.
  package static func shuttingDown(retryAfter: Int = 5) -> APIError {
    APIError(
      status: 503, type: serverError, code: "shutting_down",
      message: "The server is shutting down; try again in \(seconds(retryAfter)).",
      retryAfter: retryAfter)
  }

  /// 503: the request took longer than the server allows.
  package static func timeout(seconds limit: Int) -> APIError {
    APIError(
      status: 503, type: serverError, code: "timeout",
      message: "The request took longer than \(seconds(limit)), the limit of this server. "
        + "Ask for fewer tokens.")
  }

  private static func seconds(_ count: Int) -> String {
    count == 1 ? "1 second" : "\(count) seconds"
  }

  /// Returns a value of the client in quotation marks, shortened so that a message stays readable.
  static func quoted(_ text: String) -> String { "\"\(shortened(text))\"" }

  /// Returns the first 64 code points of a text, with visible control characters.
  private static func shortened(_ text: String) -> String {
    let scalars = text.unicodeScalars
    var short = ""
    for scalar in scalars.prefix(64) {
      short += scalar.value < 0x20 || scalar.value == 0x7F ? "?" : String(scalar)
    }
    return scalars.count > 64 ? short + "…" : short
  }
}
#endif
