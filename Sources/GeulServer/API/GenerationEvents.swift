#if Server

package import Geul

/// The server-sent events of a streamed response.
///
/// ```
/// var events = GenerationEvents(plan, identity: identity, texts: texts)
/// while let outputs = await stream.next() { write(events.append(outputs)) }
/// write(events.end())
/// ```
package struct GenerationEvents: Sendable {
  private let plan: GenerationPlan
  private let texts: TokenTexts
  private var assembler: ChoiceAssembler
  /// The beginning of each event, up to the members that differ.
  private let prefix: [UInt8]
  private var hasBegun = false

  /// Creates the events of a response.
  package init(_ plan: GenerationPlan, identity: ResponseIdentity, texts: TokenTexts) {
    self.plan = plan
    self.texts = texts
    assembler = ChoiceAssembler(plan, texts)
    var json = JSONWriter()
    json.object { identity.write(to: &$0, isEvent: true) }
    prefix = Array("data: ".utf8) + json.bytes.dropLast()
  }

  /// Returns the events of outputs, one for each; empty if they add nothing to a text.
  package mutating func append(_ outputs: [SequenceOutput]) -> [UInt8] {
    var bytes: [UInt8] = []
    for output in outputs {
      guard let part = assembler.part(output) else { continue }
      appendEvent(to: &bytes) { json in
        json.array { json in write(part, to: &json) }
        if plan.includesUsage {
          json.key("usage")
          json.null()
        }
      }
      hasBegun = true
    }
    return bytes
  }

  /// Returns the end of the stream: the numbers of tokens if the request asks for them, and `[DONE]`.
  package func end() -> [UInt8] {
    var bytes: [UInt8] = []
    if plan.includesUsage {
      let usage = assembler.usage
      appendEvent(to: &bytes) { json in
        json.array { _ in }
        usage.write(to: &json)
      }
    }
    return bytes + Array("data: [DONE]\n\n".utf8)
  }

  /// Returns the event that ends a stream that failed; `[DONE]` does not follow.
  package static func error(_ error: APIError) -> [UInt8] {
    Array("event: error\ndata: ".utf8) + error.body + Array("\n\n".utf8)
  }

  /// Appends an event; `write` writes the value of `choices` and members after it.
  private func appendEvent(to bytes: inout [UInt8], _ write: (inout JSONWriter) -> Void) {
    bytes += prefix
    var json = JSONWriter(continuing: consume bytes)
    json.key("choices")
    write(&json)
    if !hasBegun { plan.writeRemarks(to: &json) }
    bytes = json.bytes
    bytes += "}\n\n".utf8
  }

  private func write(_ part: ChoiceAssembler.Part, to json: inout JSONWriter) {
    json.object { json in
      json.field("index", part.index)
      switch plan.form {
      case .completion: json.field("text", part.text)
      case .chat:
        json.key("delta")
        json.object { json in
          if part.isFirst { json.field("role", "assistant") }
          if part.isFirst || !part.text.isEmpty { json.field("content", part.text) }
        }
      }
      plan.writeLogprobs(part.scores, to: &json, texts)
      json.field("finish_reason", part.finishReason)
    }
  }
}
#endif
