import Foundation
import GeulText
import Testing

@Suite("Vocabulary")
struct VocabularyTests {
  @Test("the most frequent unit comes first, units as frequent by their code points")
  func order() throws {
    let corpus = try Corpus.read([.text("나가나 b a\u{10000}\u{FFFD}")])
    #expect(corpus.vocabulary.units == [" ", "나", "a", "b", "가", "\u{FFFD}", "\u{10000}"])
    #expect(corpus.vocabulary.id(of: "나") == 1)
    #expect(corpus.vocabulary.id(of: "다") == nil)
    #expect(corpus.ids(0..<3) == [1, 4, 1])
  }

  @Test("rare units are folded into one that is spelled as nothing")
  func minimumCount() throws {
    let corpus = try Corpus.read([.text("aaabbc")], options: CorpusOptions(minimumCount: 2))
    #expect(corpus.vocabulary.units == ["a", "b", ""])
    #expect(corpus.vocabulary.unknownID == 2)
    #expect(corpus.vocabulary.id(of: "") == nil)
    #expect(corpus.ids(0..<6) == [0, 0, 0, 1, 1, 2])
    #expect(corpus.unknownCount == 1)
    #expect(
      corpus.notes == [
        "text: units that occur less than 2 times, folded into one: 1, of which different 1,"
          + " the most frequent c U+0063 LATIN SMALL LETTER C."
      ])
  }

  @Test("nothing is folded where all units are frequent")
  func nothingFolded() throws {
    let corpus = try Corpus.read([.text("aabb")], options: CorpusOptions(minimumCount: 2))
    #expect(corpus.vocabulary.unknownID == nil)
    #expect(corpus.unknownCount == 0)
  }

  @Test("with a given vocabulary unknown units are counted and have the id -1")
  func given() throws {
    let vocabulary = try Vocabulary(units: ["b", "a"], unknownID: nil)
    let options = CorpusOptions(vocabulary: vocabulary)
    let corpus = try Corpus.read([.text("abcab")], options: options)
    #expect(corpus.ids(0..<5) == [1, 0, -1, 1, 0])
    #expect(corpus.unknownCount == 1)
    #expect(corpus.byteLength(ofUnitsIn: 0..<5) == 4)
    #expect(
      corpus.notes == [
        "text: units that the vocabulary does not hold: 1, of which different 1,"
          + " the most frequent c U+0063 LATIN SMALL LETTER C."
      ])
  }

  @Test("with a given vocabulary that has an unknown unit, that one stands for them")
  func givenWithUnknown() throws {
    let vocabulary = try Vocabulary(units: ["a", ""], unknownID: 1)
    let options = CorpusOptions(vocabulary: vocabulary)
    let corpus = try Corpus.read([.text("abca")], options: options)
    #expect(corpus.ids(0..<4) == [0, 1, 1, 0])
    #expect(corpus.unknownCount == 2)
  }

  @Test("canonical equivalents are different units")
  func equivalents() throws {
    let vocabulary = try Vocabulary(
      units: ["\u{E9}", "e\u{301}", "\u{212B}", "\u{C5}"], unknownID: nil)
    #expect(vocabulary.id(of: "e\u{301}") == 1)
    #expect(vocabulary.id(of: "\u{C5}") == 3)
    #expect(
      try vocabulary
        != Vocabulary(units: ["e\u{301}", "\u{E9}", "\u{C5}", "\u{212B}"], unknownID: nil))
  }

  @Test("it is written as a plain list and read again")
  func codable() throws {
    let vocabulary = try Vocabulary(
      units: ["\n", "\u{0}", "👨‍👩‍👧", "e\u{301}", "\"", ""], unknownID: 5)
    let json = try JSONEncoder().encode(vocabulary)
    #expect(String(decoding: json, as: UTF8.self).hasPrefix("[\"\\n\","))
    let read = try JSONDecoder().decode(Vocabulary.self, from: json)
    #expect(read == vocabulary)
    #expect(read.unknownID == 5)
  }

  @Test("the tokenizer's rules are written under their names and read again")
  func tokenizerCodable() throws {
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
    "a list that breaks a rule is refused",
    arguments: [
      ([], nil, "vocabulary: it names no unit."),
      ([""], 0, "vocabulary: it names no unit."),
      (
        ["a", "b", "a"], nil, "vocabulary: units 0 and 2 are both a U+0061 LATIN SMALL LETTER A."
      ),
      (
        ["a", ""], nil,
        "vocabulary: the unknown unit, and no other, must be spelled as the empty string."
      ),
      (
        ["a", "b"], 1,
        "vocabulary: the unknown unit, and no other, must be spelled as the empty string."
      ),
    ] as [([String], Int?, String)])
  func refused(units: [String], unknownID: Int?, sentence: String) {
    let error = #expect(throws: TextError.self) {
      try Vocabulary(units: units, unknownID: unknownID)
    }
    #expect(error?.description == sentence)
    if unknownID == units.firstIndex(of: "") {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(Vocabulary.self, from: try JSONEncoder().encode(units))
      }
    }
  }

  @Test("units must be of the tokenizer's kind")
  func kind() throws {
    let vocabulary = try Vocabulary(units: ["a", "\u{100}", "e\u{301}", ""], unknownID: 3)
    try vocabulary.check(for: Tokenizer(unit: .grapheme))
    let points = #expect(throws: TextError.self) {
      try vocabulary.check(for: Tokenizer(unit: .codepoint))
    }
    #expect(
      points?.description
        == "vocabulary: unit 2, é U+0065 LATIN SMALL LETTER E + U+0301 COMBINING ACUTE ACCENT,"
        + " is no codepoint.")
    let bytes = #expect(throws: TextError.self) {
      try vocabulary.check(for: Tokenizer(unit: .byte))
    }
    #expect(
      bytes?.description
        == "vocabulary: unit 1, Ā U+0100 LATIN CAPITAL LETTER A WITH MACRON, is no byte.")
  }
}
