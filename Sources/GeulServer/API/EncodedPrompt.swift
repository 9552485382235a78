#if Server

package import Geul
import GeulCommandSupport

/// A prompt, or a text to score, in the tokens of a model.
package struct EncodedPrompt: Equatable, Sendable {
  /// The token ids.
  package let ids: [Int]
  /// One sentence for each of the first characters that are not in the vocabulary.
  package let warnings: [String]

  /// Encodes a text.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - model: The model.
  ///   - param: The name of the parameter, `prompt` or `text`.
  ///   - path: The path of the text in the request, such as `text[2]`.
  ///   - limit: The maximum number of tokens.
  /// - Throws: `APIError` if the text has too many tokens.
  package init(
    _ text: String, for model: Model.Metadata, param: String, path: String? = nil, limit: Int
  ) throws(APIError) {
    let unit = model.tokenizer.unit
    let encoding = model.tokenizer.encodePrompt(text, vocabulary: model.vocabulary)
    let path = path ?? param
    var warnings = encoding.notes(on: path, unit: unit)
    if encoding.ids.isEmpty, !text.isEmpty {
      let effect = param == "text" ? "it counts as empty" : "generating without a prompt"
      warnings.append("\(path): no \(unit.noun) is in the model's vocabulary; \(effect).")
    }
    try Self.check(encoding.ids.count, param: param, path: path, limit: limit)
    ids = encoding.ids
    self.warnings = warnings
  }

  /// Checks token ids of a request.
  ///
  /// - Throws: `APIError` if there are too many, or one is not in the vocabulary.
  package init(
    _ ids: [Int], for model: Model.Metadata, param: String, path: String? = nil, limit: Int
  ) throws(APIError) {
    let path = path ?? param
    try Self.check(ids.count, param: param, path: path, limit: limit)
    for (index, id) in ids.enumerated() where !model.vocabulary.tokens.indices.contains(id) {
      throw RequestFields.mustBe(
        "a token id of the model, from 0 to \(model.vocabulary.count - 1)", "\(path)[\(index)]",
        "\(id)", param: param)
    }
    self.ids = ids
    warnings = []
  }

  private static func check(
    _ count: Int, param: String, path: String, limit: Int
  ) throws(APIError) {
    guard count > limit else { return }
    throw .contextLengthExceeded(param: param, path: path, tokens: count, limit: limit)
  }
}

extension PromptInput {
  /// Encodes the prompts in the tokens of a model.
  ///
  /// - Throws: `APIError` if a prompt has too many tokens, or an id that is not in the vocabulary.
  func encoded(for model: Model.Metadata, limit: Int) throws(APIError) -> [EncodedPrompt] {
    let isSingle = count == 1
    func path(_ index: Int) -> String? { isSingle ? nil : "prompt[\(index)]" }
    var prompts: [EncodedPrompt] = []
    switch self {
    case .texts(let texts):
      for (index, text) in texts.enumerated() {
        prompts.append(
          try EncodedPrompt(text, for: model, param: "prompt", path: path(index), limit: limit))
      }
    case .tokens(let lists):
      for (index, ids) in lists.enumerated() {
        prompts.append(
          try EncodedPrompt(ids, for: model, param: "prompt", path: path(index), limit: limit))
      }
    }
    return prompts
  }
}
#endif
