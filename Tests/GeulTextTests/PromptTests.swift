import GeulText
import Testing

struct PromptTests {
  private func encode(
    _ prompt: String, _ tokens: [String], _ tokenizer: Tokenizer = Tokenizer(),
    unknownID: Int? = nil
  ) throws -> PromptEncoding {
    try tokenizer.encodePrompt(
      prompt, vocabulary: Vocabulary(tokens: tokens, unknownID: unknownID))
  }

  @Test func `known tokens are encoded unchanged`() throws {
    let found = try encode("한a한", ["a", "한"])
    #expect(found.ids == [1, 0, 1])
    #expect(found.substitutions == [])
  }

  @Test func `unknown tokens are skipped and reported with their position`() throws {
    let found = try encode("a갂b👍🏽", ["a", "b"])
    #expect(found.ids == [0, 1])
    #expect(found.substitutions.map(\.position) == [1, 3])
    #expect(found.substitutions.map(\.token) == ["갂", "👍🏽"])
    #expect(
      found.substitutions.map(\.name) == [
        "갂 U+AC02 HANGUL SYLLABLE GAGG",
        "👍🏽 U+1F44D THUMBS UP SIGN + U+1F3FD EMOJI MODIFIER FITZPATRICK TYPE-4",
      ])
    #expect(found.substitutions.allSatisfy { $0.outcome == .skipped && $0.replacement == nil })
  }

  @Test(
    arguments: [
      ("e\u{301}", ["\u{E9}", "e"], "\u{E9}"),
      ("\u{E9}", ["e\u{301}"], "e\u{301}"),
      ("\u{212B}", ["\u{C5}"], "\u{C5}"),
      ("Ａ", ["A", "a"], "A"),
      ("ﬁ", ["f", "i"], "fi"),
      ("K", ["k"], "k"),
      ("k", ["K"], "K"),
      ("Ａ", ["a"], "a"),
      (",", ["，"], "，"),
      ("a", ["Ａ"], "Ａ"),
      (" ", ["\u{3000}"], "\u{3000}"),
      ("ﾊ", ["ハ"], "ハ"),
      ("\r\n", ["\n"], "\n"),
      ("\n", ["\r\n"], "\r\n"),
    ] as [(String, [String], String)])
  func `an unknown token is replaced by its closest normal form, case or width`(
    prompt: String, tokens: [String], form: String
  ) throws {
    let found = try encode(prompt, tokens, Tokenizer(unit: .grapheme, normalization: .none))
    #expect(found.substitutions.count == 1)
    #expect(found.substitutions.first?.replacement.map(scalars) == scalars(form))
    #expect(found.ids.flatMap { scalars(tokens[$0]) } == scalars(form))
  }

  @Test func `a compatibility jamo is replaced by its conjoining jamo`() throws {
    let found = try encode("ㄱ하", ["ᄀ", "ᄒ", "ᅡ"], Tokenizer(unit: .jamo))
    #expect(found.ids == [0, 1, 2])
    #expect(found.substitutions.map(\.replacement) == ["ᄀ"])
  }

  @Test func `a token without a known form becomes the unknown token`() throws {
    let found = try encode("aXé", ["a", "x", ""], unknownID: 2)
    #expect(found.ids == [0, 1, 2])
    #expect(found.substitutions.map(\.outcome) == [.replaced("x"), .unknown])
  }

  @Test func `bytes are not replaced by other forms`() throws {
    let found = try encode("aB한", ["a", "b"], Tokenizer(unit: .byte))
    #expect(found.ids == [0])
    #expect(found.substitutions.map(\.name) == ["byte 42", "byte ED", "byte 95", "byte 9C"])
  }

  @Test func `a form is used only if all its tokens are known`() throws {
    #expect(try encode("ﬁ", ["f"]).ids == [])
  }
}
