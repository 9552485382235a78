import GeulText
import Testing

@Suite("Prompts")
struct PromptTests {
  private func encode(
    _ prompt: String, _ units: [String], _ tokenizer: Tokenizer = Tokenizer(), unknownID: Int? = nil
  ) throws -> PromptEncoding {
    try tokenizer.encodePrompt(
      prompt, vocabulary: Vocabulary(units: units, unknownID: unknownID))
  }

  @Test("known units are read as they are")
  func known() throws {
    let found = try encode("한a한", ["a", "한"])
    #expect(found.ids == [1, 0, 1])
    #expect(found.substitutions == [])
  }

  @Test("what is unknown is skipped, and named with its place")
  func skipped() throws {
    let found = try encode("a갂b👍🏽", ["a", "b"])
    #expect(found.ids == [0, 1])
    #expect(found.substitutions.map(\.position) == [1, 3])
    #expect(found.substitutions.map(\.unit) == ["갂", "👍🏽"])
    #expect(
      found.substitutions.map(\.name) == [
        "갂 U+AC02 HANGUL SYLLABLE GAGG",
        "👍🏽 U+1F44D THUMBS UP SIGN + U+1F3FD EMOJI MODIFIER FITZPATRICK TYPE-4",
      ])
    #expect(found.substitutions.allSatisfy { $0.outcome == .skipped && $0.replacement == nil })
  }

  @Test(
    "the nearest known form is read: normal form, case, width",
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
  func nearest(prompt: String, units: [String], form: String) throws {
    let found = try encode(prompt, units, Tokenizer(unit: .grapheme, normalization: .none))
    #expect(found.substitutions.count == 1)
    #expect(found.substitutions.first?.replacement.map(scalars) == scalars(form))
    #expect(found.ids.flatMap { scalars(units[$0]) } == scalars(form))
  }

  @Test("a letter for the eye is read as the jamo it stands for")
  func jamo() throws {
    let found = try encode("ㄱ하", ["ᄀ", "ᄒ", "ᅡ"], Tokenizer(unit: .jamo))
    #expect(found.ids == [0, 1, 2])
    #expect(found.substitutions.map(\.replacement) == ["ᄀ"])
  }

  @Test("the unknown unit stands for what has no near form")
  func unknown() throws {
    let found = try encode("aXé", ["a", "x", ""], unknownID: 2)
    #expect(found.ids == [0, 1, 2])
    #expect(found.substitutions.map(\.outcome) == [.replaced("x"), .unknown])
  }

  @Test("bytes have no near forms")
  func bytes() throws {
    let found = try encode("aB한", ["a", "b"], Tokenizer(unit: .byte))
    #expect(found.ids == [0])
    #expect(found.substitutions.map(\.name) == ["byte 42", "byte ED", "byte 95", "byte 9C"])
  }

  @Test("a form must be known whole")
  func whole() throws {
    #expect(try encode("ﬁ", ["f"]).ids == [])
  }
}
