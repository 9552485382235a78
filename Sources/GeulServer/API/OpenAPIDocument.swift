#if Server

/// The OpenAPI 3.1 document of a server, with the limits of its configuration and the ids of its models.
package struct OpenAPIDocument: Sendable {
  /// The JSON of the document.
  package let response: [UInt8]

  /// Describes a server.
  ///
  /// - Parameters:
  ///   - version: The version of the program.
  ///   - models: The models, at least one.
  ///   - limits: The limits of requests.
  ///   - requiresKey: Indicates whether the server has an API key.
  package init(
    version: String, models: [ModelDescription], limits: APILimits, requiresKey: Bool
  ) {
    let requests = models.map {
      OpenAPIRequests($0, isOnlyModel: models.count == 1, limits: limits).all
    }
    var components: JSONValue = [
      "schemas": .object(Self.schemas(requests)), "responses": Self.errors(limits),
    ]
    var document: JSONValue = [
      "openapi": "3.1.0",
      "info": [
        "title": "geul-server", "version": .string(version),
        "description":
          "Recurrent networks that continue and score texts, with OpenAI's API. Members that are null count as absent; unknown members are ignored.",
      ],
      "paths": OpenAPIPaths(modelIDs: models.map(\.id), requiresKey: requiresKey).all,
    ]
    if requiresKey {
      components = components.adding([
        "securitySchemes": [
          "bearer": ["type": "http", "scheme": "bearer"],
          "basic": [
            "type": "http", "scheme": "basic",
            "description": "For browsers: any user name, and the API key as the password.",
          ],
        ]
      ])
      document = document.adding(["security": [["bearer": []], ["basic": []]]])
    }
    var json = JSONWriter()
    json.value(document.adding(["components": components]))
    response = json.bytes
  }

  /// Returns all schemas: a request of several models is that of any of them.
  private static func schemas(
    _ requests: [[(name: String, schema: JSONValue)]]
  ) -> [JSONValue.Member] {
    var schemas: [JSONValue.Member] = OpenAPIResponses.all.map { .init(key: $0, value: $1) }
    guard let first = requests.first else { return schemas }
    guard requests.count > 1 else {
      return schemas + first.map { .init(key: $0.name, value: $0.schema) }
    }
    for (position, request) in first.enumerated() {
      var references: [JSONValue] = []
      for (number, model) in requests.enumerated() {
        let name = "\(request.name)-\(number + 1)"
        schemas.append(.init(key: name, value: model[position].schema))
        references.append(OpenAPISchema.reference(name))
      }
      schemas.append(.init(key: request.name, value: ["anyOf": .array(references)]))
    }
    return schemas
  }

  /// Returns the responses of errors, by status.
  private static func errors(_ limits: APILimits) -> JSONValue {
    func error(_ description: String, headers: JSONValue? = nil) -> JSONValue {
      let response: JSONValue = [
        "description": .string(description),
        "content": ["application/json": ["schema": OpenAPISchema.reference("Error")]],
      ]
      return headers.map { response.adding(["headers": $0]) } ?? response
    }
    let retryAfter: JSONValue = ["Retry-After": ["schema": ["type": "integer", "minimum": 0]]]
    return [
      "400": error(
        "The body is not valid JSON, or a member is missing, has a wrong type or is out of its range. A text has at most \(limits.maxPrompt) tokens."
      ),
      "401": error(
        "The API key is missing or wrong.",
        headers: ["WWW-Authenticate": ["schema": ["type": "string"]]]),
      "404": error("There is no such model or session."),
      "409": error("Another request of the session is running."),
      "413": error("The body has more than \(limits.maxBody) bytes."),
      "415": error("The Content-Type is not application/json."),
      "429": error("Too many requests wait, or there are too many sessions.", headers: retryAfter),
      "503": error("The server is shutting down, or the request took too long."),
    ]
  }
}
#endif
