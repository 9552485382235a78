import GeulText
import Testing

@Suite("Graphemes")
struct GraphemeTests {
  @Test(
    "every line of Unicode's GraphemeBreakTest is cut as it says",
    .enabled(if: UnicodeData.graphemeBreakTest != nil, UnicodeData.hint))
  func graphemeBreakTest() throws {
    let lines = try #require(UnicodeData.graphemeBreakTest)
    let tokenizer = Tokenizer(unit: .grapheme, normalization: .none)
    var failures: [String] = []
    for line in lines {
      let rule = line.split(separator: "#")[0]
      let expected = rule.split(separator: "÷").map { cluster in
        text(hex: cluster.split(separator: "×").joined(separator: " "))
      }.filter { !$0.isEmpty }
      let found = tokenizer.units(of: expected.joined())
      if found.map(scalars) != expected.map(scalars) { failures.append(line) }
    }
    #expect(failures.isEmpty)
    #expect(lines.count >= 602)
    print("GraphemeBreakTest: \(lines.count) lines")
  }

  @Test("the quick way cuts 20,000 random texts as ICU's break iterator does")
  func agreesWithICU() {
    var random = RandomText(seed: 1)
    var failures: [String] = []
    let tokenizer = Tokenizer(unit: .grapheme, normalization: .none)
    for _ in 0..<20_000 {
      let text = random.next()
      let expected = Tokenizer.graphemesByICU(of: text)
      if tokenizer.units(of: text).map(scalars) != expected.map(scalars) {
        failures.append(hex(text))
      }
    }
    #expect(failures.isEmpty)
  }

  @Test("what a reader takes for one character is one unit")
  func examples() {
    let tokenizer = Tokenizer()
    #expect(tokenizer.units(of: "a\r\nb") == ["a", "\r\n", "b"])
    #expect(tokenizer.units(of: "한글") == ["한", "글"])
    #expect(tokenizer.units(of: "👨‍👩‍👧‍👦🇰🇷") == ["👨‍👩‍👧‍👦", "🇰🇷"])
    #expect(tokenizer.units(of: "ᄒ") == ["ᄒ"])
    #expect(tokenizer.units(of: "") == [])
  }
}
