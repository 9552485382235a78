import Foundation
import GeulText
import TestSupport
import Testing

/// Texts that make an algorithm with a bad worst case take quadratic time.
@Suite(.serialized)
struct HostileTextTests {
  private static func text(_ scalars: [UInt32], count: Int, prefix: String = "") -> String {
    var view = String.UnicodeScalarView(prefix.unicodeScalars)
    for index in 0..<count {
      if let scalar = Unicode.Scalar(scalars[index % scalars.count]) { view.append(scalar) }
    }
    return String(view)
  }

  /// Returns the shortest of three durations of reading a text, in seconds.
  private static func seconds(_ text: String, _ tokenizer: Tokenizer) throws -> Double {
    let source = TextSource.bytes(Array(text.utf8), name: "x.txt")
    let clock = ContinuousClock()
    let times = try (0..<3).map { _ in
      try clock.measure {
        _ = try Corpus.read([source], options: CorpusOptions(tokenizer: tokenizer))
      }
    }
    return (times.min() ?? .zero) / .seconds(1)
  }

  /// Expects that four times the text takes less than eight times the time.
  ///
  /// A quadratic algorithm takes sixteen times. Opening a reader takes some milliseconds, which are allowed for.
  private func expectLinear(
    _ name: String, _ tokenizer: Tokenizer, _ make: (_ factor: Int) -> String
  ) throws {
    let one = try Self.seconds(make(1), tokenizer)
    let four = try Self.seconds(make(4), tokenizer)
    #expect(
      four < 8 * one + 0.05, "\(name), \(tokenizer.normalization): \(one) s, \(four) s")
  }

  static let forms: [NormalForm] = [.none, .nfc, .nfd, .nfkc]

  @Test(arguments: forms)
  func `the time for long combining sequences is linear`(form: NormalForm) throws {
    let tokenizer = Tokenizer(normalization: form)
    // Descending and mixed combining classes; nonstarters that decompose into nonstarters.
    for marks: [UInt32] in [
      [0x301, 0x323], [0x301, 0x323, 0x5B0, 0x345], [0xF73], [0x344, 0x323],
    ] {
      try expectLinear("marks", tokenizer) {
        Self.text(marks, count: 16_000 * $0, prefix: "a")
      }
    }
    try expectLinear("one mark", tokenizer) {
      Self.text([0x301], count: 50_000 * $0, prefix: "a")
    }
  }

  @Test(
    arguments: [
      ("emoji joined by ZWJ", [0x1F468, 0x200D], 12_500),
      ("flags", [0x1F1F0, 0x1F1F7], 25_000),
      ("leading consonants", [0x1100], 25_000), ("vowels", [0x1161], 25_000),
      ("trailing consonants", [0x11A8], 25_000),
      ("decomposed syllables", [0x1112, 0x1161, 0x11AB], 50_000),
      ("conjuncts", [0x915, 0x94D], 25_000), ("prepend characters", [0x600], 25_000),
      ("variation selectors", [0xFE0F], 25_000), ("wide letters", [0xFF21], 25_000),
      ("composition exclusions", [0x958], 25_000), ("tags", [0xE0061], 25_000),
    ] as [(String, [UInt32], Int)])
  func `the time for long runs of one kind is linear`(
    name: String, scalars: [UInt32], count: Int
  ) throws {
    for form in [NormalForm.none, .nfc, .nfkc] {
      try expectLinear(name, Tokenizer(normalization: form)) {
        Self.text(scalars, count: count * $0, prefix: "a")
      }
    }
    try expectLinear(name, Tokenizer(unit: .jamo)) {
      Self.text(scalars, count: count * $0)
    }
  }

  @Test func `the time for one long line is linear`() throws {
    let words = Array("다람쥐 헌 쳇바퀴에 the fox ".unicodeScalars.map(\.value))
    try expectLinear("line", Tokenizer()) { Self.text(words, count: 250_000 * $0) }
    // Without composition, no two adjacent jamo have a certain boundary.
    let jamo = Array("다람쥐 헌 쳇바퀴에 ".decomposedStringWithCanonicalMapping.unicodeScalars)
    try expectLinear("line of jamo", Tokenizer(normalization: .nfd)) {
      Self.text(jamo.map(\.value), count: 125_000 * $0)
    }
  }

  @Test func `the time for a large vocabulary is linear`() throws {
    try expectLinear("vocabulary", Tokenizer(normalization: .none)) { factor in
      var view = String.UnicodeScalarView()
      for index in 0..<UInt32(6_250 * factor) {
        for value in [0x61, 0x300 + index % 80, 0x300 + index / 80 % 80, 0x300 + index / 6400] {
          if let scalar = Unicode.Scalar(value) { view.append(scalar) }
        }
      }
      return String(view)
    }
  }

  @Test func `one grapheme of a megabyte is one token`() throws {
    for form in Self.forms {
      let text = Self.text([0x316], count: 1 << 19, prefix: "q") + "b"
      let options = CorpusOptions(tokenizer: Tokenizer(normalization: form))
      let corpus = try Corpus.read([.text(text)], options: options)
      #expect(corpus.count == 2)
      #expect(corpus.byteCount == text.utf8.count)
    }
  }

  @Test func `a long line without certain boundaries is read without a limit`() throws {
    let options = CorpusOptions(tokenizer: Tokenizer(normalization: .none))
    let flags = try Corpus.read(
      [.text(Self.text([0x1F1F0, 0x1F1F7], count: 5 << 20))], options: options)
    #expect(flags.count == 5 << 19)
    let jamo = try Corpus.read(
      [.text(Self.text([0x1112, 0x1161, 0x11AB, 0x20], count: 8 << 20))], options: options)
    #expect(jamo.count == 4 << 20)
  }

  @Test func `long combining sequences are in canonical order`() {
    let marks: [UInt32] =
      Array(0x300...0x34E) + [0x5B0, 0x5BC, 0x5BF, 0x64B, 0x651, 0x93C, 0x94D, 0xE38]
      + [0xF71, 0xF72, 0xF74, 0x3099, 0x1D165]
    let nfd = Tokenizer(unit: .codepoint, normalization: .nfd)
    var generator = SeededGenerator(seed: 2)
    for round in 0..<200 {
      // U+0F73 and U+0F81 are starters that decompose into combining marks.
      let marks = round % 2 == 0 ? marks : marks + [0xF73, 0xF81]
      var view = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let starters: [Unicode.Scalar] = ["a", "e", "\u{1100}", "가", "\u{F40}", "ﬁ", "Ａ"]
        view.append(starters.randomElement(using: &generator) ?? "a")
        for _ in 0..<Int.random(in: 0...200, using: &generator) {
          let mark = marks.randomElement(using: &generator) ?? 0x300
          view.append(Unicode.Scalar(mark) ?? "a")
        }
      }
      let text = String(view)
      // The definition: decompose each character, then sort each run of combining marks.
      var expected: [Unicode.Scalar] = []
      for scalar in view {
        for part in nfd.normalized(String(scalar)).unicodeScalars {
          var at = expected.count
          let order = part.properties.canonicalCombiningClass
          while order != .notReordered, at > 0,
            expected[at - 1].properties.canonicalCombiningClass > order
          {
            at -= 1
          }
          expected.insert(part, at: at)
        }
      }
      #expect(scalars(nfd.normalized(text)) == expected.map(\.value))
      let composed = Tokenizer(unit: .codepoint, normalization: .nfc).normalized(text)
      #expect(scalars(nfd.normalized(composed)) == expected.map(\.value))
    }
  }

  @Test func `long combining sequences are composed`() {
    let text = Self.text([0x301, 0x323, 0x302], count: 300, prefix: "xa")
    let expected =
      [0x78, 0x1EA1] + [UInt32](repeating: 0x323, count: 99)
      + (0..<200).map { $0 % 2 == 0 ? 0x301 : 0x302 }
    let nfc = Tokenizer(unit: .codepoint, normalization: .nfc)
    #expect(scalars(nfc.normalized(text)) == expected)
    let circumflex = Self.text([0x302, 0x323], count: 200, prefix: "a")
    #expect(
      scalars(nfc.normalized(circumflex))
        == [0x1EAD] + [UInt32](repeating: 0x323, count: 99)
        + [UInt32](repeating: 0x302, count: 99))
  }

  @Test(arguments: [NormalForm.none, .nfc, .nfd, .nfkc])
  func `tokens do not depend on the size of blocks`(form: NormalForm) throws {
    var random = RandomText(seed: 11)
    for unit in [TokenUnit.grapheme, .jamo] {
      let tokenizer = Tokenizer(unit: unit, normalization: form)
      let text =
        (0..<150).map { _ in random.next() }.joined()
        + Self.text([0x1F1F0], count: 301, prefix: "x")
        + Self.text([0x1112, 0x1161, 0x11AB], count: 900)
        + Self.text([0x323, 0x301], count: 300, prefix: "a") + "가\u{301}"
      let expected = tokenizer.tokens(of: text)
      for block in [1, 7, 64] {
        var options = CorpusOptions(tokenizer: tokenizer)
        options.blockBytes = block
        let corpus = try Corpus.read([.text(text)], options: options)
        #expect(corpus.tokens.map(scalars) == expected.map(scalars))
      }
    }
  }
}
