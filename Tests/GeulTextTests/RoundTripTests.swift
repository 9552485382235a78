import Foundation
import GeulText
import Testing

struct RoundTripTests {
  @Test(arguments: TokenUnit.allCases)
  func `10,000 random texts are restored with each unit`(unit: TokenUnit) throws {
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
    .enabled(if: SharedCorpora.path("multiscript.txt") != nil, SharedCorpora.hint),
    arguments: TokenUnit.allCases, NormalForm.allCases)
  func `the multi-script text is restored with each unit and normal form`(
    unit: TokenUnit, form: NormalForm
  ) throws {
    let path = try #require(SharedCorpora.path("multiscript.txt"))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let tokenizer = Tokenizer(unit: unit, normalization: form)
    let corpus = try Corpus.read([.path(path)], options: CorpusOptions(tokenizer: tokenizer))
    let expected = tokenizer.normalized(text)
    let same = corpus.decoded.utf8.elementsEqual(expected.utf8)
    #expect(same)
    #expect(corpus.byteCount == expected.utf8.count)
    #expect(corpus.byteCount(ofTokensIn: 0..<corpus.count) == corpus.byteCount)
  }

  @Test(
    arguments: TokenUnit.allCases,
    NormalForm.allCases)
  func `the result does not depend on the block size`(unit: TokenUnit, form: NormalForm) throws {
    var random = RandomText(seed: 3)
    let text = (0..<400).map { _ in random.next() }.joined()
    var options = CorpusOptions(tokenizer: Tokenizer(unit: unit, normalization: form))
    let whole = try Corpus.read([.text(text)], options: options)
    let same = whole.decoded.utf8.elementsEqual(options.tokenizer.normalized(text).utf8)
    #expect(same)
    #expect(whole.tokens.map(scalars) == options.tokenizer.tokens(of: text).map(scalars))
    for size in [1, 2, 3, 5, 64, 1000] {
      options.blockBytes = size
      let divided = try Corpus.read([.text(text)], options: options)
      #expect(divided.hash == whole.hash, "blocks of \(size) bytes")
      #expect(divided.vocabulary == whole.vocabulary, "blocks of \(size) bytes")
      #expect(divided.byteCount == whole.byteCount)
    }
  }

  @Test func `the jamo unit decomposes syllables and keeps other graphemes`() {
    let tokenizer = Tokenizer(unit: .jamo)
    #expect(tokenizer.tokens(of: "한글 é!") == ["ᄒ", "ᅡ", "ᆫ", "ᄀ", "ᅳ", "ᆯ", " ", "é", "!"])
    // A tone mark inside the grapheme becomes a token of its own.
    #expect(tokenizer.tokens(of: "가\u{302E}").map(scalars) == [[0x1100], [0x1161], [0x302E]])
    // Without normalization, adjacent jamo must not be composed by decoding.
    let plain = Tokenizer(unit: .jamo, normalization: .none)
    #expect(plain.tokens(of: "\u{1100}\u{1161}").map(scalars) == [[0x1100, 0x1161]])
  }
}
