#if Server

/// The schemas of responses.
enum OpenAPIResponses {
  private typealias Schema = OpenAPISchema

  /// The schemas, by the name of the response.
  static var all: [(name: String, schema: JSONValue)] {
    [
      ("Error", error), ("Usage", usage), ("CompletionLogprobs", completionLogprobs),
      ("ChatLogprobs", chatLogprobs), ("Completion", completion),
      ("ChatCompletion", chatCompletion), ("CompletionEvent", completionEvent),
      ("ChatCompletionEvent", chatCompletionEvent), ("Model", model), ("ModelList", list("Model")),
      ("Score", score), ("Explanation", explanation), ("Tokens", tokens),
      ("Text", Schema.response(["text": ["type": "string"]])), ("Session", session),
      (
        "SessionList",
        Schema.response([
          "object": constant("list"), "count": Schema.count,
          "data": Schema.array(Schema.reference("Session")),
        ])
      ),
      (
        "SessionDeletion",
        Schema.response([
          "id": ["type": "string"], "object": constant("session"), "deleted": ["const": true],
        ])
      ), ("Health", health),
    ]
  }

  private static func constant(_ value: String) -> JSONValue {
    ["type": "string", "const": .string(value)]
  }

  private static func list(_ element: String) -> JSONValue {
    Schema.response([
      "object": constant("list"), "data": Schema.array(Schema.reference(element)),
    ])
  }

  private static func orNull(_ name: String) -> JSONValue {
    ["anyOf": [Schema.reference(name), ["type": "null"]]]
  }

  private static var error: JSONValue {
    Schema.response([
      "error": Schema.response([
        "message": ["type": "string", "description": "One sentence."],
        "type": [
          "type": "string",
          "enum": [
            "invalid_request_error", "authentication_error", "rate_limit_error", "server_error",
          ],
        ],
        "param": ["type": ["string", "null"]], "code": ["type": ["string", "null"]],
      ])
    ])
  }

  private static var usage: JSONValue {
    Schema.response([
      "prompt_tokens": Schema.count, "completion_tokens": Schema.count,
      "total_tokens": Schema.count,
      "prompt_tokens_details": Schema.response(["cached_tokens": Schema.count]),
    ])
  }

  private static var completionLogprobs: JSONValue {
    Schema.response([
      "tokens": [
        "type": "array", "items": ["type": "string"],
        "description": "The tokens; a byte beyond ASCII has the form bytes:\\xe3.",
      ],
      "token_logprobs": Schema.array(Schema.logProbability),
      "top_logprobs": Schema.array([
        "type": ["object", "null"], "additionalProperties": Schema.logProbability,
      ]),
      "text_offset": [
        "type": "array", "items": Schema.count,
        "description": "The positions of the tokens in the text, in code points.",
      ],
    ])
  }

  private static var chatLogprobs: JSONValue {
    let token: JSONValue = [
      "token": ["type": "string"], "logprob": Schema.logProbability,
      "bytes": Schema.array(["type": "integer", "minimum": 0, "maximum": 255]),
    ]
    let more: JSONValue = ["top_logprobs": Schema.array(Schema.response(token))]
    return Schema.response([
      "content": Schema.array(Schema.response(token.adding(more))), "refusal": ["type": "null"],
    ])
  }

  /// Returns the schema of a response with texts.
  private static func generation(_ object: String, choice: JSONValue) -> JSONValue {
    let more: JSONValue = ["finish_reason": ["type": "string", "enum": ["length", "stop"]]]
    let index: JSONValue = ["index": Schema.count]
    return Schema.response([
      "id": ["type": "string"], "object": constant(object), "created": Schema.count,
      "model": ["type": "string"],
      "choices": Schema.array(Schema.response(index.adding(choice).adding(more))),
      "usage": Schema.reference("Usage"), "seed": Schema.count, "warnings": Schema.warnings,
    ])
  }

  private static var completion: JSONValue {
    generation(
      "text_completion",
      choice: ["text": ["type": "string"], "logprobs": orNull("CompletionLogprobs")])
  }

  private static var chatCompletion: JSONValue {
    generation(
      "chat.completion",
      choice: [
        "message": Schema.response([
          "role": constant("assistant"), "content": ["type": "string"],
          "refusal": ["type": "null"],
        ]), "logprobs": orNull("ChatLogprobs"),
      ])
  }

