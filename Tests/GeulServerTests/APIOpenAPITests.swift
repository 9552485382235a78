#if Server
import Foundation
import GeulCompute
import GeulModel
import GeulServer
import GeulText
import TestSupport
import Testing

/// The OpenAPI document, which must say what the code does.
///
/// `Tests/Server` validates it as a document, and tests a server against it.
struct APIOpenAPITests {
  private let limits = APILimits(maxTokens: 77, maxPrompt: 88, maxBody: 99)

  private func document(
    _ cells: [CellKind] = [.lstm], requiresKey: Bool = false
  ) throws -> [String: Any] {
    let models = try cells.enumerated().map { index, cell in
      ModelDescription(id: "m\(index)", created: 0, try randomModel(cell))
    }
    let document = OpenAPIDocument(
      version: "1.2.3", models: models, limits: limits, requiresKey: requiresKey)
    return try #require(try foundationValue(document.response) as? [String: Any])
  }

  /// Returns the value at keys inside of a value.
  private func value(_ value: Any?, _ keys: String...) throws -> Any {
    var value = value
    for key in keys { value = (value as? [String: Any])?[key] }
    return try #require(value, "\(keys)")
  }

  /// Calls `visit` with each object inside of a value.
  private func forEachObject(_ value: Any, _ visit: ([String: Any]) -> Void) {
    if let object = value as? [String: Any] {
      visit(object)
      for member in object.values { forEachObject(member, visit) }
    }
    for element in value as? [Any] ?? [] { forEachObject(element, visit) }
  }

  @Test(arguments: [[CellKind.lstm], [.rnn, .gru]])
  func `each reference has a target, and each operation its own id`(cells: [CellKind]) throws {
    let document = try document(cells, requiresKey: true)
    var (references, ids) = (0, [String]())
    forEachObject(document) { object in
      if let reference = object["$ref"] as? String {
        references += 1
        #expect(reference.hasPrefix("#/"))
        var target: Any? = document
        for key in reference.dropFirst(2).split(separator: "/") {
          target = (target as? [String: Any])?[String(key)]
        }
        #expect(target != nil, "\(reference)")
      }
      if let id = object["operationId"] as? String { ids.append(id) }
    }
    #expect(references > 50)
    #expect(ids.count == 14 && Set(ids).count == 14, "\(ids)")
  }

  @Test func `the document has the version, the limits and the models`() throws {
    let document = try document()
    #expect(try value(document, "info", "version") as? String == "1.2.3")
    let responses = try value(document, "components", "responses")
    let (bad, large) = (
      try value(responses, "400", "description") as? String,
      try value(responses, "413", "description") as? String
    )
    #expect(bad?.contains("88 tokens") == true && large?.contains("99 bytes") == true)
    let model = try value(
      document, "components", "schemas", "CompletionRequest", "properties", "model", "enum")
    #expect(try #require(model as? [Any]).first as? String == "m0")
  }

  @Test func `a key is described only if the server has one`() throws {
    let (open, closed) = (try document(), try document(requiresKey: true))
    #expect(open["security"] == nil)
    #expect((closed["security"] as? [Any])?.count == 2)
    let path = ["paths", "/v1/models", "get", "responses"]
    func hasResponse(_ document: [String: Any]) throws -> Bool {
      try (value(document, path[0], path[1], path[2], path[3]) as? [String: Any])?["401"] != nil
    }
    #expect(try !hasResponse(open))
    #expect(try hasResponse(closed))
    let health = try value(closed, "paths", "/health", "get") as? [String: Any]
    #expect((health?["security"] as? [Any])?.isEmpty == true)
  }

  /// Whether a member with a value is accepted.
  private func isAccepted(_ endpoint: Endpoint, _ name: String, _ json: String) -> Bool {
    endpoint.error(with: "\"\(name)\":\(json)", limits: limits) == nil
  }

  private static let requests: [(Endpoint, String)] = [
    (.completion, "CompletionRequest"), (.chat, "ChatCompletionRequest"), (.score, "ScoreRequest"),
    (.explain, "ExplainRequest"),
  ]

  private func properties(_ schema: String) throws -> [(String, [String: Any])] {
    let all = try value(try document(), "components", "schemas", schema, "properties")
    return try #require(all as? [String: [String: Any]]).sorted { $0.key < $1.key }
  }

