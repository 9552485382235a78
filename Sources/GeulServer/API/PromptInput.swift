#if Server

import GeulCommandSupport
import Geul

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

/// A prompt in the tokens of a model.
package struct EncodedPrompt: Equatable, Sendable {
  /// The token ids.
  package let ids: [Int]
  /// One sentence for each of the first characters that are not in the vocabulary.
  package let warnings: [String]
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
        prompts.append(try tokenIDs(ids, "\(path(name))[\(index)]"))
      }
      return .tokens(prompts)
    default: return .tokens([try tokenIDs(elements, path(name))])
    }
  }

  private func checkPromptCount(_ count: Int) throws(APIError) {
    guard count <= APILimits.texts else {
      throw Self.mustBe(
        "a list of at most \(APILimits.texts) prompts", path("prompt"), "one of \(count)")
    }
  }

  /// Returns the token ids of a list at a path.
  func tokenIDs(_ elements: [JSONValue], _ path: String) throws(APIError) -> [Int] {
    var ids: [Int] = []
    ids.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      guard let id = element.exactInteger, id >= 0 else {
        throw Self.mustBe(
          "a token id: an integer of 0 or more", "\(path)[\(index)]", element.shortDescription)
      }
      ids.append(id)
    }
    return ids
  }
}

extension Model.Metadata {
  /// Encodes prompts in the tokens of the model.
  ///
  /// - Parameters:
  ///   - prompts: The prompts.
  ///   - param: The name of the parameter, for messages.
  ///   - limit: The maximum number of tokens of a prompt.
  /// - Throws: `APIError` if a prompt has too many tokens, or an id that is not in the vocabulary.
  func encode(
    _ prompts: PromptInput, param: String, limit: Int
  ) throws(APIError) -> [EncodedPrompt] {
    var encoded: [EncodedPrompt] = []
    for index in 0..<prompts.count {
      let name = prompts.count == 1 ? param : "\(param)[\(index)]"
      let prompt =
        switch prompts {
        case .texts(let texts): encode(texts[index], param: name)
        case .tokens(let lists):
          EncodedPrompt(ids: try checked(lists[index], param: name), warnings: [])
        }
      guard prompt.ids.count <= limit else {
        throw .contextLengthExceeded(param: name, tokens: prompt.ids.count, limit: limit)
      }
      encoded.append(prompt)
    }
    return encoded
  }

  private func encode(_ text: String, param: String) -> EncodedPrompt {
    let encoding = tokenizer.encodePrompt(text, vocabulary: vocabulary)
    var warnings = encoding.notes(on: param, unit: tokenizer.unit)
    if encoding.ids.isEmpty, !text.isEmpty {
      warnings.append(
        "\(param): no \(tokenizer.unit.noun) is in the model's vocabulary; it counts as empty.")
    }
    return EncodedPrompt(ids: encoding.ids, warnings: warnings)
  }

  /// Returns token ids that are all in the vocabulary.
  func checked(_ ids: [Int], param: String) throws(APIError) -> [Int] {
    for (index, id) in ids.enumerated() where id >= vocabulary.count {
      throw RequestFields.mustBe(
        "a token id of the model, from 0 to \(vocabulary.count - 1)", "\(param)[\(index)]", "\(id)")
    }
    return ids
  }
}
#endif
