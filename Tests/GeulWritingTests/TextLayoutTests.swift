import GeulWriting
import Testing

/// Texts in rows of a terminal.
struct TextLayoutTests {
  private func layout(
    _ text: String, _ suggestion: String = "", width: Int = 10, height: Int = 5
  ) -> TextLayout {
    TextLayout(of: Array(text), suggestion: suggestion, width: width, height: height)
  }

  private func rows(_ layout: TextLayout) -> [String] {
    layout.rows.map { $0.map(\.text).joined() }
  }

  private func expect(
    _ layout: TextLayout, _ expected: [String], cursor: (row: Int, column: Int),
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(rows(layout) == expected, sourceLocation: location)
    #expect(layout.cursor == cursor, sourceLocation: location)
  }

  @Test func `the cursor is after the text and before the continuation`() {
    expect(layout(""), [""], cursor: (0, 0))
    expect(layout("abc"), ["abc"], cursor: (0, 3))
    expect(layout("abc\n"), ["abc", ""], cursor: (1, 0))
    expect(layout("ab", "c\nd"), ["abc", "d"], cursor: (0, 2))
    expect(layout("ab\n\n", "\n"), ["ab", "", "", ""], cursor: (2, 0))
  }

  @Test func `wide characters take two columns`() {
    expect(layout("한글 東京"), ["한글 東京"], cursor: (0, 9))
    expect(layout("👩‍🚀🇰🇷✅é"), ["👩‍🚀🇰🇷✅é"], cursor: (0, 7))
    // A wide character is not divided.
    expect(layout("a東京東京東京"), ["a東京東京", "東京"], cursor: (1, 4))
  }

  @Test func `conjoining jamo are shown as syllables`() {
    expect(layout("\u{1112}\u{1161}\u{11AB}"), ["한"], cursor: (0, 2))
    expect(layout("\u{D558}\u{11AB}e\u{301}"), ["한é"], cursor: (0, 3))
    #expect(layout("\u{D558}\u{11AB}").rows[0][0].text.unicodeScalars.count == 1)
    expect(layout("\u{1112}"), ["ㅎ"], cursor: (0, 2))
  }

  @Test func `rows are wrapped at spaces, and long words are divided`() {
    expect(layout("one two three"), ["one two ", "three"], cursor: (1, 5))
    expect(layout("옛날 어느 마을에"), ["옛날 어느 ", "마을에"], cursor: (1, 6))
    expect(layout("abcdefghijklm no"), ["abcdefghij", "klm no"], cursor: (1, 6))
    expect(layout("ab cdefghijklmn"), ["ab ", "cdefghijkl", "mn"], cursor: (2, 2))
    // A continuation may move the word that it completes.
    expect(layout("one two th", "ree"), ["one two ", "three"], cursor: (1, 2))
  }

  @Test func `the cursor of a full row is in the next one`() {
    expect(layout("abcdefghij"), ["abcdefghij", ""], cursor: (1, 0))
    expect(layout("abcdefghi "), ["abcdefghi ", ""], cursor: (1, 0))
    // Spaces at the end of a row are cut off.
    expect(layout("abcdefghi   "), ["abcdefghi ", ""], cursor: (1, 0))
    expect(layout("abcdefghij", "k"), ["abcdefghij", "k"], cursor: (1, 0))
  }

  @Test func `the last rows are shown, always with the row of the cursor`() {
    let text = (1...20).map(String.init).joined(separator: "\n")
    expect(layout(text, height: 3), ["18", "19", "20"], cursor: (2, 2))
    expect(layout(text, "\na\nb", height: 3), ["20", "a", "b"], cursor: (0, 2))
    expect(layout(text, "\na\nb\nc", height: 3), ["20", "a", "b"], cursor: (0, 2))
    expect(layout(text, "\na", height: 3), ["19", "20", "a"], cursor: (1, 2))
  }

  @Test func `an earlier part of the text can be shown, up to its start`() {
    let text = (1...20).map(String.init).joined(separator: "\n")
    for (scrolled, first, shown) in [
      (0, "18", 0), (1, "17", 1), (16, "2", 16), (17, "1", 17), (99, "1", 17),
    ] {
      let layout = TextLayout(
        of: Array(text), suggestion: "", width: 10, height: 3, scrolledRows: scrolled)
      #expect(rows(layout)[0] == first && layout.rows.count == 3)
      #expect(layout.scrolledRows == shown && layout.cursor == (2 + shown, 2))
    }
  }

  @Test func `control characters are visible and tabs are spaces`() {
    expect(layout("\u{1B}[31m"), ["·[31m"], cursor: (0, 5))
    expect(layout("a\tb"), ["a    b"], cursor: (0, 6))
    expect(layout("\u{202E}"), ["·"], cursor: (0, 1))
  }

  @Test(arguments: [1, 2, 3, 7, 20])
  func `no row is wider than the screen, and every character of a short text is shown`(width: Int) {
    var random = SystemRandomNumberGenerator()
    let letters = Array("ab 한東👩‍🚀é\t\n")
    for _ in 0..<300 {
      let characters = (0..<Int.random(in: 0...30, using: &random)).map { _ in
        letters.randomElement(using: &random) ?? "a"
      }
      let layout = TextLayout(
        of: characters, suggestion: String(characters.prefix(5)), width: width, height: 200)
      let columns = max(2, width)
      for row in layout.rows { #expect(row.reduce(0) { $0 + $1.width } <= columns) }
      #expect(layout.rows.indices.contains(layout.cursor.row))
      #expect((0..<columns).contains(layout.cursor.column))
      let shown = layout.rows.joined().compactMap(\.index)
      let visible = characters.indices.filter { !characters[$0].isWhitespace }
      #expect(Set(shown).isSuperset(of: visible))
      #expect(shown == shown.sorted())
    }
  }

  @Test func `a very long line is laid out from a point near its end`() {
    let text = String(repeating: "가나 ", count: 100_000)
    let layout = layout(text + "끝", width: 40, height: 10)
    #expect(layout.rows.count == 10 && rows(layout).last?.hasSuffix("끝") == true)
    #expect(layout.rows.joined().contains { $0.index == 300_000 })
  }
}
