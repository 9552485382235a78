import GeulCharts
import Testing

/// Texts in columns, and the wrapping of lines.
struct TextColumnsTests {
  private func lines(_ texts: [String], width: Int) -> [String] {
    TextColumns(texts.enumerated().map { .init(title: "text \($0)", text: $1) }).lines(width: width)
  }

  @Test func `columns stand next to each other under their titles`() {
    #expect(
      lines(["one two three four five six", "하나 둘\n셋"], width: 43) == [
        "text 0               │ text 1",
        "──────────────────── │ ────────────────────",
        "one two three four   │ 하나 둘",
        "five six             │ 셋",
      ])
  }

  @Test func `wide characters take two columns`() {
    #expect(
      lines(["東京東京東京東京東京東京", "x"], width: 43).dropFirst(2) == [
        "東京東京東京東京東京 │ x", "東京                 │",
      ])
  }

  @Test func `columns that do not fit stand below, evenly divided`() {
    let output = lines(["a", "b", "c", "d"], width: 80)
    #expect(output.filter { $0.hasPrefix("text") }.count == 2)
    #expect(output[2].hasPrefix("a ") && output[2].hasSuffix("│ b"))
    #expect(output[3].isEmpty && output[6].hasPrefix("c ") && output[6].hasSuffix("│ d"))
    #expect(lines(["a", "b"], width: 30).filter { $0.hasPrefix("text") }.count == 2)
  }

  @Test func `all titles are short where one of them is wider than its column`() {
    let columns = TextColumns([
      .init(title: "temperature 0.5, sample 0", shortTitle: "t 0.5, sample 0", text: "a"),
      .init(title: "temperature 1, sample 0", shortTitle: "t 1, sample 0", text: "b"),
    ])
    #expect(columns.lines(width: 49)[0] == "t 0.5, sample 0         │ t 1, sample 0")
    #expect(columns.lines(width: 53)[0] == "temperature 0.5, sample 0 │ temperature 1, sample 0")
  }

  @Test(arguments: [20, 33, 43, 80, 200])
  func `no line is wider than the terminal, and no character is lost`(width: Int) {
    let texts = (1...7).map { count in
      String(repeating: "가나다 \u{1B}[1m東京 word👩‍🚀\t", count: count)
    }
    let output = lines(texts, width: width)
    for line in output { #expect(displayWidth(of: line) <= width && !line.hasSuffix(" ")) }
    let characters = output.joined().count { $0 == "東" }
    #expect(characters == 28 && !output.joined().contains("\u{1B}"))
  }

  @Test(arguments: [
    ("one two", 7, ["one two"]), ("one two", 6, ["one", "two"]), ("one two", 3, ["one", "two"]),
    ("abcdef", 4, ["abcd", "ef"]), ("a bcdefg", 4, ["a", "bcde", "fg"]), ("", 5, [""]),
    ("  a", 3, ["  a"]), ("a  ", 2, ["a "]), ("a  b", 2, ["a", "b"]), ("한글 말", 5, ["한글", "말"]),
    ("東京へ行く", 4, ["東京", "へ行", "く"]), ("a東京", 4, ["a東", "京"]), ("東a京", 2, ["東", "a", "京"]),
  ])
  func `a line is wrapped at spaces and beside ideographs`(
    text: String, width: Int, rows: [String]
  ) {
    #expect(wrapped(text, width: width) == rows)
  }

  @Test(arguments: [
    ("a", 1), ("é", 1), ("가", 2), ("東", 2), ("。", 2), ("👩‍🚀", 2), ("✅", 2), ("⌚", 2), ("→", 1),
    ("█", 1),
    ("①", 1), ("〿", 1), ("🇰🇷", 2), ("ㄱ", 2), ("Ａ", 2), ("ﾊ", 1),
  ])
  func `East Asian wide characters and emoji take two columns`(text: String, width: Int) {
    #expect(displayWidth(of: text) == width)
  }
}
