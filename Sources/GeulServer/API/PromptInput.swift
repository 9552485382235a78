#if Server

/// The prompts of a request, as texts or as token ids.
package enum PromptInput: Equatable, Sendable {
  /// Texts.
  case texts([String])
  /// Token ids.
  case tokens([[Int]])

  /// The number of prompts.
  package var count: Int {
    switch self {
    case .texts(let texts): texts.count
    case .tokens(let lists): lists.count
    }
  }
}

extension RequestFields {
  /// Returns the prompts: one empty text if the member is absent.
  func prompt() throws(APIError) -> PromptInput {
    let name = "prompt"
    let rule = "a string, a list of strings, a list of token ids, or a list of lists of token ids"
    guard let value = self[name] else { return .texts([""]) }
    if case .string(let text) = value { return .texts([text]) }
    guard case .array(let elements) = value else { throw mustBe(rule, name, value) }
    switch elements.first {
    case nil: throw Self.mustBe(rule, path(name), "an empty list")
    case .string?:
      try checkPromptCount(elements.count)
      return .texts(try strings(elements, name, rule))
    case .array?:
      try checkPromptCount(elements.count)
      var prompts: [[Int]] = []
      for (index, element) in elements.enumerated() {
        guard case .array(let ids) = element else {
          throw .invalid(
            param: path(name),
            "\(path(name)) must be \(rule); its element \(index) is \(element.typeName).")
        }
        prompts.append(try tokenIDs(ids, "\(path(name))[\(index)]", param: path(name)))
      }
      return .tokens(prompts)
    default: return .tokens([try tokenIDs(elements, path(name), param: path(name))])
    }
  }

  private func checkPromptCount(_ count: Int) throws(APIError) {
    guard count <= APILimits.texts else {
      throw Self.mustBe(
        "a list of at most \(APILimits.texts) prompts", path("prompt"), "one of \(count)")
    }
  }

  /// Returns the token ids of a list at a path, which is a parameter or an element of one.
  func tokenIDs(
    _ elements: [JSONValue], _ path: String, param: String
  ) throws(APIError) -> [Int] {
    var ids: [Int] = []
    ids.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      guard let id = element.exactInteger, id >= 0 else {
        throw Self.mustBe(
          "a token id: an integer of 0 or more", "\(path)[\(index)]", element.shortDescription,
          param: param)
      }
      ids.append(id)
    }
    return ids
  }
}
#endif
