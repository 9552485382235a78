#if Server

import Foundation
package import Geul
package import GeulCommandSupport

extension TokenizeRequest {
  /// Returns the JSON of the tokens of the text.
  ///
  /// - Throws: `APIError` if the text has too many tokens.
  package func response(
    for model: Model.Metadata, texts: TokenTexts, limits: APILimits
  ) throws(APIError) -> [UInt8] {
    let encoded = try EncodedPrompt(text, for: model, param: "text", limit: limits.maxPrompt)
    var json = JSONWriter()
    json.object { json in
      json.key("tokens")
      json.array(encoded.ids) { json, id in
        json.object { json in
          json.field("id", id)
          json.field("text", texts.text(of: id))
        }
      }
      json.field("count", encoded.ids.count)
      json.field("warnings", encoded.warnings)
    }
    return json.bytes
  }
}

extension DetokenizeRequest {
  /// Returns the JSON of the text of the tokens.
  ///
  /// - Throws: `APIError` if there are too many tokens, or one is not in the vocabulary.
  package func response(
    for model: Model.Metadata, limits: APILimits
  ) throws(APIError) -> [UInt8] {
    let encoded = try EncodedPrompt(tokens, for: model, param: "tokens", limit: limits.maxPrompt)
    var decoder = StreamDecoder(tokenizer: model.tokenizer, vocabulary: model.vocabulary)
    let text = encoded.ids.map { decoder.append($0) }.joined() + decoder.finish()
    var json = JSONWriter()
    json.object { $0.field("text", text) }
    return json.bytes
  }
}

extension ExplainRequest {
  /// Encodes the text in the tokens of a model.
  ///
  /// A text without a character of the vocabulary has no tokens; its explanation is empty.
  ///
  /// - Throws: `APIError` if the text has more than 1,000 tokens.
  package func encoded(for model: Model.Metadata) throws(APIError) -> EncodedPrompt {
    try EncodedPrompt(text, for: model, param: "text", limit: APILimits.explainedTokens)
  }

  /// Returns the JSON of an explanation, the object of `geul explain --json` with the warnings about the text.
  ///
  /// - Throws: `APIError` if the states of a ReLU model overflow on the text.
  package static func response(
    _ data: ExplanationData, warnings: [String]
  ) throws(APIError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let object = try? encoder.encode(data) else {
      throw .invalid(
        param: "text", "The ReLU states of the model overflow on this text; send a shorter one.")
    }
    var json = JSONWriter(continuing: Array(object.dropLast()))
    json.field("warnings", warnings)
    return json.bytes + Array("}".utf8)
  }
}
#endif
