#if Server

/// The members that identify a response; all events of a stream have the same.
package struct ResponseIdentity: Sendable {
  /// The id, such as `cmpl-5f0c…`.
  package let id: String
  /// The time of the response in seconds since 1970.
  package let created: Int
  /// The id of the model.
  package let model: String
  private let form: GenerationPlan.Form

  /// Creates the identity of a response, with a random id.
  package init(_ form: GenerationPlan.Form, created: Int, model: String) {
    let prefix =
      switch form {
      case .completion: "cmpl-"
      case .chat: "chatcmpl-"
      }
    let digits = String(UInt128.random(in: 0...UInt128.max), radix: 16)
    id = prefix + String(repeating: "0", count: 32 - digits.count) + digits
    self.created = created
    self.model = model
    self.form = form
  }

  /// Writes the members; the object's name is that of a stream's events if `isEvent`.
  func write(to json: inout JSONWriter, isEvent: Bool) {
    let object =
      switch (form, isEvent) {
      case (.completion, _): "text_completion"
      case (.chat, false): "chat.completion"
      case (.chat, true): "chat.completion.chunk"
      }
    json.field("id", id)
    json.field("object", object)
    json.field("created", created)
    json.field("model", model)
  }
}

/// The numbers of tokens of a request and its response.
struct Usage: Equatable, Sendable {
  /// The number of tokens of the prompts; a prompt counts once for all of its texts.
  var promptTokens = 0
  /// The number of generated tokens.
  var completionTokens = 0
  /// The number of tokens of the prompts whose state was cached.
  var cachedTokens = 0

  /// Writes the member `usage`.
  func write(to json: inout JSONWriter) {
    json.key("usage")
    json.object { json in
      json.field("prompt_tokens", promptTokens)
      json.field("completion_tokens", completionTokens)
      json.field("total_tokens", promptTokens + completionTokens)
      json.key("prompt_tokens_details")
      json.object { $0.field("cached_tokens", cachedTokens) }
    }
  }
}
#endif
