#if Server
import Foundation
import GeulGeneration
import GeulModel
import GeulServer
import Testing

/// Server-sent events of streamed responses.
struct APIEventTests {
  private func events(
    _ members: String, _ outputs: [[SequenceOutput]], _ text: String = "abc "
  ) throws -> [NSDictionary] {
    let model = try metadata(text)
    let plan = try completion(members).plan(for: model, limits: APILimits())
    return try events(plan, outputs, model)
  }

  /// Returns the JSON of the events before `[DONE]`, without the members that identify the response.
  private func events(
    _ plan: GenerationPlan, _ outputs: [[SequenceOutput]], _ model: Model.Metadata
  ) throws -> [NSDictionary] {
    let identity = ResponseIdentity(plan.form, created: 7, model: "m\"")
    var events = GenerationEvents(plan, identity: identity, texts: TokenTexts(of: model))
    var bytes: [UInt8] = []
    for group in outputs { bytes += events.append(group) }
    bytes += events.end()
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n")
    #expect(lines.suffix(2) == ["data: [DONE]", ""])
    return try lines.dropLast(2).map { line in
      #expect(line.hasPrefix("data: {") && !line.contains("\n"), "\(line)")
      let value = try foundationValue(Array(line.dropFirst(6).utf8))
      #expect(value["id"] as? String == identity.id)
      #expect(value["created"] as? Int == 7 && value["model"] as? String == "m\"")
      return try value.without("id", "created", "model")
    }
  }

  private func expect(
    _ events: [NSDictionary], _ expected: [String], at location: SourceLocation = #_sourceLocation
  ) throws {
    let values = try expected.map { try foundationValue(Array($0.utf8)) }
    #expect(events == values, "\(events)", sourceLocation: location)
  }

  @Test func `events have the texts of the choices, the first one seed and warnings`() throws {
    try expect(
      events(
        #""prompt":"a$","seed":5,"n":2,"stream":true"#,
        [
          [SequenceOutput(index: 1, text: "b\n")],
          [SequenceOutput(index: 0, text: "a"), SequenceOutput(index: 1, text: "")],
          [SequenceOutput(index: 1, text: "", ending: .stop)],
          [SequenceOutput(index: 0, text: "c", ending: .length)],
        ]),
      [
        #"{"object":"text_completion","choices":[{"index":1,"text":"b\n","logprobs":null,"finish_reason":null}],"seed":5,"warnings":["prompt: character 2, $ U+0024 DOLLAR SIGN, is not in the model's vocabulary: skipped."]}"#,
        #"{"object":"text_completion","choices":[{"index":0,"text":"a","logprobs":null,"finish_reason":null}]}"#,
        #"{"object":"text_completion","choices":[{"index":1,"text":"","logprobs":null,"finish_reason":"stop"}]}"#,
        #"{"object":"text_completion","choices":[{"index":0,"text":"c","logprobs":null,"finish_reason":"length"}]}"#,
      ])
  }

  @Test func `the last event has the numbers of tokens if they are asked for`() throws {
    try expect(
      events(
        #""prompt":"ab","seed":5,"stream_options":{"include_usage":true}"#,
        [
          [SequenceOutput(index: 0, text: "a", generatedTokenCount: 1, cachedTokenCount: 1)],
          [
            SequenceOutput(
              index: 0, text: "c", ending: .length, generatedTokenCount: 2, cachedTokenCount: 1)
          ],
        ]),
      [
        #"{"object":"text_completion","usage":null,"choices":[{"index":0,"text":"a","logprobs":null,"finish_reason":null}],"seed":5,"warnings":[]}"#,
        #"{"object":"text_completion","usage":null,"choices":[{"index":0,"text":"c","logprobs":null,"finish_reason":"length"}]}"#,
        #"{"object":"text_completion","choices":[],"usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4,"prompt_tokens_details":{"cached_tokens":1}}}"#,
      ])
  }

