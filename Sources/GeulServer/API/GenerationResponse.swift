#if Server

package import Geul

extension GenerationPlan {
  /// Returns the JSON of the response, which has the whole texts of the outputs of all sequences.
  package func response(
    _ outputs: [SequenceOutput], identity: ResponseIdentity, texts: TokenTexts
  ) -> [UInt8] {
    var assembler = ChoiceAssembler(self, texts)
    var json = JSONWriter()
    json.object { json in
      identity.write(to: &json, isEvent: false)
      json.key("choices")
      json.array(outputs.sorted { $0.index < $1.index }) { json, output in
        // A sequence that was ended before its first token has no part.
        let part =
          assembler.part(output)
          ?? ChoiceAssembler.Part(
            index: output.index, text: "", scores: [], finishReason: "length", isFirst: true)
        write(part, to: &json, texts)
      }
      assembler.usage.write(to: &json)
      writeRemarks(to: &json)
    }
    return json.bytes
  }

  private func write(
    _ choice: ChoiceAssembler.Part, to json: inout JSONWriter, _ texts: TokenTexts
  ) {
    json.object { json in
      json.field("index", choice.index)
      switch form {
      case .completion: json.field("text", choice.text)
      case .chat:
        json.key("message")
        json.object { json in
          json.field("role", "assistant")
          json.field("content", choice.text)
          json.field("refusal", nil)
        }
      }
      writeLogprobs(choice.scores, to: &json, texts)
      json.field("finish_reason", choice.finishReason ?? "length")
    }
  }

  /// Writes the member `logprobs` of a choice, which is null unless the request asks for it.
  func writeLogprobs(_ scores: [TokenScore], to json: inout JSONWriter, _ texts: TokenTexts) {
    json.key("logprobs")
    switch form {
    case _ where !isScored: json.null()
    case .completion: json.completionLogprobs(scores, texts)
    case .chat: json.chatLogprobs(scores, texts)
    }
  }

  /// Writes the seed and the warnings.
  func writeRemarks(to json: inout JSONWriter) {
    json.field("seed", seed)
    json.field("warnings", warnings)
  }
}
#endif
