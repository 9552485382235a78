#if Server
import GeulGeneration
import GeulServer
import Testing

/// Requests of `POST /v1/completions`.
struct APICompletionRequestTests {
  @Test func `an empty object has all defaults`() throws {
    let request = try completion()
    #expect(request.model == nil)
    #expect(request.prompt == .texts([""]))
    #expect(request.logprobs == nil)
    #expect(request.echo == false)
    #expect(request.session == nil)
    let parameters = request.parameters
    #expect(parameters.maxTokens == 500)
    #expect(
      parameters.sampling
        == SamplingOptions(
          temperature: 0.8, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, repeatLastN: 64))
    #expect(parameters.sampling.presencePenalty == 0)
    #expect(parameters.sampling.frequencyPenalty == 0)
    #expect(parameters.sampling.logitBias.isEmpty)
    #expect(parameters.n == 1)
    #expect(parameters.stops.isEmpty)
    #expect(!parameters.isStreamed && !parameters.includesUsage)
    #expect(try completion().parameters.seed != parameters.seed, "the seed is random")
    #expect(parameters.seed < 1 << 53)
  }

  @Test func `null counts as absent`() throws {
    let names = [
      "model", "prompt", "max_tokens", "temperature", "top_p", "top_k", "min_p", "repeat_penalty",
      "repeat_last_n", "presence_penalty", "frequency_penalty", "logit_bias", "n", "stream",
      "top_n_sigma", "typical_p", "dry_multiplier", "dry_base", "dry_allowed_length",
      "dry_penalty_last_n", "dynatemp_range", "dynatemp_exponent", "mirostat", "mirostat_tau",
      "mirostat_eta", "stream_options", "stop", "logprobs", "echo", "user", "best_of", "suffix",
      "session",
    ]
    let request = try completion(
      (names.map { "\"\($0)\":null" } + ["\"seed\":3"]).joined(separator: ","))
    #expect(request == (try completion("\"seed\":3")))
  }

  @Test func `every member is read`() throws {
    let request = try completion(
      #"""
      "model":"english","prompt":["a","b"],"max_tokens":7,"temperature":0,"top_p":0.5,"top_k":3,
      "min_p":0.25,"repeat_penalty":1.5,"repeat_last_n":9,"presence_penalty":-2,
      "frequency_penalty":2,"logit_bias":{"0":-100,"17":2.5},"n":2,"stream":true,
      "stream_options":{"include_usage":true},"stop":["x","y"],"seed":9223372036854775807,
      "logprobs":20,"echo":true,"user":"u","best_of":2,"suffix":"","unknown":[{}]
      """#)
    #expect(request.model == "english")
    #expect(request.prompt == .texts(["a", "b"]))
    #expect((request.logprobs, request.echo) == (20, true))
    let parameters = request.parameters
    #expect(parameters.maxTokens == 7)
    var sampling = SamplingOptions(
      temperature: 0, topK: 3, topP: 0.5, minP: 0.25, repeatPenalty: 1.5, repeatLastN: 9)
    sampling.presencePenalty = -2
    sampling.frequencyPenalty = 2
    sampling.logitBias = [0: -100, 17: 2.5]
    #expect(parameters.sampling == sampling)
    #expect((parameters.n, parameters.seed) == (2, UInt64(Int.max)))
    #expect(parameters.stops == ["x", "y"])
    #expect(parameters.isStreamed && parameters.includesUsage)
    #expect(try completion(#""session":"A-z_0.9""#).session == "A-z_0.9")
  }

  @Test func `the advanced samplers have llama.cpp's names`() throws {
    let options = try completion(
      #""top_n_sigma":1.5,"typical_p":0.5,"dry_multiplier":0.75,"dry_base":2,"dry_allowed_length":9,"#
        + #""dry_penalty_last_n":700,"dynatemp_range":0.25,"dynatemp_exponent":2,"mirostat":2,"#
        + #""mirostat_tau":1,"mirostat_eta":0.5"#
    ).parameters.sampling
    var expected = SamplingOptions()
    (expected.topNSigma, expected.typicalP) = (1.5, 0.5)
    (expected.dryMultiplier, expected.dryBase) = (0.75, 2)
    (expected.dryAllowedLength, expected.dryLastN) = (9, 700)
    (expected.dynatempRange, expected.dynatempExponent) = (0.25, 2)
    (expected.mirostat, expected.mirostatTau, expected.mirostatEta) = (2, 1, 0.5)
    #expect(options == expected)
    // llama.cpp's defaults for off, and for all tokens.
    let off = try completion(#""top_n_sigma":-1,"dry_penalty_last_n":-1,"mirostat":0"#)
    #expect(off.parameters.sampling.topNSigma == 0 && off.parameters.sampling.dryLastN == 4096)
  }

  @Test func `of equal keys the last one counts`() throws {
    #expect(try completion(#""n":2,"n":3"#).parameters.n == 3)
  }

  @Test func `prompts are strings or token ids, one or several`() throws {
    func prompt(_ json: String) throws -> PromptInput {
      try completion("\"prompt\":\(json)").prompt
    }
    #expect(try prompt(#""Dear\u0000""#) == .texts(["Dear\u{0}"]))
    #expect(try prompt(#"["Dear",""]"#) == .texts(["Dear", ""]))
    #expect(try prompt("[1,2.0,3e0]") == .tokens([[1, 2, 3]]))
    #expect(try prompt("[[1],[],[2,3]]") == .tokens([[1], [], [2, 3]]))
  }

  @Test func `an integer may be written with a fraction of zero`() throws {
    #expect(try completion(#""n":2.0,"max_tokens":1e1,"seed":3.0"#).parameters.maxTokens == 10)
  }

  /// The members, each with a value that is wrong, and a part of the message.
  @Test(arguments: [
    ("prompt", "3", "a list of token ids"), ("prompt", "{}", "not an object"),
    ("prompt", "[]", "not an empty list"), ("prompt", "true", "not true"),
    ("prompt", #"["a",1]"#, "its element 1 is a number"),
    ("prompt", #"[1,"a"]"#, "prompt[1] must be a token id"), ("prompt", "[1.5]", "not 1.5"),
    ("prompt", "[-1]", "not -1"), ("prompt", #"[[1],"a"]"#, "its element 1 is a string"),
    ("prompt", "[[1],[null]]", "prompt[1][0] must be"), ("prompt", "[1e30]", "not 1e+30"),
    ("model", "3", "model must be a string, not 3."),
    ("max_tokens", "-1", "from 0 to 65536, not -1"),
    ("max_tokens", "65537", "from 0 to 65536, not 65537"), ("max_tokens", "1.5", "not 1.5"),
    ("max_tokens", "\"5\"", "not a string"), ("max_tokens", "true", "not true"),
    ("temperature", "-0.25", "temperature must be a number of 0 or more, not -0.25."),
    ("temperature", "1e400", "not a number that large"), ("temperature", "\"1\"", "not a string"),
    ("top_p", "0", "more than 0 and at most 1, not 0"), ("top_p", "1.01", "not 1.01"),
    ("top_k", "-1", "not -1"), ("top_k", "4294967296", "from 0 to 2147483647"),
    ("min_p", "-0.1", "from 0 to 1, not -0.1"), ("min_p", "1.5", "not 1.5"),
    ("top_n_sigma", "-1.5", "of -1 (off) or more, not -1.5"), ("typical_p", "0", "not 0"),
    ("typical_p", "1.5", "more than 0 and at most 1, not 1.5"), ("dry_multiplier", "-1", "not -1"),
    ("dry_base", "0.5", "of 1 or more, not 0.5"), ("dry_allowed_length", "0", "from 1 to"),
    ("dry_penalty_last_n", "4097", "from -1 to 4096, not 4097"),
    ("dynatemp_range", "-1", "of 0 or more"), ("dynatemp_exponent", "0", "of more than 0, not 0"),
    ("mirostat", "1", "mirostat must be 0 or 2, not 1."), ("mirostat", "true", "not true"),
    ("mirostat_tau", "-1", "of 0 or more"), ("mirostat_eta", "1.5", "from 0 to 1, not 1.5"),
    ("repeat_penalty", "0", "of more than 0, not 0"), ("repeat_last_n", "-1", "not -1"),
    ("presence_penalty", "2.1", "from -2 to 2, not 2.1"), ("presence_penalty", "-2.1", "-2.1"),
    ("frequency_penalty", "2.1", "from -2 to 2, not 2.1"), ("frequency_penalty", "-3", "-3"),
    ("logit_bias", "[]", "not a list"), ("logit_bias", #"{"e":1}"#, "not \"e\""),
    ("logit_bias", #"{"-1":1}"#, "not \"-1\""), ("logit_bias", #"{"":1}"#, "not \"\""),
    ("logit_bias", #"{"1.0":1}"#, "not \"1.0\""),
    ("logit_bias", #"{"1":101}"#, "-100 to 100, not 101"),
    ("logit_bias", #"{"1":-101}"#, "logit_bias[\"1\"]"), ("logit_bias", #"{"1":null}"#, "not null"),
    ("logit_bias", #"{"99999999999999999999":1}"#, "token ids"),
    ("n", "0", "from 1 to 128, not 0"), ("n", "129", "from 1 to 128, not 129"),
    ("n", "\"2\"", "not a string"), ("stream", "\"yes\"", "true or false, not a string"),
    ("stream", "1", "true or false, not 1"), ("stream_options", "[]", "an object, not a list"),
    ("stop", "3", "not 3"), ("stop", "[3]", "its element 0 is a number"), ("stop", "{}", "object"),
    ("seed", "-1", "an integer of 0 or more, not -1"), ("seed", "9223372036854775808", "integer"),
    ("seed", "\"x\"", "not a string"), ("logprobs", "-1", "from 0 to 20"),
    ("logprobs", "21", "from 0 to 20, not 21"), ("logprobs", "true", "not true"),
    ("echo", "1", "true or false"), ("best_of", "2", "must equal n, 1"), ("best_of", "0", "not 0"),
    ("suffix", "\"x\"", "must be empty"), ("suffix", "3", "a string"),
    ("session", "\"\"", "1 to 128 letters"), ("session", "\"a/b\"", "not \"a/b\""),
    ("session", "\"é\"", "not \"é\""), ("session", "3", "a string"),
  ])
  func `a wrong value is refused by name, rule and value`(
    name: String, value: String, part: String
  ) throws {
    let error = try expectError(
      param: name, Endpoint.completion.error("{\"\(name)\":\(value)}"))
    #expect(error.message.contains(part), "\(error.message)")
    #expect(error.message.contains(name))
    #expect(error.type == "invalid_request_error")
  }

  @Test func `the usage option is true or false`() throws {
    try expectError(
      param: "stream_options.include_usage",
      Endpoint.completion.error(#"{"stream_options":{"include_usage":1}}"#))
  }

  @Test func `limits come from the configuration`() throws {
    let limits = APILimits(maxTokens: 10)
    #expect(try completion(limits: limits).parameters.maxTokens == 10)
    #expect(try completion("\"max_tokens\":10", limits: limits).parameters.maxTokens == 10)
    #expect(Endpoint.completion.error("{\"max_tokens\":11}", limits: limits)?.param == "max_tokens")
  }

  @Test func `stop strings are limited in number and length`() throws {
    func stop(_ count: Int, _ length: Int) -> String {
      let stop = "\"" + String(repeating: "한", count: length) + "\""
      return "\"stop\":[" + Array(repeating: stop, count: count).joined(separator: ",") + "]"
    }
    #expect(try completion(stop(16, 1000)).parameters.stops.count == 16)
    try expectError(param: "stop", Endpoint.completion.error("{\(stop(17, 1))}"))
    try expectError(param: "stop", Endpoint.completion.error("{\(stop(1, 1001))}"))
    #expect(try completion(#""stop":"x""#).parameters.stops == ["x"])
    #expect(try completion(#""stop":[]"#).parameters.stops == [])
  }

  @Test func `a request has at most 128 texts`() throws {
    let two = #""prompt":["a","b"],"#
    #expect(try completion(two + "\"n\":64").parameters.n == 64)
    try expectError(param: "n", Endpoint.completion.error("{\(two)\"n\":65}"))
    let many = "[" + Array(repeating: "\"a\"", count: 129).joined(separator: ",") + "]"
    try expectError(param: "prompt", Endpoint.completion.error("{\"prompt\":\(many)}"))
    let lists = "[" + Array(repeating: "[1]", count: 129).joined(separator: ",") + "]"
    try expectError(param: "prompt", Endpoint.completion.error("{\"prompt\":\(lists)}"))
  }

  @Test func `a session has one text`() throws {
    try expectError(
      param: "session", Endpoint.completion.error(#"{"session":"s","n":2}"#))
    try expectError(
      param: "session", Endpoint.completion.error(#"{"session":"s","prompt":["a","b"]}"#))
    let name = String(repeating: "x", count: 128)
    #expect(try completion("\"session\":\"\(name)\"").session == name)
    try expectError(param: "session", Endpoint.completion.error("{\"session\":\"\(name)x\"}"))
  }

  @Test func `a body that is not an object is refused`() throws {
    for body in ["[]", "null", "3", "\"Dear\"", "true"] {
      for endpoint in Endpoint.allCases {
        try expectError(param: nil, code: "invalid_json", endpoint.error(body))
      }
    }
  }

  @Test func `no message names a Swift type`() {
    for endpoint in Endpoint.allCases {
      for value in ["{}", "[]", "3", "\"x\"", "true", "-1.5", "[[]]", "[{}]", "[\"\"]"] {
        for name in ["prompt", "messages", "text", "tokens", "n", "stop", "seed", "logit_bias"] {
          let message = endpoint.error(with: "\"\(name)\":\(value)")?.message ?? ""
          for word in ["JSONValue", "Optional", "Array", "Int", "Double", "Swift", "Dictionary"] {
            #expect(!message.contains(word), "\(message)")
          }
        }
      }
    }
  }
}
#endif
