#if Server

import Geul

/// Log-probabilities of tokens in responses.
extension JSONWriter {
  /// The log-probability that stands for one that JSON has no number for, such as minus infinity; OpenAI's value.
  static let leastLogProbability = -9999.0

  /// Writes a log-probability in nats.
  mutating func logProbability(_ value: Double?) {
    guard let value else { return null() }
    number(value.isFinite ? value : Self.leastLogProbability)
  }

  /// Writes log-probabilities in the form of completions.
  ///
  /// - Parameters:
  ///   - scores: The tokens with their offsets in the text of the response, in code points.
  ///   - texts: The texts of the tokens.
  mutating func completionLogprobs(_ scores: [TokenScore], _ texts: TokenTexts) {
    object { json in
      json.key("tokens")
      json.array(scores) { $0.string(texts.text(of: $1.id)) }
      json.key("token_logprobs")
      json.array(scores) { $0.logProbability($1.logProbability) }
      json.key("top_logprobs")
      json.array(scores) { json, score in
        guard score.logProbability != nil else { return json.null() }
        json.object { json in
          for alternative in score.alternatives {
            json.key(escaping: texts.text(of: alternative.id))
            json.logProbability(alternative.logProbability)
          }
        }
      }
      json.key("text_offset")
      json.array(scores) { $0.integer($1.offset) }
    }
  }

  /// Writes log-probabilities in the form of chat completions.
  mutating func chatLogprobs(_ scores: [TokenScore], _ texts: TokenTexts) {
    object { json in
      json.key("content")
      json.array(scores) { json, score in
        json.object { json in
          json.chatToken(score.id, score.logProbability, texts)
          json.key("top_logprobs")
          json.array(score.alternatives) { json, alternative in
            json.object { $0.chatToken(alternative.id, alternative.logProbability, texts) }
          }
        }
      }
      json.key("refusal")
      json.null()
    }
  }

  private mutating func chatToken(_ id: Int, _ logProbability: Double?, _ texts: TokenTexts) {
    field("token", texts.text(of: id))
    key("logprob")
    self.logProbability(logProbability)
    key("bytes")
    array(texts.bytes(of: id)) { $0.integer($1) }
  }

  /// Writes tokens with their ids and log-probabilities, the form of scores.
  mutating func scoredTokens(_ scores: [TokenScore], _ texts: TokenTexts) {
    array(scores) { json, score in
      json.object { json in
        json.scoredToken(score.id, score.logProbability, texts)
        json.key("top_logprobs")
        json.array(score.alternatives) { json, alternative in
          json.object { $0.scoredToken(alternative.id, alternative.logProbability, texts) }
        }
      }
    }
  }

  private mutating func scoredToken(_ id: Int, _ logProbability: Double?, _ texts: TokenTexts) {
    field("id", id)
    field("text", texts.text(of: id))
    key("logprob")
    self.logProbability(logProbability)
  }
}
#endif
