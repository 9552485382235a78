#if Server
import GeulServer
import TestSupport
import Testing

/// Bodies that are random, or almost valid.
struct APIRandomBodyTests {
  /// Valid bodies with as many members as possible.
  private static let seeds = [
    #"{"model":"english","prompt":["Dear Nell","\u00e9\ud83d\ude00"],"max_tokens":7,"temperature":0.5,"top_p":0.5,"top_k":3,"min_p":0.25,"repeat_penalty":1.5,"repeat_last_n":9,"presence_penalty":-2,"frequency_penalty":2,"logit_bias":{"0":-100,"17":2.5},"n":2,"stream":true,"stream_options":{"include_usage":true},"stop":["x","y"],"seed":4,"logprobs":2,"echo":true}"#,
    #"{"prompt":[[1,2],[3]],"session":null,"max_tokens":1e2}"#,
    #"{"prompt":[1,2,3],"session":"a"}"#,
    #"{"messages":[{"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"한글"}]}],"logprobs":true,"top_logprobs":3,"tools":[],"response_format":{"type":"text"}}"#,
    #"{"text":["a","b\n"],"top_logprobs":3,"layer":2,"neurons":[0,1],"rows":3,"select":"active"}"#,
    #"{"text":"Dear Nell","tokens":[0,17,3]}"#,
  ].map { Array($0.utf8) }

  /// Tokens of JSON, values at the limits of types, and bytes that are not UTF-8.
  private static let pieces =
    [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "1e400", "-1", "1e-400", "0.1",
      "9223372036854775808", "-9223372036854775809", "\\ud800", "\\udc00", "\u{0}", "\"n\":",
      "{\"a\":",
      "[[", "]]", "한", "1E+2", "\"prompt\":", "\"messages\":[{", "\"logit_bias\":{\"1\":",
      "\"stop\":",
    ].map { Array($0.utf8) } + [[0xFF], [0xED, 0xA0, 0x80], [0xC0], [0xF0, 0x9F]]

  private static func mutate(_ body: inout [UInt8], _ random: inout SeededGenerator) {
    let position = Int.random(in: 0...body.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0 where position < body.count: body[position] = .random(in: 0...255, using: &random)
    case 1 where position < body.count: body.remove(at: position)
    case 2:
      body.insert(
        contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &random)], at: position)
    case 3:
      let end = min(body.count, position + Int.random(in: 0...30, using: &random))
      body.removeSubrange(position..<end)
    case 4:
      let end = min(body.count, position + Int.random(in: 0...30, using: &random))
      body.insert(
        contentsOf: Array(body[position..<end]), at: Int.random(in: 0...body.count, using: &random))
    default:
      let end = min(body.count, position + Int.random(in: 1...4, using: &random))
      body.replaceSubrange(
        position..<end, with: pieces[Int.random(in: 0..<pieces.count, using: &random)])
    }
  }

  private static func noise(_ random: inout SeededGenerator) -> [UInt8] {
    (0..<Int.random(in: 0...64, using: &random)).map { _ in .random(in: 0...255, using: &random) }
  }

  /// A tenth is noise, the others have one to four mutations.
  @Test func `each of 100,000 random bodies is a request or has an error`() {
    var random = SeededGenerator(seed: 2026)
    let endpoints = Endpoint.allCases
    var (valid, refused, codes) = (0, 0, Set<String>())
    for number in 0..<100_000 {
      var body = Self.seeds[number % Self.seeds.count]
      if number % 10 == 9 {
        body = Self.noise(&random)
      } else {
        for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&body, &random) }
      }
      do throws(APIError) {
        try endpoints[number / Self.seeds.count % endpoints.count].parse(body)
        valid += 1
      } catch {
        refused += 1
        codes.insert(error.code ?? error.param ?? "")
        if error.status != 400 || error.message.isEmpty { Issue.record("\(error)") }
      }
    }
    // Both kinds, and errors of many parameters: the mutations reach behind the parser.
    #expect(valid > 1000, "\(valid)")
    #expect(refused > 50_000, "\(refused)")
    #expect(codes.count > 15, "\(codes)")
  }
}
#endif
