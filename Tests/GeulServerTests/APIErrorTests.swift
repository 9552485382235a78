#if Server
import GeulServer
import Testing

/// Responses of errors.
struct APIErrorTests {
  @Test func `errors have OpenAI's form and the headers of their kind`() throws {
    let error = APIError.invalid(param: "n", "n must be \"1\".")
    try expect(
      error.body,
      equals:
        #"{"error":{"message":"n must be \"1\".","type":"invalid_request_error","param":"n","code":null}}"#
    )
    #expect(error.headers.isEmpty)
    func headers(_ error: APIError) -> [String] { error.headers.map { "\($0.name): \($0.value)" } }
    #expect(headers(.queueFull(retryAfter: 2)) == ["Retry-After: 2"])
    #expect(
      headers(.methodNotAllowed("PUT", path: "/", allowed: ["GET", "HEAD"])) == ["Allow: GET, HEAD"]
    )
    #expect(headers(.invalidAPIKey(isMissing: true))[0].hasPrefix("WWW-Authenticate: Bearer"))
    #expect(
      headers(.invalidAPIKey(isMissing: true, isPage: true))[0].hasPrefix("WWW-Authenticate: Basic")
    )
  }

  /// The kinds of errors with the status, the type and the code of each.
  @Test(
    arguments: [
      (APIError.invalid(param: "n", "x."), 400, "invalid_request_error", nil),
      (.invalidJSON("x."), 400, "invalid_request_error", "invalid_json"),
      (
        .contextLengthExceeded(param: "prompt", tokens: 2, limit: 1), 400, "invalid_request_error",
        "context_length_exceeded"
      ),
      (.invalidAPIKey(isMissing: false), 401, "authentication_error", "invalid_api_key"),
      (.modelMissing(available: ["a"]), 400, "invalid_request_error", nil),
      (.modelNotFound("b", available: ["a"]), 404, "invalid_request_error", "model_not_found"),
      (.notFound(path: "/x"), 404, "invalid_request_error", "not_found"),
      (.sessionNotFound("s"), 404, "invalid_request_error", "session_not_found"),
      (
        .methodNotAllowed("PUT", path: "/", allowed: ["GET"]), 405, "invalid_request_error",
        "method_not_allowed"
      ),
      (.sessionBusy("s"), 409, "invalid_request_error", "session_busy"),
      (.bodyTooLarge(limit: 9), 413, "invalid_request_error", "body_too_large"),
      (.unsupportedMediaType("text/plain"), 415, "invalid_request_error", "unsupported_media_type"),
      (.queueFull(), 429, "rate_limit_error", "queue_full"),
      (.tooManySessions(limit: 3), 429, "rate_limit_error", "too_many_sessions"),
      (.internalError(), 500, "server_error", nil),
      (.shuttingDown(), 503, "server_error", "shutting_down"),
      (.timeout(seconds: 1), 503, "server_error", "timeout"),
    ] as [(APIError, Int, String, String?)])
  func `each kind of error has its status, type and code`(
    error: APIError, status: Int, type: String, code: String?
  ) throws {
    #expect((error.status, error.type, error.code) == (status, type, code))
    #expect(error.message.hasSuffix("."))
    #expect(status != 429 || error.retryAfter != nil)
    _ = try foundationValue(error.body)
  }

  @Test func `values of the client are shortened in messages`() {
    let long = String(repeating: "x", count: 100_000)
    #expect(APIError.modelNotFound(long, available: ["a"]).message.count < 200)
    #expect(APIError.notFound(path: "/\n\u{1B}[31m").message.contains("\"/??[31m\""))
  }
}
#endif
