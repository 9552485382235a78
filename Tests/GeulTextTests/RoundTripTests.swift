import Foundation
import GeulText
import Testing

@Suite("Encoding and decoding")
struct RoundTripTests {
  @Test("10,000 random texts come back in each unit", arguments: TokenUnit.allCases)
  func random(unit: TokenUnit) throws {
    var random = RandomText(seed: 2)
    var failures: [String] = []
    for round in 0..<10_000 {
      let text = random.next()
      let form = NormalForm.allCases[round % 4]
      let tokenizer = Tokenizer(unit: unit, normalization: form)
      if try scalars(tokenizer.roundTrip(text)) != scalars(tokenizer.normalized(text)) {
        failures.append("\(form): \(hex(text))")
      }
    }
    #expect(failures.isEmpty)
  }

  @Test(
    "the multi-script text comes back in each unit and form",
    .enabled(if: SharedCorpora.path("multiscript.txt") != nil, SharedCorpora.hint),
    arguments: TokenUnit.allCases, NormalForm.allCases)
  func multiscript(unit: TokenUnit, form: NormalForm) throws {
    let path = try #require(SharedCorpora.path("multiscript.txt"))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let tokenizer = Tokenizer(unit: unit, normalization: form)
    let corpus = try Corpus.read([.path(path)], options: CorpusOptions(tokenizer: tokenizer))
    let expected = tokenizer.normalized(text)
    let same = corpus.decoded.utf8.elementsEqual(expected.utf8)
    #expect(same)
    #expect(corpus.byteCount == expected.utf8.count)
    #expect(corpus.byteLength(ofUnitsIn: 0..<corpus.count) == corpus.byteCount)
  }

  @Test(
    "how a text is divided into blocks changes nothing", arguments: TokenUnit.allCases,
    NormalForm.allCases)
  func blocks(unit: TokenUnit, form: NormalForm) throws {
    var random = RandomText(seed: 3)
    let text = (0..<400).map { _ in random.next() }.joined()
    var options = CorpusOptions(tokenizer: Tokenizer(unit: unit, normalization: form))
    let whole = try Corpus.read([.text(text)], options: options)
    let same = whole.decoded.utf8.elementsEqual(options.tokenizer.normalized(text).utf8)
    #expect(same)
    #expect(whole.units.map(scalars) == options.tokenizer.units(of: text).map(scalars))
    for size in [1, 2, 3, 5, 64, 1000] {
      options.blockBytes = size
      let divided = try Corpus.read([.text(text)], options: options)
      #expect(divided.hash == whole.hash, "blocks of \(size) bytes")
      #expect(divided.vocabulary == whole.vocabulary, "blocks of \(size) bytes")
      #expect(divided.byteCount == whole.byteCount)
    }
  }

  @Test("jamo spell syllables out and leave the rest to graphemes")
  func jamo() {
    let tokenizer = Tokenizer(unit: .jamo)
    #expect(tokenizer.units(of: "한글 é!") == ["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ", "ᆯ", " ", "é", "!"])
    // A tone mark inside the grapheme becomes a unit of its own.
    #expect(tokenizer.units(of: "가\u{302E}").map(scalars) == [[0x1100], [0x1161], [0x302E]])
    // Jamo that stand apart in a text taken as it is must not come back joined.
    let plain = Tokenizer(unit: .jamo, normalization: .none)
    #expect(plain.units(of: "\u{1100}\u{1161}").map(scalars) == [[0x1100, 0x1161]])
  }
}
