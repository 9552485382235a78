import GeulText
import TestSupport
import Testing

struct StreamDecoderTests {
  /// The output of the decoder after each token, and at the end.
  private func pieces(_ tokens: [String], _ tokenizer: Tokenizer) throws -> [String] {
    let vocabulary = try Vocabulary(distinct: tokens)
    var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
    return tokens.compactMap { vocabulary.id(of: $0) }.map { decoder.append($0) }
      + [decoder.finish()]
  }

  @Test func `jamo are composed as soon as the syllable is complete`() throws {
    let tokenizer = Tokenizer(unit: .jamo)
    let found = try pieces(["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ", "ᄅ", "!"], tokenizer)
    #expect(found.map(scalars) == [[], [], [0xD55C], [], [], [0xADF8], [0x1105, 0x21], []])
  }

  @Test func `jamo that form no syllable are unchanged`() throws {
    let tokenizer = Tokenizer(unit: .jamo)
    let found = try pieces(["ᅡ", "ᆫ", "ᄀ", "ᄀ", "ᅡ", "ᅡ", "ᆫ"], tokenizer)
    #expect(
      found.map(scalars) == [[0x1161], [0x11AB], [], [0x1100], [], [0xAC00, 0x1161], [0x11AB], []])
  }

  @Test func `an incomplete character at the end of a truncated text is discarded`() throws {
    func decode(_ tokens: [String], _ unit: TokenUnit) throws -> String {
      let tokenizer = Tokenizer(unit: unit)
      let vocabulary = try Vocabulary(distinct: Array(Set(tokens)).sorted())
      var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
      let text = tokens.compactMap { vocabulary.id(of: $0) }.map { decoder.append($0) }.joined()
      // The next text starts with an empty buffer.
      return text + decoder.finishTruncated() + "|" + decoder.finish()
    }
    #expect(try decode(["ᄒ", "ᅡ", "ᆫ", "ᄀ"], .jamo) == "한|")
    #expect(try decode(["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ"], .jamo) == "한그|")
    #expect(try decode(["ᄒ", "ᅡ", "ᆫ"], .jamo) == "한|")
    #expect(try decode(["ᄀ"], .jamo) == "|")
    let bytes = Tokenizer(unit: .byte).tokens(of: "a한")
    #expect(try decode(bytes, .byte) == "a한|")
    #expect(try decode(bytes.dropLast(), .byte) == "a|")
    #expect(try decode(bytes.dropLast(2), .byte) == "a|")
  }

  @Test func `bytes are buffered until they form a character`() throws {
    let tokenizer = Tokenizer(unit: .byte)
    #expect(try pieces(tokenizer.tokens(of: "a한é"), tokenizer) == ["a", "", "", "한", "", "é", ""])
  }

  @Test func `invalid UTF-8 becomes one U+FFFD for each maximal subpart`() throws {
    let tokenizer = Tokenizer(unit: .byte)
    func decode(_ bytes: [UInt8]) throws -> String {
      try pieces(bytes.map { String(Unicode.Scalar($0)) }, tokenizer).joined()
    }
    #expect(try decode([0x61, 0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x62, 0x80]) == "a���b�")
    #expect(try decode([0xED, 0xA0, 0x80]) == "���")
    #expect(try decode([0xE2, 0x82]) == "�")
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<2000 {
      let bytes = (0..<12).map { _ -> UInt8 in
        Bool.random(using: &generator)
          ? [0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0x80, 0x8F, 0x90, 0xBF][
            Int.random(in: 0..<10, using: &generator)]
          : UInt8.random(in: 0...255, using: &generator)
      }
      #expect(try decode(bytes) == String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test(arguments: [TokenUnit.jamo, .byte])
  func `output is never revised`(unit: TokenUnit) throws {
    var random = RandomText(seed: 5)
    let tokenizer = Tokenizer(unit: unit)
    for _ in 0..<500 {
      let text = random.next()
      let whole = scalars(tokenizer.normalized(text))
      var output: [UInt32] = []
      for piece in try pieces(tokenizer.tokens(of: text), tokenizer) {
        output += scalars(piece)
        #expect(whole.starts(with: output))
      }
      #expect(output == whole)
    }
  }

  @Test func `the unknown token is decoded as U+FFFD`() throws {
    let vocabulary = try Vocabulary(tokens: ["a", ""], unknownID: 1)
    var decoder = StreamDecoder(tokenizer: Tokenizer(), vocabulary: vocabulary)
    #expect(decoder.append(0) + decoder.append(1) == "a\u{FFFD}")
  }

  @Test func `decomposed text stays decomposed`() throws {
    let tokenizer = Tokenizer(unit: .jamo, normalization: .nfd)
    #expect(try scalars(tokenizer.roundTrip("한")) == [0x1112, 0x1161, 0x11AB])
  }
}
