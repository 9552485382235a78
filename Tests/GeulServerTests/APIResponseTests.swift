#if Server
import Foundation
import GeulGeneration
import GeulModel
import GeulServer
import GeulText
import Testing

/// Plans of requests, and responses to them.
struct APIResponseTests {
  private let limits = APILimits(maxPrompt: 20)

  private func plan(_ members: String, _ model: Model.Metadata) throws -> GenerationPlan {
    try completion(members, limits: limits).plan(for: model, limits: limits)
  }

  private func error(_ members: String, _ model: Model.Metadata) throws -> APIError? {
    let request = try completion(members, limits: limits)
    do throws(APIError) {
      _ = try request.plan(for: model, limits: limits)
      return nil
    } catch { return error }
  }

  @Test func `a plan has n sequences for each prompt, in the order of the choices`() throws {
    let model = try metadata("abc")
    let plan = try plan(
      #""prompt":["ab","c"],"n":2,"max_tokens":3,"seed":5,"stop":"x","temperature":0"#, model)
    #expect(plan.sequences.map(\.prompt) == [[0, 1], [0, 1], [2], [2]])
    #expect(plan.sequences.map(\.sampleIndex) == [0, 1, 0, 1])
    #expect(plan.sequences.allSatisfy { $0.seed == 5 && $0.length == 3 && $0.stops == ["x"] })
    #expect(plan.sequences.allSatisfy { $0.sampling.temperature == 0 && $0.alternatives == nil })
    #expect(plan.sequences.allSatisfy { !$0.scoresPrompt && !$0.keepsState })
  }

  @Test func `a plan asks for scores and the state only if the request does`() throws {
    let model = try metadata("abc")
    #expect(try plan("\"logprobs\":2", model).sequences[0].alternatives == 2)
    #expect(try plan("\"logprobs\":2", model).sequences[0].scoresPrompt == false)
    #expect(try plan("\"logprobs\":0,\"echo\":true", model).sequences[0].scoresPrompt)
    #expect(try plan("\"echo\":true", model).sequences[0].scoresPrompt == false)
    #expect(try plan("\"session\":\"s\"", model).sequences[0].keepsState)
  }

  @Test func `characters outside the vocabulary are warnings`() throws {
    let model = try metadata("abc")
    #expect(
      try plan(#""prompt":"a$b""#, model).warnings == [
        "prompt: character 2, $ U+0024 DOLLAR SIGN, is not in the model's vocabulary: skipped."
      ])
    let several = try plan(#""prompt":["a","$"]"#, model).warnings
    #expect(several.count == 2)
    #expect(several[0].hasPrefix("prompt[1]: character 1, $"))
    #expect(
      several[1]
        == "prompt[1]: no character is in the model's vocabulary; generating without a prompt.")
    #expect(try plan(#""prompt":["",""]"#, model).warnings.isEmpty)
    #expect(
      try plan(#""prompt":"","stop":["b","c$"]"#, model).warnings == [
        "stop \"c$\": character 2, $ U+0024 DOLLAR SIGN, is not in the model's vocabulary: this string never occurs."
      ])
  }

  @Test(arguments: TokenUnit.allCases)
  func `NUL is a character like others`(unit: TokenUnit) throws {
    let prompt = #""prompt":"a\u0000b""#
    let known = try plan(prompt, metadata("ab\u{0}", unit: unit))
    #expect(known.sequences[0].prompt == [0, 2, 1] && known.warnings.isEmpty)
    let unknown = try plan(prompt, metadata("ab", unit: unit))
    #expect(unknown.sequences[0].prompt == [0, 1] && unknown.warnings.count == 1)
  }

  @Test func `token ids have to be in the vocabulary`() throws {
    let model = try metadata("abc")
    #expect(try plan("\"prompt\":[0,2]", model).sequences[0].prompt == [0, 2])
    let found = try expectError(param: "prompt", error("\"prompt\":[0,3]", model))
    #expect(found.message == "prompt[1] must be a token id of the model, from 0 to 2, not 3.")
    try expectError(param: "prompt", error("\"prompt\":[[0],[1,3]]", model))
    try expectError(param: "logit_bias", error(#""logit_bias":{"3":1}"#, model))
    #expect(
      try plan(#""logit_bias":{"2":1}"#, model).sequences[0].sampling.logitBias == [2: 1])
  }

  @Test func `a prompt has at most the tokens of the configuration`() throws {
    let model = try metadata("abc")
    func prompt(_ count: Int) -> String { "\"" + String(repeating: "a", count: count) + "\"" }
    #expect(try error("\"prompt\":\(prompt(20))", model) == nil)
    let long = try expectError(
      param: "prompt", code: "context_length_exceeded", error("\"prompt\":\(prompt(21))", model))
    #expect(long.message == "prompt has 21 tokens; at most 20 are accepted.")
    let second = try expectError(
      param: "prompt", code: "context_length_exceeded",
      error("\"prompt\":[\"a\",\(prompt(21))]", model))
    #expect(second.message.hasPrefix("prompt[1] has 21"))
    let ids = Array(repeating: "1", count: 21).joined(separator: ",")
    try expectError(
      param: "prompt", code: "context_length_exceeded", error("\"prompt\":[\(ids)]", model))
    do throws(APIError) {
      let request = try ChatRequest(
        body: Array("{\"messages\":[{\"role\":\"user\",\"content\":\(prompt(21))}]}".utf8),
        limits: limits)
      _ = try request.plan(for: model, template: .text, limits: limits)
      Issue.record("the chat is not refused")
    } catch { try expectError(param: "messages", code: "context_length_exceeded", error) }
  }

  private func response(
    _ plan: GenerationPlan, _ outputs: [SequenceOutput], _ model: Model.Metadata
  ) throws -> NSDictionary {
    let identity = ResponseIdentity(plan.form, created: 7, model: "m")
    let json = plan.response(outputs, identity: identity, texts: TokenTexts(of: model))
    let value = try foundationValue(json)
    #expect(value["id"] as? String == identity.id)
    return try value.without("id")
  }

  private func expect(
    _ value: NSDictionary, _ json: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    #expect(
      value == (try foundationValue(Array(json.utf8))), "\(value)", sourceLocation: location)
  }

  @Test func `a response has the choices by index and the numbers of tokens`() throws {
    let model = try metadata("abc")
    let plan = try plan(#""prompt":["ab","$c"],"n":2,"seed":5"#, model)
    let outputs = [
      SequenceOutput(
        index: 2, text: "z", ending: .interrupted, generatedTokenCount: 1, cachedTokenCount: 9),
      SequenceOutput(
        index: 1, text: "y\n", ending: .stop, generatedTokenCount: 20, cachedTokenCount: 2),
      SequenceOutput(
        index: 0, text: "x", ending: .length, generatedTokenCount: 300, cachedTokenCount: 1),
      SequenceOutput(index: 3, ending: .length, generatedTokenCount: 0),
    ]
    try expect(
      response(plan, outputs, model),
      #"""
      {"object":"text_completion","created":7,"model":"m","seed":5,
      "warnings":["prompt[1]: character 1, $ U+0024 DOLLAR SIGN, is not in the model's vocabulary: skipped."],
      "choices":[{"index":0,"text":"x","logprobs":null,"finish_reason":"length"},
      {"index":1,"text":"y\n","logprobs":null,"finish_reason":"stop"},
      {"index":2,"text":"z","logprobs":null,"finish_reason":"length"},
      {"index":3,"text":"","logprobs":null,"finish_reason":"length"}],
      "usage":{"prompt_tokens":3,"completion_tokens":321,"total_tokens":324,
      "prompt_tokens_details":{"cached_tokens":2}}}
      """#)
  }

  @Test func `an echo precedes the text, and offsets count from its start`() throws {
    let model = try metadata("abc한")
    let plan = try plan(#""prompt":"한a","echo":true,"logprobs":1,"seed":5"#, model)
    let output = SequenceOutput(
      index: 0, text: "bc",
      scores: [
        TokenScore(1, -0.5, offset: 0, alternatives: [(1, -0.5)]),
        TokenScore(2, -2, offset: 1, alternatives: [(0, -.infinity)]),
      ],
      promptScores: [
        TokenScore(3, nil, offset: 0), TokenScore(0, -1, offset: 1, alternatives: [(3, -0.25)]),
      ],
      ending: .length, generatedTokenCount: 2)
    let choices = try response(plan, [output], model)["choices"] as? [NSDictionary]
    try expect(
      #require(choices?.first),
      #"""
      {"index":0,"text":"한abc","finish_reason":"length","logprobs":{"tokens":["한","a","b","c"],
      "token_logprobs":[null,-1,-0.5,-2],"text_offset":[0,1,2,3],
      "top_logprobs":[null,{"한":-0.25},{"b":-0.5},{"a":-9999}]}}
      """#)
  }

  @Test func `a chat has messages, and log-probabilities with bytes`() throws {
    let model = try metadata("ab한")
    let request = try chat(#""logprobs":true,"top_logprobs":1,"seed":5"#)
    let plan = try request.plan(for: model, template: .text, limits: limits)
    let output = SequenceOutput(
      index: 0, text: "한", scores: [TokenScore(2, -1, alternatives: [(0, .nan)])], ending: .stop,
      generatedTokenCount: 1)
    let value = try response(plan, [output], model)
    #expect(value["object"] as? String == "chat.completion")
    let choices = value["choices"] as? [NSDictionary]
    try expect(
      #require(choices?.first),
      #"""
      {"index":0,"message":{"role":"assistant","content":"한","refusal":null},"finish_reason":"stop",
      "logprobs":{"refusal":null,"content":[{"token":"한","logprob":-1,"bytes":[237,149,156],
      "top_logprobs":[{"token":"a","logprob":-9999,"bytes":[97]}]}]}}
      """#)
  }

  @Test func `bytes, jamo and the unknown token have names`() throws {
    let bytes = TokenTexts(of: try metadata("a한", unit: .byte))
    #expect((0..<4).map(bytes.text) == ["a", "bytes:\\xed", "bytes:\\x95", "bytes:\\x9c"])
    #expect((0..<4).map(bytes.bytes) == [[97], [0xED], [0x95], [0x9C]])
    let jamo = TokenTexts(of: try metadata("한a", unit: .jamo, unknown: true))
    #expect((0..<5).map(jamo.text) == ["\u{1112}", "\u{1161}", "\u{11AB}", "a", "\u{FFFD}"])
    #expect(jamo.bytes(of: 0) == [0xE1, 0x84, 0x92])
    #expect(jamo.bytes(of: 4) == [0xEF, 0xBF, 0xBD])
    let grapheme = TokenTexts(of: try metadata("é"))
    #expect(grapheme.bytes(of: 0) == [0xC3, 0xA9], "not a byte of the value E9")
  }
}
#endif
