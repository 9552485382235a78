import GeulCharts
import Testing

/// Text for terminals, on which control characters are visible.
struct VisibleTextTests {
  @Test(arguments: [
    ("plain 한글 é “quotes”\n\ttab", "plain 한글 é “quotes”\n\ttab"),
    ("\u{1B}[31mred\u{7}", "␛[31mred␇"), ("a\u{9B}31m", "a<U+009B>31m"), ("\u{7F}\u{0}", "␡␀"),
    ("a\u{202E}b\u{2066}c\u{2069}", "a<U+202E>b<U+2066>c<U+2069>"),
    ("line\r\nnext\r\n", "line\nnext\n"), ("over\rwrite\r", "over␍write␍"), ("\r\r\n", "␍\n"),
    ("", ""),
  ])
  func `control characters are visible, line breaks and tabs stay`(text: String, shown: String) {
    #expect(visibleText(text) == shown)
    #expect(visibleText(shown) == shown)
    // In pieces of one code point, as models generate text.
    var visible = VisibleText()
    var pieces = ""
    for scalar in text.unicodeScalars { pieces += visible.append(String(scalar)) }
    #expect(pieces + visible.finish() == shown)
  }

  @Test func `tokens with controls of the direction are shown as a dot`() {
    #expect(displayText(of: "\u{202E}") == "·")
    #expect(displayText(of: "\u{1B}") == "·")
  }

  @Test func `texts with CRLF are wrapped by lines`() {
    #expect(wrappedLines("a b\r\nc", width: 10) == ["a b", "c"])
  }
}
