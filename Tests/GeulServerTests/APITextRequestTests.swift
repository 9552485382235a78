#if Server
import GeulCompute
import GeulModel
import GeulServer
import Testing

/// Requests of `POST /v1/score`, `/v1/explain`, `/v1/tokenize` and `/v1/detokenize`.
struct APITextRequestTests {
  private func bytes(_ json: String) -> [UInt8] { Array(json.utf8) }

  @Test func `texts to score are one or up to 128`() throws {
    #expect(try ScoreRequest(body: bytes(#"{"text":"a"}"#)).texts == ["a"])
    let request = try ScoreRequest(body: bytes(#"{"model":"m","text":["a",""],"top_logprobs":3}"#))
    #expect(request.texts == ["a", ""])
    #expect((request.model, request.topLogprobs) == ("m", 3))
    #expect(try ScoreRequest(body: bytes(#"{"text":"a","top_logprobs":null}"#)).topLogprobs == 0)
    for text in ["null", "[]", "3", "{}", #"["a",3]"#, "[[1]]"] {
      try expectError(param: "text", Endpoint.score.error("{\"text\":\(text)}"))
    }
    let many = Array(repeating: "\"a\"", count: 128).joined(separator: ",")
    #expect(try ScoreRequest(body: bytes("{\"text\":[\(many)]}")).texts.count == 128)
    try expectError(param: "text", Endpoint.score.error("{\"text\":[\(many),\"\"]}"))
    try expectError(param: "top_logprobs", Endpoint.score.error(with: "\"top_logprobs\":21"))
    try expectError(param: "top_logprobs", Endpoint.score.error(with: "\"top_logprobs\":-1"))
  }

  @Test func `an explanation has the options of the command`() throws {
    let plain = try ExplainRequest(body: bytes(#"{"text":"a"}"#))
    #expect(!plain.includesActivations)
    #expect((plain.layer, plain.rows, plain.selection) == (nil, nil, nil))
    let request = try ExplainRequest(
      body: bytes(#"{"text":"a","layer":2,"neurons":[5,0],"rows":3,"select":"persistent"}"#))
    #expect((request.layer, request.rows, request.selection) == (2, 3, .persistent))
    #expect(request.neurons == [5, 0])
    #expect(request.includesActivations)
    for member in [#""layer":1"#, #""rows":1"#, #""select":"active""#, #""neurons":[0]"#] {
      #expect(
        try ExplainRequest(body: bytes("{\"text\":\"a\",\(member)}")).includesActivations)
    }
  }

  @Test(arguments: [
    (#""layer":0"#, "layer"), (#""layer":65"#, "layer"), (#""neurons":[-1]"#, "neurons"),
    (#""neurons":3"#, "neurons"), (#""neurons":["a"]"#, "neurons"), (#""rows":0"#, "rows"),
    (#""rows":65"#, "rows"), (#""select":"some""#, "select"), (#""select":1"#, "select"),
    (#""text":3"#, "text"), (#""text":null"#, "text"),
  ])
  func `a wrong option of an explanation is refused`(member: String, param: String) throws {
    try expectError(param: param, Endpoint.explain.error(with: member))
  }

  @Test func `an explanation is checked against the model`() throws {
    func error(_ members: String, _ cell: CellKind = .lstm) throws -> APIError? {
      let request = try ExplainRequest(body: bytes("{\"text\":\"a\",\(members)}"))
      let shape = try metadata("a", cell: cell).architecture
      do throws(APIError) {
        try request.check(against: shape)
        return nil
      } catch { return error }
    }
    #expect(try error(#""layer":2"#) == nil)
    try expectError(param: "layer", error(#""layer":3"#))
    #expect(try error(#""neurons":[7]"#) == nil)
    try expectError(param: "neurons", error(#""neurons":[0,8]"#))
    #expect(try error(#""select":"persistent""#) == nil)
    try expectError(param: "select", error(#""select":"persistent""#, .rnn))
  }

  @Test func `tokenizing and detokenizing need their text and tokens`() throws {
    #expect(try TokenizeRequest(body: bytes(#"{"text":"a"}"#)).text == "a")
    #expect(try DetokenizeRequest(body: bytes(#"{"tokens":[3,0]}"#)).tokens == [3, 0])
    #expect(try DetokenizeRequest(body: bytes(#"{"tokens":[]}"#)).tokens == [])
    for text in ["null", "[]", "3"] {
      try expectError(param: "text", Endpoint.tokenize.error("{\"text\":\(text)}"))
    }
    for tokens in ["null", "\"1\"", "[-1]", "[\"a\"]", "[1.5]", "[18446744073709551616]", "[[]]"] {
      try expectError(param: "tokens", Endpoint.detokenize.error("{\"tokens\":\(tokens)}"))
    }
  }
}
#endif
