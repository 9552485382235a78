import GeulText
import Testing

struct GraphemeTests {
  @Test(.enabled(if: UnicodeData.graphemeBreakTest != nil, UnicodeData.hint))
  func `all lines of Unicode's GraphemeBreakTest are segmented as specified`() throws {
    let lines = try #require(UnicodeData.graphemeBreakTest)
    let tokenizer = Tokenizer(unit: .grapheme, normalization: .none)
    var failures: [String] = []
    for line in lines {
      let rule = line.split(separator: "#")[0]
      let expected = rule.split(separator: "÷").map { cluster in
        text(hex: cluster.split(separator: "×").joined(separator: " "))
      }.filter { !$0.isEmpty }
      let found = tokenizer.tokens(of: expected.joined())
      if found.map(scalars) != expected.map(scalars) { failures.append(line) }
    }
    #expect(failures.isEmpty)
    #expect(lines.count >= 602)
    print("GraphemeBreakTest: \(lines.count) lines")
  }

  @Test func `20,000 random texts are segmented as by ICU's break iterator`() {
    var random = RandomText(seed: 1)
    var failures: [String] = []
    let tokenizer = Tokenizer(unit: .grapheme, normalization: .none)
    for _ in 0..<20_000 {
      let text = random.next()
      let expected = Tokenizer.graphemesByICU(of: text)
      if tokenizer.tokens(of: text).map(scalars) != expected.map(scalars) {
        failures.append(hex(text))
      }
    }
    #expect(failures.isEmpty)
  }

  @Test func `a user-perceived character is one token`() {
    let tokenizer = Tokenizer()
    #expect(tokenizer.tokens(of: "a\r\nb") == ["a", "\r\n", "b"])
    #expect(tokenizer.tokens(of: "한글") == ["한", "글"])
    #expect(tokenizer.tokens(of: "👨‍👩‍👧‍👦🇰🇷") == ["👨‍👩‍👧‍👦", "🇰🇷"])
    #expect(tokenizer.tokens(of: "ᄒ") == ["ᄒ"])
    #expect(tokenizer.tokens(of: "") == [])
  }
}
