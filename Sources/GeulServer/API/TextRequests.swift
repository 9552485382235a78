#if Server

/// A request of `POST /v1/score`.
package struct ScoreRequest: Equatable, Sendable {
  /// The id of the model; nil for the only one.
  package let model: String?
  /// The texts, at least one.
  package let texts: [String]
  /// The number of alternatives with log-probabilities for each token.
  package let topLogprobs: Int

  /// Parses and validates the body of a request.
  ///
  /// - Throws: `APIError` with status 400.
  package init(body: [UInt8]) throws(APIError) {
    let fields = try RequestFields(body: body)
    model = try fields.model()
    let rule = "a string or a list of 1 to \(APILimits.texts) strings"
    switch fields["text"] {
    case nil: throw fields.missing("text", rule)
    case .string(let text)?: texts = [text]
    case .array(let elements)?:
      guard 1...APILimits.texts ~= elements.count else {
        throw RequestFields.mustBe(rule, "text", "a list of \(elements.count)")
      }
      texts = try fields.strings(elements, "text", rule)
    case let value?: throw fields.mustBe(rule, "text", value)
    }
    topLogprobs = try fields.integer("top_logprobs", in: 0...APILimits.alternatives) ?? 0
  }
}

/// A request of `POST /v1/tokenize`.
package struct TokenizeRequest: Equatable, Sendable {
  /// The id of the model; nil for the only one.
  package let model: String?
  /// The text.
  package let text: String

  /// Parses and validates the body of a request.
  ///
  /// - Throws: `APIError` with status 400.
  package init(body: [UInt8]) throws(APIError) {
    let fields = try RequestFields(body: body)
    model = try fields.model()
    guard let text = try fields.string("text") else { throw fields.missing("text", "a string") }
    self.text = text
  }
}

/// A request of `POST /v1/detokenize`.
package struct DetokenizeRequest: Equatable, Sendable {
  /// The id of the model; nil for the only one.
  package let model: String?
  /// The token ids, 0 or more each.
  package let tokens: [Int]

  /// Parses and validates the body of a request.
  ///
  /// - Throws: `APIError` with status 400.
  package init(body: [UInt8]) throws(APIError) {
    let fields = try RequestFields(body: body)
    model = try fields.model()
    switch fields["tokens"] {
    case nil: throw fields.missing("tokens", "a list of token ids")
    case .array(let elements)?: tokens = try fields.tokenIDs(elements, "tokens", param: "tokens")
    case let value?: throw fields.mustBe("a list of token ids", "tokens", value)
    }
  }
}
#endif