  /// Returns the schema of the JSON of an event with a part of a text.
  private static func event(_ object: String, choice: JSONValue) -> JSONValue {
    let index: JSONValue = ["index": Schema.count]
    let more: JSONValue = [
      "finish_reason": ["type": ["string", "null"], "enum": ["length", "stop", nil]]
    ]
    return Schema.object(
      [
        "id": ["type": "string"], "object": constant(object), "created": Schema.count,
        "model": ["type": "string"],
        "choices": Schema.array(Schema.response(index.adding(choice).adding(more))),
        "usage": orNull("Usage"), "seed": Schema.count, "warnings": Schema.warnings,
      ], required: ["id", "object", "created", "model", "choices"])
  }

  private static var completionEvent: JSONValue {
    event(
      "text_completion",
      choice: ["text": ["type": "string"], "logprobs": orNull("CompletionLogprobs")])
  }

  private static var chatCompletionEvent: JSONValue {
    event(
      "chat.completion.chunk",
      choice: [
        "delta": Schema.object(["role": constant("assistant"), "content": ["type": "string"]]),
        "logprobs": orNull("ChatLogprobs"),
      ])
  }

  /// Returns the schema of a server-sent event, whose data have a schema of the document.
  static func serverSentEvent(_ name: String) -> JSONValue {
    let json: JSONValue = [
      "type": "string", "contentMediaType": "application/json",
      "contentSchema": ["anyOf": [Schema.reference(name), Schema.reference("Error")]],
    ]
    return Schema.object(
      [
        "data": ["anyOf": [constant("[DONE]"), json]],
        "event": [
          "type": "string", "description": "\"error\" for an event that ends a stream that failed.",
        ],
      ], required: ["data"]
    ).adding([
      "description":
        "With stream: each event has a part of a text, the first one seed and warnings. [DONE] ends the stream."
    ])
  }

  private static var model: JSONValue {
    Schema.response([
      "id": ["type": "string"], "object": constant("model"), "created": ["type": "integer"],
      "owned_by": ["type": "string"],
      "geul": Schema.response([
        "cell": ["type": "string", "enum": ["rnn", "lstm", "gru"]], "layers": Schema.count,
        "hidden": Schema.count, "vocabulary_size": Schema.count,
        "unit": ["type": "string", "enum": ["grapheme", "codepoint", "jamo", "byte"]],
        "parameters": Schema.count, "validation_nats": Schema.numberOrNull,
      ]),
    ])
  }

  private static var score: JSONValue {
    let token: JSONValue = [
      "id": Schema.count, "text": ["type": "string"], "logprob": Schema.logProbability,
    ]
    let more: JSONValue = ["top_logprobs": Schema.array(Schema.response(token))]
    return Schema.response([
      "object": constant("score"), "model": ["type": "string"],
      "data": Schema.array(
        Schema.response([
          "index": Schema.count, "tokens": Schema.array(Schema.response(token.adding(more))),
          "token_count": Schema.count, "sum_logprob": Schema.numberOrNull,
          "nats_per_token": Schema.numberOrNull, "bits_per_character": Schema.numberOrNull,
          "warnings": Schema.warnings,
        ])), "usage": Schema.reference("Usage"),
    ])
  }

  /// The object of `geul explain --json`, whose help describes it.
  private static var explanation: JSONValue {
    let arrayOrNull: JSONValue = ["type": ["array", "null"]]
    return Schema.response([
      "unit": ["type": "string"], "text": ["type": ["string", "null"]], "tokens": arrayOrNull,
      "characters": arrayOrNull, "next_predictions": arrayOrNull,
      "mean_bits_per_token": Schema.numberOrNull, "mean_bits_per_character": Schema.numberOrNull,
      "activations": ["type": ["object", "null"]], "findings": arrayOrNull,
      "warnings": Schema.warnings,
    ])
  }

  private static var tokens: JSONValue {
    Schema.response([
      "tokens": Schema.array(Schema.response(["id": Schema.count, "text": ["type": "string"]])),
      "count": Schema.count, "warnings": Schema.warnings,
    ])
  }

  private static var session: JSONValue {
    Schema.response([
      "id": ["type": "string"], "object": constant("session"), "model": ["type": "string"],
      "tokens": Schema.count, "idle_seconds": Schema.count,
    ])
  }

  private static var health: JSONValue {
    Schema.response([
      "status": ["type": "string", "enum": ["ok", "shutting_down"]],
      "models": Schema.array(["type": "string"]), "active": Schema.count,
      "waiting": Schema.count, "sessions": Schema.count,
    ])
  }
}
#endif
