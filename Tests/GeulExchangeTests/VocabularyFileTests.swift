import GeulExchange
import GeulText
import Testing

/// Vocabularies of other programs.
struct VocabularyFileTests {
  private func read(_ json: String, unknown: String? = nil) throws(TextError) -> Vocabulary {
    try Vocabulary(json: Array(json.utf8), name: "v.json", unknown: unknown)
  }

  @Test(arguments: [
    #"["b", "a", "é"]"#, #"{"a": 1, "b": 0, "é": 2}"#, #"{"1": "a", "2": "\u00e9", "0": "b"}"#,
    #"{"vocab_size": 3, "itos": ["b", "a", "é"], "stoi": {"a": 1}}"#,
    #"{"vocab": 3, "char_to_idx": {"é": 2, "b": 0, "a": 1}}"#,
  ])
  func `the tokens of each form are in the order of their indices`(json: String) throws {
    #expect(try read(json).tokens == ["b", "a", "é"])
  }

  @Test func `tokens that are canonically equivalent stay apart in an array`() throws {
    let vocabulary = try read("[\"\u{C5}\", \"\u{212B}\", \"A\u{30A}\"]")
    #expect(
      vocabulary.tokens.map { $0.unicodeScalars.map(\.value) } == [
        [0xC5], [0x212B], [0x41, 0x30A],
      ])
  }

  @Test func `the unknown token is the one that was named`() throws {
    let vocabulary = try read(#"{"<unk>": 0, "a": 1}"#, unknown: "<unk>")
    #expect(vocabulary.tokens == ["", "a"] && vocabulary.unknownID == 0)
    #expect(throws: TextError.self) { try read(#"["a"]"#, unknown: "<unk>") }
  }

  @Test(arguments: [
    ("", "it is not a vocabulary in JSON"), ("3", "it is not a vocabulary in JSON"),
    ("[1, 2]", "it is not a vocabulary in JSON"),
    (#"{"a": "b"}"#, "it is not a vocabulary in JSON"),
    (#"{"a": 1, "b": 2}"#, "it has 2 tokens, but none with the index 0"),
    (#"{"a": 0, "b": -1}"#, "none with the index 1"),
    (#"{"a": 0, "b": 0}"#, "two of its tokens have the index 0"),
    (#"["a", "b", "a"]"#, "tokens 0 and 2 are both"), ("[]", "it contains no token"),
  ])
  func `other files are refused`(json: String, problem: String) {
    let error = #expect(throws: TextError.self) { try read(json) }
    #expect(error?.description.hasPrefix("v.json: ") == true)
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
  }
}