  @Test(arguments: requests)
  func `the parser has the bounds of the schemas`(endpoint: Endpoint, schema: String) throws {
    var checked = 0
    for (name, property) in try properties(schema) {
      let isInteger = (property["type"] as? [String])?.first == "integer"
      // The parser does not know the model.
      guard name != "layer" else { continue }
      for (key, direction) in [("minimum", -1), ("maximum", 1)] {
        guard let bound = property[key] as? NSNumber else { continue }
        checked += 1
        #expect(isAccepted(endpoint, name, "\(bound)"), "\(name) \(bound)")
        let beyond =
          isInteger
          ? bound.int64Value == .max
            ? "9223372036854775808" : "\(bound.int64Value + Int64(direction))"
          : "\(bound.doubleValue + 0.001 * Double(direction))"
        #expect(!isAccepted(endpoint, name, beyond), "\(name) \(beyond)")
      }
      if let bound = property["exclusiveMinimum"] as? NSNumber {
        checked += 1
        #expect(!isAccepted(endpoint, name, "\(bound)"), "\(name) \(bound)")
        #expect(isAccepted(endpoint, name, "\(bound.doubleValue + 0.001)"), "\(name)")
      }
    }
    #expect(checked >= (endpoint == .completion || endpoint == .chat ? 18 : 2), "\(checked)")
  }

  @Test(arguments: requests)
  func `the parser has the types of the schemas`(endpoint: Endpoint, schema: String) throws {
    let values = [
      "null": "null", "boolean": "true", "string": "\"x\"", "integer": "1", "number": "0.5",
      "array": "[]", "object": "{}",
    ]
    for (name, property) in try properties(schema) where name != "user" {
      guard let types = property["type"] as? [String] else { continue }
      for (type, json) in values where !types.contains(type) {
        // An integer is a number.
        if type == "integer", types.contains("number") { continue }
        #expect(!isAccepted(endpoint, name, json), "\(name) \(json)")
      }
      #expect(isAccepted(endpoint, name, "null") == types.contains("null"), "\(name)")
    }
  }

  @Test func `defaults of the schemas are those of the parser`() throws {
    for (endpoint, schema) in Self.requests.prefix(2) {
      let defaults = try properties(schema).compactMap { name, property in
        property["default"].map { value -> String in
          let json =
            value is String
            ? "\"\(value)\""
            : property["type"].map { "\($0)".contains("boolean") } == true
              ? "\((value as? Bool) == true)" : "\(value)"
          return "\"\(name)\":\(json)"
        }
      }
      #expect(defaults.count >= 12, "\(defaults)")
      let members = (defaults + ["\"seed\":1"]).joined(separator: ",")
      switch endpoint {
      case .chat:
        #expect(try chat(members).parameters == chat("\"seed\":1,\"max_tokens\":77").parameters)
      default:
        #expect(
          try completion(members, limits: limits) == completion("\"seed\":1", limits: limits))
      }
    }
  }

  @Test func `a request of several models is that of any of them`() throws {
    let document = try document([.rnn, .gru])
    let request = try value(document, "components", "schemas", "ExplainRequest", "anyOf") as? [Any]
    #expect(request?.count == 2)
    for (number, selections) in [(1, 2), (2, 3)] {
      let schema = try value(document, "components", "schemas", "ExplainRequest-\(number)")
      #expect((try value(schema, "required") as? [String]) == ["model", "text"])
      let choices = try value(schema, "properties", "select", "enum") as? [Any]
      #expect(choices?.count == selections, "a vanilla RNN has no gates")
    }
  }

  @Test(arguments: [0, 1, 7, 9, 10, 11, 19, 69, 70, 99, 100, 101, 110, 255, 1000, 1999, 2345])
  func `the pattern of token ids accepts the ids of the vocabulary`(maximum: Int) throws {
    let pattern = try NSRegularExpression(pattern: OpenAPISchema.pattern(upTo: maximum))
    func matches(_ text: String) -> Bool {
      pattern.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
    }
    for id in 0...11_000 { #expect(matches("\(id)") == (id <= maximum), "\(id)") }
    for text in ["", "00", "01", "-1", "1.0", " 1", "a", "1a"] {
      #expect(!matches(text), "\(text)")
    }
  }

  @Test func `the pattern of session names is that of the parser`() throws {
    let pattern = try NSRegularExpression(pattern: OpenAPISchema.sessionPattern)
    let long = String(repeating: "x", count: 128)
    for name in [
      "a", "_", "-", "0", "a.b", ".", "..", ".a", "", "a b", "é", "a/b", long, long + "x",
    ] {
      let matches =
        pattern.firstMatch(in: name, range: NSRange(location: 0, length: name.utf16.count)) != nil
      #expect(matches == SessionDescription.isName(name), "\(name)")
      #expect(matches == isAccepted(.completion, "session", "\"\(name)\""), "\(name)")
    }
  }
}
#endif
