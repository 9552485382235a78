#if Server

/// JSON Schemas, as OpenAPI 3.1 has them.
package enum OpenAPISchema {
  /// Returns a reference to a schema of the document.
  static func reference(_ name: String) -> JSONValue {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  /// Returns the schema of an object; `required` are the names of members that are always present.
  static func object(_ properties: JSONValue, required: [String] = []) -> JSONValue {
    let schema: JSONValue = ["type": "object", "properties": properties]
    return required.isEmpty
      ? schema : schema.adding(["required": .array(required.map { .string($0) })])
  }

  /// Returns the schema of an object whose members are all present.
  static func response(_ properties: JSONValue) -> JSONValue {
    guard case .object(let members) = properties else { return properties }
    return object(properties, required: members.map(\.key))
  }

  /// Returns the schema of an array.
  static func array(_ items: JSONValue, _ limits: JSONValue = [:]) -> JSONValue {
    (["type": "array", "items": items] as JSONValue).adding(limits)
  }

  /// Returns the schema of an optional member of a request, which may be null.
  static func optional(
    _ type: String, _ description: String, default value: JSONValue? = nil,
    _ limits: JSONValue = [:]
  ) -> JSONValue {
    var schema: JSONValue = ["type": [.string(type), "null"], "description": .string(description)]
    if let value { schema = schema.adding(["default": value]) }
    return schema.adding(limits)
  }

  /// Returns the schema of an optional integer in a range.
  static func optionalInteger(
    _ range: ClosedRange<Int>, _ description: String, default value: Int? = nil
  ) -> JSONValue {
    optional(
      "integer", description, default: value.map { .integer($0) },
      ["minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)])
  }

  /// The schema of an integer of 0 or more.
  static let count: JSONValue = ["type": "integer", "minimum": 0]
  /// The schema of a number or null.
  static let numberOrNull: JSONValue = ["type": ["number", "null"]]
  /// The schema of a log-probability in nats, which is null where there is no prediction.
  static let logProbability: JSONValue = [
    "type": ["number", "null"],
    "description":
      "Natural logarithm of the model's probability, without temperature, penalties and filters; -9999 stands for minus infinity.",
  ]
  /// The schema of the sentences about characters that are not in the vocabulary.
  static let warnings: JSONValue = [
    "type": "array", "items": ["type": "string"],
    "description": "Characters of the text that are not in the model's vocabulary.",
  ]

  /// The regular expression of names of sessions.
  package static let sessionPattern =
    "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,\(APILimits.sessionNameLength - 1)}$"

  /// Returns a regular expression of the decimal numbers from 0 to a maximum, without leading zeros.
  package static func pattern(upTo maximum: Int) -> String {
    let digits = "\(maximum)".utf8.map { Int($0 - UInt8(ascii: "0")) }
    func repeated(_ count: Int) -> String {
      count == 0 ? "" : count == 1 ? "[0-9]" : "[0-9]{\(count)}"
    }
    // Numbers of fewer digits, then those that differ from the maximum first at each digit.
    var alternatives = (1..<max(digits.count, 1)).map { count in
      count == 1 ? "[0-9]" : "[1-9]" + repeated(count - 1)
    }
    for (position, digit) in digits.enumerated() {
      let least = position == 0 && digits.count > 1 ? 1 : 0
      guard digit > least else { continue }
      let prefix = digits[..<position].map { "\($0)" }.joined()
      alternatives.append(
        prefix + "[\(least)-\(digit - 1)]" + repeated(digits.count - position - 1))
    }
    alternatives.append("\(maximum)")
    return "^(" + alternatives.joined(separator: "|") + ")$"
  }
}
#endif