  @Test func `an echo is in the first event of each choice`() throws {
    let found = try events(
      #""prompt":"ab","echo":true,"logprobs":0,"n":2"#,
      [
        [
          SequenceOutput(
            index: 0, text: "c", scores: [TokenScore(2, -1)],
            promptScores: [TokenScore(0, nil), TokenScore(1, -2, offset: 1)])
        ],
        [
          SequenceOutput(
            index: 0, text: "a", scores: [TokenScore(0, -1, offset: 1)], ending: .length)
        ],
        [
          SequenceOutput(
            index: 1, promptScores: [TokenScore(0, nil), TokenScore(1, -2, offset: 1)],
            ending: .length)
        ],
      ])
    let choices = found.compactMap { ($0["choices"] as? [NSDictionary])?.first }
    #expect(choices.map { $0["text"] as? String } == ["abc", "a", "ab"])
    let scores = choices.map { $0["logprobs"] as? NSDictionary }
    #expect(
      scores.map { $0?["text_offset"] as? [Int] } == [[0, 1, 2], [3], [0, 1]])
    #expect(
      scores.map { $0?["tokens"] as? [String] } == [["a", "b", "c"], ["a"], ["a", "b"]])
  }

  @Test func `the first event of a chat's choice has the role`() throws {
    let model = try metadata("abc ")
    let plan = try chat("\"seed\":5").plan(for: model, template: .text, limits: APILimits())
    let chunk = #""object":"chat.completion.chunk""#
    let found = try events(
      plan,
      [
        [SequenceOutput(index: 0, text: "a")], [SequenceOutput(index: 0, text: "b")],
        [SequenceOutput(index: 0, ending: .length)],
      ], model)
    #expect((found[0]["warnings"] as? [String])?.isEmpty == false, "\"H\" is not in the vocabulary")
    try expect(
      [found[0].without("warnings")] + found.dropFirst(),
      [
        "{\(chunk),"
          + #""choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"logprobs":null,"finish_reason":null}],"seed":5}"#,
        "{\(chunk),"
          + #""choices":[{"index":0,"delta":{"content":"b"},"logprobs":null,"finish_reason":null}]}"#,
        "{\(chunk),"
          + #""choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"length"}]}"#,
      ])
  }

  @Test func `in a dialogue one space at the start is dropped, with its token`() throws {
    let model = try metadata("abc ")
    let plan = try chat("\"logprobs\":true").plan(
      for: model, template: .dialogue, limits: APILimits())
    #expect(plan.sequences[0].stops == ["\nUser:"])
    func texts(_ outputs: [SequenceOutput]) throws -> (String, [String]) {
      let choices = try events(plan, outputs.map { [$0] }, model)
        .compactMap { ($0["choices"] as? [NSDictionary])?.first }
      let tokens = choices.flatMap { choice in
        ((choice["logprobs"] as? NSDictionary)?["content"] as? [NSDictionary] ?? [])
          .compactMap { $0["token"] as? String }
      }
      return (
        choices.map { ($0["delta"] as? NSDictionary)?["content"] as? String ?? "" }.joined(), tokens
      )
    }
    let space = SequenceOutput(index: 0, text: " ", scores: [TokenScore(3, -1)])
    let letter = SequenceOutput(index: 0, text: "a", scores: [TokenScore(0, -1)])
    let end = SequenceOutput(index: 0, ending: .length)
    #expect(try texts([space, letter, end]) == ("a", ["a"]))
    #expect(try texts([space, space, letter, space, end]) == (" a ", [" ", "a", " "]))
    #expect(try texts([letter, space, end]) == ("a ", ["a", " "]))
    #expect(
      try texts([
        SequenceOutput(index: 0, text: " b", scores: [TokenScore(3, -1), TokenScore(1, -1)]), end,
      ])
        == ("b", ["b"]))
  }

  @Test func `an error ends a stream without DONE`() throws {
    let bytes = GenerationEvents.error(.timeout(seconds: 600))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix("event: error\ndata: {\"error\":{"))
    #expect(text.hasSuffix("}}\n\n") && !text.contains("[DONE]"))
  }

  @Test func `ids are random`() {
    let ids = (0..<100).map { _ in ResponseIdentity(.completion, created: 0, model: "m").id }
    #expect(Set(ids).count == 100)
    #expect(ids.allSatisfy { $0.hasPrefix("cmpl-") && $0.utf8.count == 37 })
    #expect(ResponseIdentity(.chat, created: 0, model: "m").id.hasPrefix("chatcmpl-"))
  }
}
#endif
