#if Server

/// A request of `POST /v1/completions`.
package struct CompletionRequest: Equatable, Sendable {
  /// The id of the model; nil for the only one.
  package let model: String?
  /// The prompts.
  package let prompt: PromptInput
  /// The parameters of generation.
  package let parameters: GenerationParameters
  /// The number of alternatives with log-probabilities for each token; nil for no log-probabilities.
  package let logprobs: Int?
  /// Indicates whether the text of the prompt precedes the generated text.
  package let echo: Bool
  /// The name of the session that the request continues; nil if it has none.
  package let session: String?

  /// Parses and validates the body of a request.
  ///
  /// - Throws: `APIError` with status 400.
  package init(body: [UInt8], limits: APILimits) throws(APIError) {
    let fields = try RequestFields(body: body)
    model = try fields.model()
    prompt = try fields.prompt()
    parameters = try GenerationParameters(fields, lengths: ["max_tokens"], limits: limits)
    logprobs = try fields.integer("logprobs", in: 0...APILimits.alternatives)
    echo = try fields.bool("echo") ?? false
    session = try fields.session()

    let texts = prompt.count * parameters.n
    guard texts <= APILimits.texts else {
      throw .invalid(
        param: "n",
        "n times the number of prompts must be at most \(APILimits.texts), not \(texts).")
    }
    if let best = try fields.integer("best_of", in: 1...APILimits.texts), best != parameters.n {
      throw .invalid(
        param: "best_of",
        "best_of must equal n, \(parameters.n), or be left out, not \(best): the server returns "
          + "every text that it generates.")
    }
    guard try fields.string("suffix") ?? "" == "" else {
      throw .invalid(
        param: "suffix",
        "suffix must be empty or left out: the models of this server only continue a text.")
    }
    guard session == nil || texts == 1 else {
      throw .invalid(
        param: "session", "session needs one prompt and an n of 1, not \(texts) texts.")
    }
  }
}
#endif
