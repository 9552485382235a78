#if Server
import Foundation
import GeulCommandSupport
import GeulCompute
import GeulGeneration
import GeulInsight
import GeulModel
import GeulServer
import GeulText
import TestSupport
import Testing

/// Responses of scores, tokens, models, sessions and the state of the server.
struct APIOtherResponseTests {
  private let limits = APILimits(maxPrompt: 20)

  private func score(_ members: String, _ model: Model.Metadata) throws -> ScorePlan {
    let request = try ScoreRequest(body: Array("{\(members)}".utf8))
    return try ScorePlan(request, for: model, limits: limits)
  }

  @Test func `a plan of scores reads each text and generates nothing`() throws {
    let model = try metadata("abc")
    let plan = try score(#""text":["ab","","c"],"top_logprobs":2"#, model)
    #expect(plan.sequences.map(\.prompt) == [[0, 1], [], [2]])
    #expect(plan.sequences.allSatisfy { $0.length == 0 && $0.scoresPrompt && $0.alternatives == 2 })
    let long = String(repeating: "a", count: 21)
    do throws(APIError) {
      let request = try ScoreRequest(body: Array("{\"text\":[\"a\",\"\(long)\"]}".utf8))
      _ = try ScorePlan(request, for: model, limits: limits)
      Issue.record("the text is not refused")
    } catch { try expectError(param: "text", code: "context_length_exceeded", error) }
  }

  @Test func `a score has the sum and the means of the tokens after the first`() throws {
    let model = try metadata("abc")
    let plan = try score(#""text":["abc","$",""]"#, model)
    let outputs = [
      SequenceOutput(index: 2, ending: .length),
      SequenceOutput(
        index: 0,
        promptScores: [
          TokenScore(0, nil), TokenScore(1, -1, alternatives: [(2, -0.5)]), TokenScore(2, -2),
        ], ending: .length),
      SequenceOutput(index: 1, ending: .length),
    ]
    let json = plan.response(outputs, model: "m", texts: TokenTexts(of: model))
    let value = try foundationValue(json)
    let scores = try #require(value["data"] as? [NSDictionary])
    #expect(scores.map { $0["index"] as? Int } == [0, 1, 2])
    #expect(scores[0]["sum_logprob"] as? Double == -3)
    #expect(scores[0]["nats_per_token"] as? Double == 1.5)
    let bits = try #require(scores[0]["bits_per_character"] as? Double)
    #expect(abs(bits - 1.5 / log(2)) < 1e-12)
    try expect(
      JSONSerialization.data(withJSONObject: ["tokens": scores[0]["tokens"] ?? 0]).map(\.self),
      equals: #"""
        {"tokens":[{"id":0,"text":"a","logprob":null,"top_logprobs":[]},
        {"id":1,"text":"b","logprob":-1,"top_logprobs":[{"id":2,"text":"c","logprob":-0.5}]},
        {"id":2,"text":"c","logprob":-2,"top_logprobs":[]}]}
        """#)
    for empty in scores.dropFirst() {
      #expect(empty["token_count"] as? Int == 0)
      #expect(empty["sum_logprob"] as? Double == 0)
      #expect(empty["nats_per_token"] is NSNull && empty["bits_per_character"] is NSNull)
    }
    #expect(
      scores[1]["warnings"] as? [String] == [
        "text[1]: character 1, $ U+0024 DOLLAR SIGN, is not in the model's vocabulary: skipped.",
        "text[1]: no character is in the model's vocabulary; it counts as empty.",
      ])
    #expect((value["usage"] as? NSDictionary)?["prompt_tokens"] as? Int == 3)
  }

  @Test func `bits per character sum over the jamo of each syllable after the first`() throws {
    let model = try metadata("한글", unit: .jamo)
    let plan = try score(#""text":"한글""#, model)
    let ids = try #require(plan.sequences.first).prompt
    #expect(ids.count == 6)
    let scores = ids.enumerated().map { TokenScore($1, $0 == 0 ? nil : -Double($0)) }
    let json = plan.response(
      [SequenceOutput(index: 0, promptScores: scores, ending: .length)], model: "m",
      texts: TokenTexts(of: model))
    let data = try #require(foundationValue(json)["data"] as? [NSDictionary])
    let bits = try #require(data[0]["bits_per_character"] as? Double)
    #expect(abs(bits - (3 + 4 + 5) / log(2)) < 1e-12)
  }

  @Test func `tokens are listed and joined again`() throws {
    let model = try metadata("한a", unit: .jamo)
    let request = try TokenizeRequest(body: Array(#"{"text":"한a$"}"#.utf8))
    try expect(
      request.response(for: model, texts: TokenTexts(of: model), limits: limits),
      equals: """
        {"tokens":[{"id":0,"text":"\u{1112}"},{"id":1,"text":"\u{1161}"},{"id":2,"text":"\u{11AB}"},
        {"id":3,"text":"a"}],"count":4,
        "warnings":["text: jamo 5, $ U+0024 DOLLAR SIGN, is not in the model's vocabulary: skipped."]}
        """)
    func text(_ tokens: String) throws -> [UInt8] {
      try DetokenizeRequest(body: Array("{\"tokens\":\(tokens)}".utf8)).response(
        for: model, limits: limits)
    }
    try expect(text("[0,1,2,3]"), equals: #"{"text":"한a"}"#)
    try expect(text("[0]"), equals: "{\"text\":\"\u{1112}\"}")
    try expect(text("[]"), equals: #"{"text":""}"#)
    #expect(throws: APIError.self) { try text("[4]") }
  }

  @Test func `an explanation has the warnings beside its members`() throws {
    let json = try ExplainRequest.response(ExplanationData(unit: .jamo), warnings: ["a."])
    let value = try foundationValue(json)
    #expect(value["warnings"] as? [String] == ["a."])
    #expect(value["unit"] as? String == "jamo")
    #expect(value["mean_bits_per_token"] is NSNull)
    let request = try ExplainRequest(
      body: Array("{\"text\":\"\(String(repeating: "a", count: 1001))\"}".utf8))
    do throws(APIError) {
      _ = try request.encoded(for: try model(request))
      Issue.record("the text is not refused")
    } catch { try expectError(param: "text", code: "context_length_exceeded", error) }
  }

  @Test(arguments: [CellKind.rnn, .gru, .lstm])
  func `an explanation of no tokens is empty`(cell: CellKind) throws {
    let model = try randomModel(cell)
    let explanation = Explanation([], by: model)
    var data = ExplanationData(unit: .grapheme)
    data.add(explanation)
    let criteria = cell == .rnn ? [NeuronCriterion.active] : [.active, .persistent]
    for criterion in criteria {
      data.add(explanation, layer: 0, criterion.neurons(explanation, layer: 0, count: 3))
    }
    let value = try foundationValue(ExplainRequest.response(data, warnings: []))
    #expect((value["tokens"] as? [Any])?.isEmpty == true)
    #expect(value["mean_bits_per_token"] is NSNull)
  }

  private func model(_ request: ExplainRequest) throws(APIError) -> Model.Metadata {
    do { return try metadata("a") } catch { throw .internalError() }
  }

  @Test func `models are described by their shape`() throws {
    let model = ModelDescription(id: "m", created: 7, try randomModel(.gru, hidden: 5))
    let json = #"""
      {"id":"m","object":"model","created":7,"owned_by":"geul","geul":{"cell":"gru","layers":2,
      "hidden":5,"vocabulary_size":12,"unit":"grapheme","parameters":PARAMETERS,"validation_nats":null}}
      """#.replacingOccurrences(
        of: "PARAMETERS",
        with: "\(try randomModel(.gru, hidden: 5).network.layout.parameterCount)")
    try expect(model.response, equals: json)
    try expect(
      ModelDescription.list([model, model]),
      equals: "{\"object\":\"list\",\"data\":[\(json),\(json)]}")
  }

  @Test func `sessions and the state of the server are described`() throws {
    let session = SessionDescription(id: "s", model: "m", tokens: 3, idleSeconds: 4)
    try expect(
      SessionDescription.list([session]),
      equals:
        #"{"object":"list","count":1,"data":[{"id":"s","object":"session","model":"m","tokens":3,"idle_seconds":4}]}"#
    )
    try expect(
      SessionDescription.deletion(of: "s"), equals: #"{"id":"s","object":"session","deleted":true}"#
    )
    let health = Health(isServing: true, models: ["a", "b"], active: 1, waiting: 2, sessions: 3)
    #expect(health.status == 200)
    try expect(
      health.response,
      equals: #"{"status":"ok","models":["a","b"],"active":1,"waiting":2,"sessions":3}"#)
    let ending = Health(isServing: false, models: [], active: 0, waiting: 0, sessions: 0)
    #expect(ending.status == 503)
    #expect(try foundationValue(ending.response)["status"] as? String == "shutting_down")
  }

  @Test func `an engine's errors name members of the request`() {
    #expect(
      APIError(.outOfRange(option: "repeat-last-n", range: "0 or more", value: "-1"))
        == .invalid(param: "repeat_last_n", "repeat_last_n must be 0 or more, not -1."))
    #expect(APIError(.noCandidates).param == "logit_bias")
    #expect(
      APIError(.unknownToken(id: 7, vocabularySize: 5)).message.contains("from 0 to 4, not 7"))
  }
}
#endif
