import Foundation
import GeulText
import Testing

struct VocabularyTests {
  @Test func `tokens are sorted by frequency, then by code points`() throws {
    let corpus = try Corpus.read([.text("나가나 b a\u{10000}\u{FFFD}")])
    #expect(corpus.vocabulary.tokens == [" ", "나", "a", "b", "가", "\u{FFFD}", "\u{10000}"])
    #expect(corpus.vocabulary.id(of: "나") == 1)
    #expect(corpus.vocabulary.id(of: "다") == nil)
    #expect(corpus.ids(0..<3) == [1, 4, 1])
  }

  @Test func `rare tokens are replaced by the unknown token, which is the empty string`() throws {
    let corpus = try Corpus.read([.text("aaabbc")], options: CorpusOptions(minimumCount: 2))
    #expect(corpus.vocabulary.tokens == ["a", "b", ""])
    #expect(corpus.vocabulary.unknownID == 2)
    #expect(corpus.vocabulary.id(of: "") == nil)
    #expect(corpus.ids(0..<6) == [0, 0, 0, 1, 1, 2])
    #expect(corpus.unknownCount == 1)
    #expect(
      corpus.notes == [
        "text: tokens that occur fewer than 2 times became the unknown token: 1 (1 distinct),"
          + " most frequent c U+0063 LATIN SMALL LETTER C."
      ])
  }

  @Test func `there is no unknown token if all tokens are frequent`() throws {
    let corpus = try Corpus.read([.text("aabb")], options: CorpusOptions(minimumCount: 2))
    #expect(corpus.vocabulary.unknownID == nil)
    #expect(corpus.unknownCount == 0)
  }

  @Test func `with a given vocabulary, unknown tokens are counted and have the id -1`() throws {
    let vocabulary = try Vocabulary(tokens: ["b", "a"], unknownID: nil)
    let options = CorpusOptions(vocabulary: vocabulary)
    let corpus = try Corpus.read([.text("abcab")], options: options)
    #expect(corpus.ids(0..<5) == [1, 0, -1, 1, 0])
    #expect(corpus.unknownCount == 1)
    #expect(corpus.byteCount(ofTokensIn: 0..<5) == 4)
    #expect(
      corpus.notes == [
        "text: tokens that are not in the vocabulary: 1 (1 distinct),"
          + " most frequent c U+0063 LATIN SMALL LETTER C."
      ])
  }

  @Test func `with a given vocabulary, unknown tokens get the id of its unknown token`() throws {
    let vocabulary = try Vocabulary(tokens: ["a", ""], unknownID: 1)
    let options = CorpusOptions(vocabulary: vocabulary)
    let corpus = try Corpus.read([.text("abca")], options: options)
    #expect(corpus.ids(0..<4) == [0, 1, 1, 0])
    #expect(corpus.unknownCount == 2)
  }

  @Test func `the unknown token counts as the mean bytes of the tokens that it replaced`() throws {
    let corpus = try Corpus.read([.text("aa한b한aé")], options: CorpusOptions(minimumCount: 3))
    #expect(corpus.vocabulary.tokens == ["a", ""])
    #expect(corpus.byteCount(ofTokensIn: 0..<7) == 3 + 3 + 1 + 3 + 2)
    // Four unknown tokens of nine bytes.
    #expect(corpus.byteCount(ofTokensIn: 2..<4) == 5)
  }

  @Test func `canonically equivalent strings are different tokens`() throws {
    let vocabulary = try Vocabulary(
      tokens: ["\u{E9}", "e\u{301}", "\u{212B}", "\u{C5}"], unknownID: nil)
    #expect(vocabulary.id(of: "e\u{301}") == 1)
    #expect(vocabulary.id(of: "\u{C5}") == 3)
    #expect(
      try vocabulary
        != Vocabulary(tokens: ["e\u{301}", "\u{E9}", "\u{C5}", "\u{212B}"], unknownID: nil))
  }

  @Test func `a vocabulary is encoded as an array of strings and decoded again`() throws {
    let vocabulary = try Vocabulary(
      tokens: ["\n", "\u{0}", "👨‍👩‍👧", "e\u{301}", "\"", ""], unknownID: 5)
    let json = try JSONEncoder().encode(vocabulary)
    #expect(String(decoding: json, as: UTF8.self).hasPrefix("[\"\\n\","))
    let read = try JSONDecoder().decode(Vocabulary.self, from: json)
    #expect(read == vocabulary)
    #expect(read.unknownID == 5)
  }

  @Test func `a tokenizer is encoded by name and decoded again`() throws {
    let tokenizer = Tokenizer(unit: .jamo, normalization: .nfkc)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = String(decoding: try encoder.encode(tokenizer), as: UTF8.self)
    #expect(
      json == "{\"icu\":\"\(tokenizer.icu)\",\"normalization\":\"nfkc\",\"unit\":\"jamo\"}")
    #expect(try JSONDecoder().decode(Tokenizer.self, from: Data(json.utf8)) == tokenizer)
    let older = json.replacing(tokenizer.icu, with: "50.1")
    #expect(try JSONDecoder().decode(Tokenizer.self, from: Data(older.utf8)) == tokenizer)
  }

  @Test(
    arguments: [
      ([], nil, "vocabulary: it contains no token."),
      ([""], 0, "vocabulary: it contains no token."),
      (
        ["a", "b", "a"], nil, "vocabulary: tokens 0 and 2 are both a U+0061 LATIN SMALL LETTER A."
      ),
      (
        ["a", ""], nil,
        "vocabulary: the unknown token, and no other, must be the empty string."
      ),
      (
        ["a", "b"], 1,
        "vocabulary: the unknown token, and no other, must be the empty string."
      ),
    ] as [([String], Int?, String)])
  func `an invalid list of tokens is an error`(tokens: [String], unknownID: Int?, message: String) {
    let error = #expect(throws: TextError.self) {
      try Vocabulary(tokens: tokens, unknownID: unknownID)
    }
    #expect(error?.description == message)
    if unknownID == tokens.firstIndex(of: "") {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(Vocabulary.self, from: try JSONEncoder().encode(tokens))
      }
    }
  }

  @Test func `tokens must be possible for the tokenizer`() throws {
    let vocabulary = try Vocabulary(tokens: ["a", "\u{100}", "e\u{301}", ""], unknownID: 3)
    try vocabulary.check(for: Tokenizer(unit: .grapheme))
    let points = #expect(throws: TextError.self) {
      try vocabulary.check(for: Tokenizer(unit: .codepoint))
    }
    #expect(
      points?.description
        == "vocabulary: token 2, é U+0065 LATIN SMALL LETTER E + U+0301 COMBINING ACUTE ACCENT,"
        + " is not a codepoint.")
    let bytes = #expect(throws: TextError.self) {
      try vocabulary.check(for: Tokenizer(unit: .byte))
    }
    #expect(
      bytes?.description
        == "vocabulary: token 1, Ā U+0100 LATIN CAPITAL LETTER A WITH MACRON, is not a byte.")
  }
}
