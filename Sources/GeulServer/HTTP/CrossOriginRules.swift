#if Server
import HTTPTypes
import Hummingbird

/// The rules of cross-origin resource sharing (CORS): the origins whose pages may use the API in a browser.
struct CrossOriginRules {
  /// The origins whose pages are allowed, of which `*` stands for all.
  let origins: [String]

  /// Returns the response to the question of a browser whether a page may send a request; nil for other requests.
  func preflightReply(_ request: Request, methods: [String]) -> Reply? {
    guard request.method == .options, request.headers[.origin] != nil,
      request.headers[.accessControlRequestMethod] != nil, allowedOrigin(request.headers) != nil
    else { return nil }
    return Reply(
      [], type: "text/plain", status: 204,
      headers: [
        .accessControlAllowMethods: methods.joined(separator: ", "),
        .accessControlAllowHeaders: request.headers[.accessControlRequestHeaders] ?? "*",
        .accessControlMaxAge: "600",
      ])
  }

  /// Adds the headers that allow the page of a request to read the response.
  func addHeaders(to headers: inout HTTPFields, of request: HTTPFields) {
    guard let origin = allowedOrigin(request) else { return }
    headers[.accessControlAllowOrigin] = origin
    if origin != "*" { headers[.vary] = "Origin" }
  }

  private func allowedOrigin(_ request: HTTPFields) -> String? {
    if origins.contains("*") { return "*" }
    return request[.origin].flatMap { origins.contains($0) ? $0 : nil }
  }
}
#endif
