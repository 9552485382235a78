#if Server

import Foundation
package import Geul

/// The sequences that score the texts of a request, and their response.
package struct ScorePlan: Sendable {
  /// The requests to the engine, in the order of the texts; each reads its text and generates nothing.
  package let sequences: [SequenceRequest]
  private let texts: [EncodedPrompt]
  private let metadata: Model.Metadata

  /// Encodes the texts in the tokens of a model.
  ///
  /// - Throws: `APIError` if a text has too many tokens.
  package init(
    _ request: ScoreRequest, for model: Model.Metadata, limits: APILimits
  ) throws(APIError) {
    var texts: [EncodedPrompt] = []
    for (index, text) in request.texts.enumerated() {
      let path = request.texts.count == 1 ? nil : "text[\(index)]"
      texts.append(
        try EncodedPrompt(text, for: model, param: "text", path: path, limit: limits.maxPrompt))
    }
    self.texts = texts
    metadata = model
    sequences = texts.map { text in
      var sequence = SequenceRequest(prompt: text.ids, length: 0)
      sequence.alternatives = request.topLogprobs
      sequence.scoresPrompt = true
      return sequence
    }
  }

  /// Returns the JSON of the response from the outputs of all sequences.
  ///
  /// `sum_logprob` and the means leave out the first token, and the first character, which have no prediction. A sum
  /// that JSON has no number for is null.
  package func response(
    _ outputs: [SequenceOutput], model: String, texts tokenTexts: TokenTexts
  ) -> [UInt8] {
    var scores = Array(repeating: [TokenScore](), count: texts.count)
    for output in outputs { scores[output.index] = output.promptScores ?? [] }
    var usage = Usage()
    usage.promptTokens = texts.map(\.ids.count).reduce(0, +)
    var json = JSONWriter()
    json.object { json in
      json.field("object", "score")
      json.field("model", model)
      json.key("data")
      json.array(texts.indices) { json, index in
        write(scores[index], index, to: &json, tokenTexts)
      }
      usage.write(to: &json)
    }
    return json.bytes
  }

  private func write(
    _ scores: [TokenScore], _ index: Int, to json: inout JSONWriter, _ tokenTexts: TokenTexts
  ) {
    let logProbabilities = scores.compactMap(\.logProbability)
    let sum = logProbabilities.reduce(0, +)
    json.object { json in
      json.field("index", index)
      json.key("tokens")
      json.scoredTokens(scores, tokenTexts)
      json.field("token_count", scores.count)
      json.field("sum_logprob", number: sum)
      json.field(
        "nats_per_token",
        number: logProbabilities.isEmpty ? nil : -sum / Double(logProbabilities.count))
      json.field("bits_per_character", number: bitsPerCharacter(scores))
      json.field("warnings", texts[index].warnings)
    }
  }

  /// Returns the mean surprisal of the characters whose tokens all have a prediction; nil if there is none.
  private func bitsPerCharacter(_ scores: [TokenScore]) -> Double? {
    let characters = TokenizedText(scores.map(\.id), of: metadata).characters
    let surprisals = characters.compactMap { character -> Double? in
      let values = scores[character.tokens].map(\.logProbability)
      return values.contains(nil) ? nil : -values.compactMap(\.self).reduce(0, +) / log(2)
    }
    return surprisals.isEmpty ? nil : surprisals.reduce(0, +) / Double(surprisals.count)
  }
}
#endif
