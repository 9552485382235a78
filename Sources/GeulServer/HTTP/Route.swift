#if Server
import Foundation

/// A path of the server.
enum Route: String, CaseIterable {
  case page = "/"
  case completions = "/v1/completions"
  case chat = "/v1/chat/completions"
  case models = "/v1/models"
  case model = "/v1/models/{id}"
  case score = "/v1/score"
  case explain = "/v1/explain"
  case tokenize = "/v1/tokenize"
  case detokenize = "/v1/detokenize"
  case sessions = "/v1/sessions"
  case session = "/v1/sessions/{name}"
  case health = "/health"
  case metrics = "/metrics"
  case description = "/openapi.json"

  /// The methods of the path.
  var methods: [String] {
    switch self {
    case .page, .models, .model, .sessions, .health, .metrics, .description: ["GET", "HEAD"]
    case .completions, .chat, .score, .explain, .tokenize, .detokenize: ["POST"]
    case .session: ["DELETE"]
    }
  }

  /// Indicates whether a client needs a key, if the server has keys.
  var needsKey: Bool { self != .health }

  /// Indicates whether the path is refused while the server ends.
  var needsModel: Bool { methods == ["POST"] }

  /// Returns the path that a client asks for, and the value of its variable.
  static func find(_ path: String) -> (route: Route, parameter: String)? {
    if let route = fixed[path] { return (route, "") }
    for (route, prefix) in [(Route.model, "/v1/models/"), (.session, "/v1/sessions/")]
    where path.hasPrefix(prefix) && path.utf8.count > prefix.utf8.count {
      let rest = String(path.dropFirst(prefix.count))
      guard !rest.contains("/"), let name = rest.removingPercentEncoding else { return nil }
      return (route, name)
    }
    return nil
  }

  /// The paths without a variable.
  private static let fixed = Dictionary(
    uniqueKeysWithValues: allCases.filter { !$0.rawValue.contains("{") }.map { ($0.rawValue, $0) })
}
#endif
