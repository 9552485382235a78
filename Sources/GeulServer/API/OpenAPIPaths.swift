#if Server

/// The paths of the API.
struct OpenAPIPaths {
  private let modelIDs: [JSONValue]
  private let requiresKey: Bool

  /// Describes the paths of a server.
  init(modelIDs: [String], requiresKey: Bool) {
    self.modelIDs = modelIDs.map { .string($0) }
    self.requiresKey = requiresKey
  }

  /// The paths with their operations.
  var all: JSONValue {
    let operations: JSONValue = [
      "/v1/completions": [
        "post": generation(
          "createCompletion", "Continue a text.", "CompletionRequest", "Completion",
          errors: [400, 404, 409, 413, 415, 429, 503])
      ],
      "/v1/chat/completions": [
        "post": generation(
          "createChatCompletion", "Answer a chat.", "ChatCompletionRequest", "ChatCompletion",
          errors: [400, 404, 413, 415, 429, 503])
      ],
      "/v1/score": [
        "post": post(
          "score", "Return the log-probabilities of the tokens of texts.", "ScoreRequest", "Score",
          errors: [429, 503])
      ],
      "/v1/explain": [
        "post": post(
          "explain",
          "Return predictions and activations on a text: the object of geul explain --json, with warnings.",
          "ExplainRequest", "Explanation", errors: [503])
      ],
      "/v1/tokenize": [
        "post": post("tokenize", "Return the tokens of a text.", "TokenizeRequest", "Tokens")
      ],
      "/v1/detokenize": [
        "post": post("detokenize", "Return the text of tokens.", "DetokenizeRequest", "Text")
      ],
    ]
    return operations.adding(models).adding(sessions).adding(server)
  }

  private var models: JSONValue {
    [
      "/v1/models": [
        "get": get("listModels", "List the models.", json("ModelList"))
      ],
      "/v1/models/{id}": [
        "get": get(
          "retrieveModel", "Describe a model.", json("Model"), errors: [404],
          parameter: (
            "id", ["type": "string", "enum": .array(modelIDs)]
          ))
      ],
    ]
  }

  private var sessions: JSONValue {
    [
      "/v1/sessions": [
        "get": get("listSessions", "List the sessions.", json("SessionList"))
      ],
      "/v1/sessions/{name}": [
        "delete": get(
          "deleteSession", "Delete a session.", json("SessionDeletion"), errors: [404],
          parameter: (
            "name", ["type": "string", "pattern": .string(OpenAPISchema.sessionPattern)]
          ))
      ],
    ]
  }

  private var server: JSONValue {
    let page = content("text/html", ["type": "string"])
    let notModified: JSONValue = [
      "304": ["description": "The page of If-None-Match is the current one."]
    ]
    let health: JSONValue = [
      "operationId": "health", "summary": "Show the state of the server.", "security": [],
      "responses": [
        "200": response("The server accepts requests.", json("Health")),
        "503": response("The server is shutting down.", json("Health")),
      ],
    ]
    return [
      "/health": ["get": health],
      "/metrics": [
        "get": get(
          "metrics", "Show metrics in the format of Prometheus.",
          content("text/plain", ["type": "string"]))
      ],
      "/openapi.json": [
        "get": get(
          "openapi", "Show this document.", content("application/json", ["type": "object"]))
      ],
      "/": [
        "get": get(
          "page", "Show a page that works with the server's models.", page, others: notModified)
      ],
    ]
  }
}

/// Parts of operations.
extension OpenAPIPaths {
  private func content(_ type: String, _ schema: JSONValue) -> JSONValue {
    .object([.init(key: type, value: ["schema": schema])])
  }

  private func json(_ name: String) -> JSONValue {
    content("application/json", OpenAPISchema.reference(name))
  }

  private func response(_ description: String, _ content: JSONValue) -> JSONValue {
    ["description": .string(description), "content": content]
  }

  /// Returns references to the responses of errors.
  private func errors(_ statuses: [Int]) -> JSONValue {
    let all = (statuses + (requiresKey ? [401] : [])).sorted()
    return .object(
      all.map { .init(key: "\($0)", value: ["$ref": .string("#/components/responses/\($0)")]) })
  }

  private func get(
    _ id: String, _ summary: String, _ content: JSONValue, errors: [Int] = [],
    parameter: (name: String, schema: JSONValue)? = nil, others: JSONValue = [:]
  ) -> JSONValue {
    let success: JSONValue = ["200": response("Success.", content)]
    let operation: JSONValue = [
      "operationId": .string(id), "summary": .string(summary),
      "responses": success.adding(others).adding(self.errors(errors)),
    ]
    guard let parameter else { return operation }
    return operation.adding([
      "parameters": [
        [
          "name": .string(parameter.name), "in": "path", "required": true,
          "schema": parameter.schema,
        ]
      ]
    ])
  }

  private func post(
    _ id: String, _ summary: String, _ request: String, _ response: String, errors: [Int] = []
  ) -> JSONValue {
    post(
      id, summary, request, json(response), errors: [400, 404, 413, 415] + errors)
  }

  private func generation(
    _ id: String, _ summary: String, _ request: String, _ response: String, errors: [Int]
  ) -> JSONValue {
    let event = OpenAPIResponses.serverSentEvent(response + "Event")
    return post(
      id, summary, request, json(response).adding(content("text/event-stream", event)),
      errors: errors)
  }

  private func post(
    _ id: String, _ summary: String, _ request: String, _ content: JSONValue, errors: [Int]
  ) -> JSONValue {
    let success: JSONValue = ["200": response("Success.", content)]
    return [
      "operationId": .string(id), "summary": .string(summary),
      "requestBody": ["required": true, "content": json(request)],
      "responses": success.adding(self.errors(errors)),
    ]
  }
}
#endif
