#if Server

extension OpenAPISchema {
  /// The rules about the number of texts of a completion: n times the number of prompts is limited, and a session has
  /// one text.
  ///
  /// JSON Schema has no products. There is a rule for each number of prompts from which a smaller n is required.
  static var textCountRules: JSONValue {
    var rules: [JSONValue] = []
    var maximum = APILimits.texts
    for prompts in 2...APILimits.texts where APILimits.texts / prompts < maximum {
      maximum = APILimits.texts / prompts
      rules.append([
        "if": [
          "properties": ["prompt": list(["minItems": .integer(prompts)])], "required": ["prompt"],
        ], "then": ["properties": ["n": ["maximum": .integer(maximum)]]],
      ])
    }
    rules.append([
      "if": ["properties": ["session": ["type": "string"]], "required": ["session"]],
      "then": [
        "properties": [
          "n": ["maximum": 1], "prompt": ["anyOf": [["not": list([:])], ["maxItems": 1]]],
        ]
      ],
    ])
    return .array(rules)
  }

  /// Returns the schema of a list of prompts; a list of token ids is one prompt.
  private static func list(_ limits: JSONValue) -> JSONValue {
    array(["type": ["string", "array"]], limits)
  }
}
#endif
