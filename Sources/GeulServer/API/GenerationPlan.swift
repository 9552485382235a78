#if Server

package import Geul
import GeulCommandSupport

/// The sequences that answer a request for texts, and what the response needs to know of the request.
///
/// The sequence of sample i of prompt p has the index p n + i, which is the index of its choice.
package struct GenerationPlan: Sendable {
  /// The form of a response.
  package enum Form: Sendable {
    case completion, chat
  }

  /// The form of the response.
  package let form: Form
  /// The requests to the engine, in the order of the choices.
  package var sequences: [SequenceRequest]
  /// The sentences about characters of the prompts and stop strings that are not in the vocabulary.
  package let warnings: [String]
  /// The random seed.
  package let seed: UInt64
  /// The number of tokens of each prompt.
  let promptTokenCounts: [Int]
  /// The texts that precede the generated ones, by prompt; empty unless the request asks for an echo.
  let echoes: [String]
  /// The number of texts for each prompt.
  let n: Int
  /// Indicates whether tokens have log-probabilities.
  let isScored: Bool
  /// Indicates whether a space at the start of each text is dropped.
  let dropsLeadingSpace: Bool
  /// Indicates whether the response is a stream of events.
  package let isStreamed: Bool
  /// Indicates whether a stream ends with an event that has the numbers of tokens.
  let includesUsage: Bool

  fileprivate init(
    _ form: Form, _ prompts: [EncodedPrompt], _ parameters: GenerationParameters,
    model: Model.Metadata, echo: Bool = false, alternatives: Int?, stops: [String] = [],
    dropsLeadingSpace: Bool = false
  ) throws(APIError) {
    for id in parameters.sampling.logitBias.keys.sorted() where id >= model.vocabulary.count {
      throw .invalid(
        param: "logit_bias",
        "logit_bias must have token ids of the model as keys, from 0 to "
          + "\(model.vocabulary.count - 1), not \(id).")
    }
    self.form = form
    sequences = prompts.flatMap { prompt in
      (0..<parameters.n).map { sample in
        var sequence = SequenceRequest(
          prompt: prompt.ids, length: parameters.maxTokens, sampling: parameters.sampling,
          seed: parameters.seed, sampleIndex: sample, stops: parameters.stops + stops)
        sequence.alternatives = alternatives
        sequence.scoresPrompt = echo && alternatives != nil
        return sequence
      }
    }
    warnings =
      prompts.flatMap(\.warnings)
      + parameters.stops.compactMap { model.note(ofStop: $0, name: "stop") }
    seed = parameters.seed
    promptTokenCounts = prompts.map(\.ids.count)
    echoes = echo ? prompts.map { model.text(ofPrompt: $0.ids) } : []
    n = parameters.n
    isScored = alternatives != nil
    self.dropsLeadingSpace = dropsLeadingSpace
    isStreamed = parameters.isStreamed
    includesUsage = parameters.includesUsage
  }

  /// Returns the text that precedes the generated text of a choice; nil if the request does not ask for an echo.
  func echo(_ choice: Int) -> String? { echoes.isEmpty ? nil : echoes[choice / n] }
}

extension CompletionRequest {
  /// Returns the sequences that answer the request with a model.
  ///
  /// The sequence of a request with a session keeps its state; the caller sets the state that it continues.
  ///
  /// - Throws: `APIError` if the model does not have a token of the request, or a prompt is too long.
  package func plan(
    for model: Model.Metadata, limits: APILimits
  ) throws(APIError) -> GenerationPlan {
    var plan = try GenerationPlan(
      .completion, try prompt.encoded(for: model, limit: limits.maxPrompt), parameters,
      model: model, echo: echo, alternatives: logprobs)
    if session != nil { plan.sequences[0].keepsState = true }
    return plan
  }
}

extension ChatRequest {
  /// Returns the sequences that answer the request with a model.
  ///
  /// - Throws: `APIError` if the model does not have a token of the request, or the chat is too long.
  package func plan(
    for model: Model.Metadata, template: ChatTemplate, limits: APILimits
  ) throws(APIError) -> GenerationPlan {
    let prompt = template.prompt(for: messages)
    let encoded = try EncodedPrompt(
      prompt.text, for: model, param: "messages", limit: limits.maxPrompt)
    return try GenerationPlan(
      .chat, [encoded], parameters, model: model, alternatives: topLogprobs, stops: prompt.stops,
      dropsLeadingSpace: prompt.dropsLeadingSpace)
  }
}
#endif
