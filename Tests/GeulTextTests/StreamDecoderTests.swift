import GeulText
import TestSupport
import Testing

@Suite("Streaming decoder")
struct StreamDecoderTests {
  private func pieces(_ units: [String], _ tokenizer: Tokenizer) throws -> [String] {
    let vocabulary = try Vocabulary(distinct: units)
    var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
    return units.compactMap { vocabulary.id(of: $0) }.map { decoder.append($0) }
      + [decoder.finish()]
  }

  @Test("jamo are recomposed as soon as they can join no more")
  func jamo() throws {
    let tokenizer = Tokenizer(unit: .jamo)
    let found = try pieces(["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ", "ᄅ", "!"], tokenizer)
    #expect(found.map(scalars) == [[], [], [0xD55C], [], [], [0xADF8], [0x1105, 0x21], []])
  }

  @Test("jamo without a place in a syllable come out as they are")
  func looseJamo() throws {
    let tokenizer = Tokenizer(unit: .jamo)
    let found = try pieces(["ᅡ", "ᆫ", "ᄀ", "ᄀ", "ᅡ", "ᅡ", "ᆫ"], tokenizer)
    #expect(
      found.map(scalars) == [[0x1161], [0x11AB], [], [0x1100], [], [0xAC00, 0x1161], [0x11AB], []])
  }

  @Test("what a text that was cut off has only begun is left out, and nothing more")
  func cut() throws {
    func cut(_ units: [String], _ unit: TokenUnit) throws -> String {
      let tokenizer = Tokenizer(unit: unit)
      let vocabulary = try Vocabulary(distinct: Array(Set(units)).sorted())
      var decoder = StreamDecoder(tokenizer: tokenizer, vocabulary: vocabulary)
      let text = units.compactMap { vocabulary.id(of: $0) }.map { decoder.append($0) }.joined()
      // And the next text begins afresh.
      return text + decoder.cut() + "|" + decoder.finish()
    }
    #expect(try cut(["ᄒ", "ᅡ", "ᆫ", "ᄀ"], .jamo) == "한|")
    #expect(try cut(["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ"], .jamo) == "한그|")
    #expect(try cut(["ᄒ", "ᅡ", "ᆫ"], .jamo) == "한|")
    #expect(try cut(["ᄀ"], .jamo) == "|")
    let bytes = Tokenizer(unit: .byte).units(of: "a한")
    #expect(try cut(bytes, .byte) == "a한|")
    #expect(try cut(bytes.dropLast(), .byte) == "a|")
    #expect(try cut(bytes.dropLast(2), .byte) == "a|")
  }

  @Test("bytes are held back until they make a character")
  func bytes() throws {
    let tokenizer = Tokenizer(unit: .byte)
    #expect(try pieces(tokenizer.units(of: "a한é"), tokenizer) == ["a", "", "", "한", "", "é", ""])
  }

  @Test("bytes that are no UTF-8 become one U+FFFD for each maximal subpart")
  func invalidBytes() throws {
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

  @Test("what is out is never taken back", arguments: [TokenUnit.jamo, .byte])
  func prefixes(unit: TokenUnit) throws {
    var random = RandomText(seed: 5)
    let tokenizer = Tokenizer(unit: unit)
    for _ in 0..<500 {
      let text = random.next()
      let whole = scalars(tokenizer.normalized(text))
      var shown: [UInt32] = []
      for piece in try pieces(tokenizer.units(of: text), tokenizer) {
        shown += scalars(piece)
        #expect(whole.starts(with: shown))
      }
      #expect(shown == whole)
    }
  }

  @Test("the unknown unit shows as U+FFFD")
  func unknown() throws {
    let vocabulary = try Vocabulary(units: ["a", ""], unknownID: 1)
    var decoder = StreamDecoder(tokenizer: Tokenizer(), vocabulary: vocabulary)
    #expect(decoder.append(0) + decoder.append(1) == "a\u{FFFD}")
  }

  @Test("decomposed text stays decomposed")
  func decomposed() throws {
    let tokenizer = Tokenizer(unit: .jamo, normalization: .nfd)
    #expect(try scalars(tokenizer.roundTrip("한")) == [0x1112, 0x1161, 0x11AB])
  }
}
