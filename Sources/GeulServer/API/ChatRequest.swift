#if Server

/// A request of `POST /v1/chat/completions`.
package struct ChatRequest: Equatable, Sendable {
  /// The id of the model; nil for the only one.
  package let model: String?
  /// The messages, at least one.
  package let messages: [ChatMessage]
  /// The parameters of generation.
  package let parameters: GenerationParameters
  /// The number of alternatives with log-probabilities for each token; nil for no log-probabilities.
  package let topLogprobs: Int?

  /// Parses and validates the body of a request.
  ///
  /// - Throws: `APIError` with status 400.
  package init(body: [UInt8], limits: APILimits) throws(APIError) {
    let fields = try RequestFields(body: body)
    model = try fields.model()
    messages = try fields.messages()
    parameters = try GenerationParameters(
      fields, lengths: ["max_completion_tokens", "max_tokens"], limits: limits)
    let isScored = try fields.bool("logprobs") ?? false
    let alternatives = try fields.integer("top_logprobs", in: 0...APILimits.alternatives) ?? 0
    topLogprobs = isScored ? alternatives : nil

    for name in ["tools", "functions"] {
      switch fields[name] {
      case nil, .array([])?: break
      default:
        throw .invalid(
          param: name,
          "\(name) must be empty or left out: the models of this server only write text.")
      }
    }
    guard let format = try fields.object("response_format") else { return }
    guard try format.choice("type", ["text"]) != nil else {
      throw format.missing("type", "\"text\"")
    }
  }
}

/// A message of a chat.
package struct ChatMessage: Equatable, Sendable {
  /// The author of a message.
  package enum Role: String, CaseIterable, Sendable {
    case system, developer, user, assistant
  }

  /// The author.
  package let role: Role
  /// The text.
  package let text: String

  /// Creates a message.
  package init(_ role: Role, _ text: String) {
    self.role = role
    self.text = text
  }
}

extension RequestFields {
  /// Returns the messages of a chat.
  fileprivate func messages() throws(APIError) -> [ChatMessage] {
    let name = "messages"
    let rule =
      "a list of at least one message, such as {\"role\": \"user\", \"content\": \"Hello\"}"
    guard let value = self[name] else { throw missing(name, rule) }
    guard case .array(let elements) = value else { throw mustBe(rule, name, value) }
    guard !elements.isEmpty else { throw Self.mustBe(rule, path(name), "an empty list") }
    var messages: [ChatMessage] = []
    for (index, element) in elements.enumerated() {
      let path = "\(path(name))[\(index)]"
      guard case .object(let members) = element else {
        throw Self.mustBe("an object with role and content", path, element.shortDescription)
      }
      let message = RequestFields(members, path: path)
      messages.append(ChatMessage(try message.role(), try message.content()))
    }
    return messages
  }

  private func role() throws(APIError) -> ChatMessage.Role {
    let roles = ChatMessage.Role.allCases.map(\.rawValue)
    guard let role = try choice("role", roles).flatMap(ChatMessage.Role.init) else {
      throw missing("role", roles.map { "\"\($0)\"" }.joined(separator: " or "))
    }
    return role
  }

  /// Returns the text of a message: a string, or the joined texts of its parts.
  private func content() throws(APIError) -> String {
    let rule = "a string or a list of parts of the type \"text\""
    switch self["content"] {
    case nil: throw missing("content", rule)
    case .string(let text)?: return text
    case .array(let parts)?:
      var content = ""
      for (index, element) in parts.enumerated() {
        let path = "\(path("content"))[\(index)]"
        guard case .object(let members) = element else {
          throw Self.mustBe("an object with type and text", path, element.shortDescription)
        }
        let part = RequestFields(members, path: path)
        guard try part.choice("type", ["text"]) != nil else {
          throw part.missing("type", "\"text\"")
        }
        guard let text = try part.string("text") else { throw part.missing("text", "a string") }
        content += text
      }
      return content
    case let value?: throw mustBe(rule, "content", value)
    }
  }
}
#endif
