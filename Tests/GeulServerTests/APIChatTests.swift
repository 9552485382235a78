#if Server
import GeulGeneration
import GeulServer
import Testing

/// Requests of `POST /v1/chat/completions`, and the templates.
struct APIChatTests {
  @Test func `a request of one message has all defaults`() throws {
    let request = try chat()
    #expect(request.messages == [ChatMessage(.user, "Hello")])
    #expect(request.topLogprobs == nil)
    #expect(request.parameters.maxTokens == 500)
    #expect(request.parameters.sampling.temperature == 0.8)
    #expect(request.parameters.n == 1 && !request.parameters.isStreamed)
  }

  @Test func `messages have four roles, and a string or parts`() throws {
    let request = try chat(
      messages: #"""
        [{"role":"system","content":"a"},{"role":"developer","content":"b","name":"x"},
        {"role":"user","content":[{"type":"text","text":"c"},{"type":"text","text":"d"}]},
        {"role":"assistant","content":""},{"role":"user","content":[]}]
        """#)
    #expect(
      request.messages == [
        ChatMessage(.system, "a"), ChatMessage(.developer, "b"), ChatMessage(.user, "cd"),
        ChatMessage(.assistant, ""), ChatMessage(.user, ""),
      ])
  }

  @Test(arguments: [
    ("null", "messages", "is missing"), ("[]", "messages", "not an empty list"),
    ("3", "messages", "not 3"), ("[3]", "messages[0]", "an object with role and content"),
    (#"[{"content":"a"}]"#, "messages[0].role", "is missing"),
    (#"[{"role":"tool","content":"a"}]"#, "messages[0].role", "not \"tool\""),
    (#"[{"role":3,"content":"a"}]"#, "messages[0].role", "not 3"),
    (#"[{"role":"user"}]"#, "messages[0].content", "is missing"),
    (#"[{"role":"user","content":null}]"#, "messages[0].content", "is missing"),
    (#"[{"role":"user","content":{}}]"#, "messages[0].content", "not an object"),
    (#"[{"role":"user","content":["a"]}]"#, "messages[0].content[0]", "not a string"),
    (#"[{"role":"user","content":[{"text":"a"}]}]"#, "messages[0].content[0].type", "is missing"),
    (
      #"[{"role":"user","content":[{"type":"image_url"}]}]"#, "messages[0].content[0].type",
      "not \"image_url\""
    ),
    (#"[{"role":"user","content":[{"type":"text"}]}]"#, "messages[0].content[0].text", "missing"),
    (
      #"[{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":1}]}]"#,
      "messages[1].content[0].text", "a string, not 1"
    ),
  ])
  func `a wrong message is refused by its path`(messages: String, path: String, part: String) throws
  {
    let error = try expectError(param: path, Endpoint.chat.error("{\"messages\":\(messages)}"))
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test func `the length has two names, of which the newer one counts`() throws {
    #expect(try chat("\"max_tokens\":5").parameters.maxTokens == 5)
    #expect(try chat("\"max_completion_tokens\":6").parameters.maxTokens == 6)
    #expect(
      try chat("\"max_tokens\":5,\"max_completion_tokens\":6").parameters.maxTokens == 6)
    try expectError(param: "max_tokens", Endpoint.chat.error(with: "\"max_tokens\":-1"))
    try expectError(
      param: "max_tokens",
      Endpoint.chat.error(with: "\"max_completion_tokens\":6,\"max_tokens\":-1"))
  }

  @Test func `log-probabilities are asked for by a flag and a number`() throws {
    #expect(try chat("\"logprobs\":true").topLogprobs == 0)
    #expect(try chat("\"logprobs\":true,\"top_logprobs\":20").topLogprobs == 20)
    #expect(try chat("\"logprobs\":false,\"top_logprobs\":2").topLogprobs == nil)
    try expectError(param: "logprobs", Endpoint.chat.error(with: "\"logprobs\":2"))
    try expectError(param: "top_logprobs", Endpoint.chat.error(with: "\"top_logprobs\":21"))
  }

  @Test(arguments: [
    (#""tools":[{}]"#, "tools"), (#""tools":3"#, "tools"), (#""functions":[{}]"#, "functions"),
    (#""response_format":{"type":"json_object"}"#, "response_format.type"),
    (#""response_format":{}"#, "response_format.type"),
    (#""response_format":"text""#, "response_format"),
  ])
  func `tools and formats are refused`(member: String, param: String) throws {
    try expectError(param: param, Endpoint.chat.error(with: member))
  }

  @Test func `empty tools and the format of text are accepted`() throws {
    let plain = #""seed":1"#
    #expect(
      try chat(#""tools":[],"functions":[],"response_format":{"type":"text"},"# + plain)
        == chat(plain))
  }

  @Test func `the template of text puts messages on new lines and the reply after the last`() {
    func prompt(_ messages: [ChatMessage]) -> ChatTemplate.Prompt {
      ChatTemplate.text.prompt(for: messages)
    }
    #expect(prompt([ChatMessage(.user, "Dear Nell,")]).text == "Dear Nell,")
    #expect(
      prompt([
        ChatMessage(.system, "The lamp burned."), ChatMessage(.user, "Dear Nell,"),
        ChatMessage(.assistant, " the light"), ChatMessage(.user, "Then"),
      ]).text == "The lamp burned.\nDear Nell, the light\nThen")
    #expect(
      prompt([ChatMessage(.user, "a\n"), ChatMessage(.user, "b")]).text == "a\nb",
      "a line that has ended needs no other end")
    #expect(prompt([ChatMessage(.user, ""), ChatMessage(.user, "b")]).text == "b")
    #expect(prompt([ChatMessage(.assistant, "a"), ChatMessage(.assistant, "b")]).text == "ab")
    #expect(prompt([ChatMessage(.user, "a")]).stops.isEmpty)
    #expect(prompt([ChatMessage(.user, "a")]).dropsLeadingSpace == false)
  }

  @Test func `the template of dialogues names the speakers`() {
    let prompt = ChatTemplate.dialogue.prompt(for: [
      ChatMessage(.user, "Hello"), ChatMessage(.system, "A ship."), ChatMessage(.assistant, "Aye."),
      ChatMessage(.developer, "At night."), ChatMessage(.user, "Who is there?"),
    ])
    #expect(
      prompt.text
        == "A ship.\nAt night.\n\nUser: Hello\nAssistant: Aye.\nUser: Who is there?\nAssistant:")
    #expect(prompt.stops == ["\nUser:"])
    #expect(prompt.dropsLeadingSpace)
    #expect(
      ChatTemplate.dialogue.prompt(for: [ChatMessage(.user, "Hello")]).text
        == "User: Hello\nAssistant:")
  }

  @Test func `in a dialogue the reply continues a last message of the assistant`() {
    let prompt = ChatTemplate.dialogue.prompt(for: [
      ChatMessage(.user, "Hello"), ChatMessage(.assistant, "Ay"),
    ])
    #expect(prompt.text == "User: Hello\nAssistant: Ay")
    #expect(prompt.dropsLeadingSpace == false)
  }
}
#endif
