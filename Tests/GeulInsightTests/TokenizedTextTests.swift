import Foundation
import GeulCompute
import GeulInsight
import GeulModel
import GeulText
import TestSupport
import Testing

/// Returns the metadata of a model whose vocabulary is that of a text.
func metadata(
  _ text: String, _ unit: TokenUnit, _ normalization: NormalForm = .nfc
) throws -> Model.Metadata {
  let tokenizer = Tokenizer(unit: unit, normalization: normalization)
  let corpus = try Corpus.read([.text(text)], options: CorpusOptions(tokenizer: tokenizer))
  return Model.Metadata(
    architecture: Architecture(cell: .lstm, layers: 1, hidden: 4), tokenizer: corpus.tokenizer,
    vocabulary: corpus.vocabulary)
}

/// Returns a text as tokens of a unit.
func tokenized(
  _ text: String, _ unit: TokenUnit, _ normalization: NormalForm = .nfc
) throws -> TokenizedText {
  let model = try metadata(text, unit, normalization)
  let ids = model.tokenizer.encodePrompt(text, vocabulary: model.vocabulary).ids
  return TokenizedText(ids, of: model)
}

struct TokenizedTextTests {
  private static let units = [
    (TokenUnit.grapheme, NormalForm.nfc), (.codepoint, .nfc), (.codepoint, .nfd), (.jamo, .nfc),
    (.jamo, .nfd), (.byte, .none),
  ]

  @Test(arguments: units)
  func `tokens of each unit form the characters of the text`(
    unit: TokenUnit, normalization: NormalForm
  ) throws {
    let text = "달이 떴다. \"값!\"\r\né ㅋㅋ 👩‍👩‍👧 漢\n"
    let tokenized = try tokenized(text, unit, normalization)
    #expect(tokenized.characters.map(\.text) == text.map { String($0) })
    let ends = tokenized.characters.map(\.tokens.upperBound)
    #expect(tokenized.characters.map(\.tokens.lowerBound) == [0] + ends.dropLast())
    #expect(ends.last == tokenized.tokens.count)
    #expect(tokenized.hasCompositeCharacters == (unit != .grapheme))
  }

  @Test func `a syllable has a token for each jamo, byte and code point`() throws {
    let counts = try Self.units.map { unit, normalization in
      try tokenized("값이", unit, normalization).characters.map(\.tokens.count)
    }
    #expect(counts == [[1, 1], [1, 1], [3, 2], [3, 2], [3, 2], [3, 3]])
  }

  @Test func `bytes that are not UTF-8 are replacement characters`() throws {
    // The start of 달, an invalid byte, and the start of another character at the end.
    let bytes: [UInt8] = [0xEB, 0x8B, 0x61, 0xFF, 0xEB, 0x8B, 0xAC, 0xF0]
    let tokens = bytes.map { String(Unicode.Scalar($0)) }
    var model = try metadata("a", .byte)
    model.vocabulary = try Vocabulary(tokens: Array(Set(tokens)).sorted(), unknownID: nil)
    let ids = try tokens.map { try #require(model.vocabulary.id(of: $0)) }
    let characters = TokenizedText(ids, of: model).characters
    #expect(characters.map(\.text) == ["\u{FFFD}", "a", "\u{FFFD}", "달", "\u{FFFD}"])
    #expect(characters.map(\.tokens) == [0..<2, 2..<3, 3..<4, 4..<7, 7..<8])
  }

  @Test func `the unknown token is a character of its own`() throws {
    var model = try metadata("가나", .jamo)
    let tokens = model.vocabulary.tokens
    model.vocabulary = try Vocabulary(tokens: tokens + [""], unknownID: tokens.count)
    let ids = model.tokenizer.encodePrompt("가漢나", vocabulary: model.vocabulary).ids
    let characters = TokenizedText(ids, of: model).characters
    #expect(characters.map(\.text) == ["가", "", "나"])
    #expect(characters.map(\.tokens.count) == [2, 1, 2])
  }

  @Test func `a text without tokens has no characters`() throws {
    #expect(TokenizedText([], of: try metadata("가", .jamo)).characters.isEmpty)
  }

  @Test func `jamo have the position that their code point tells`() {
    let positions = ["ᄀ", "ᅡ", "ᆨ", "ㄱ", "가", "a", ""].map { JamoPosition($0) }
    #expect(positions == [.lead, .vowel, .final, nil, nil, nil, nil])
  }

  @Test func `the surprisal of a character is the sum over its tokens`() throws {
    let text = "달이 떴다.\n"
    let corpus = try Corpus.read(
      [.text(text)], options: CorpusOptions(tokenizer: Tokenizer(unit: .jamo)))
    let model = try randomModel(.lstm, of: corpus)
    let ids = corpus.tokenizer.encodePrompt(text, vocabulary: corpus.vocabulary).ids
    let explanation = Explanation(ids, by: model)
    let surprisals = explanation.positions.map { $0.surprisal ?? 0 }
    let sums = explanation.text.characters.map { explanation.surprisal(of: $0) }
    // 달 begins with a token that has no prediction.
    #expect(sums[0] == nil && sums.count == 7)
    #expect(sums[1] == surprisals[3] + surprisals[4] && sums[2] == surprisals[5])
    #expect(sums[3] == surprisals[6] + surprisals[7] + surprisals[8])
    let known = sums.compactMap(\.self)
    #expect(explanation.meanCharacterSurprisal == known.reduce(0, +) / 6)
    #expect(explanation.meanSurprisal == surprisals.dropFirst().reduce(0, +) / 12)
    for position in explanation.positions.dropFirst() {
      let probability = try #require(position.probability)
      #expect(position.surprisal == -log2(probability))
      #expect(position.predictions.count == 5)
    }
  }
}
