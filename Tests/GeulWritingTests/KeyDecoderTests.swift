import GeulWriting
import Testing

/// Keys from the bytes of a terminal.
struct KeyDecoderTests {
  private func keys(_ text: String) -> [Key] {
    var decoder = KeyDecoder()
    return decoder.append(text.utf8)
  }

  private func characters(_ text: String) -> [Key] { text.unicodeScalars.map { .character($0) } }

  @Test(arguments: [
    ("\t", Key.tab), ("\u{1B}[Z", .shiftTab), ("\r", .enter), ("\n", .enter),
    ("\u{7F}", .backspace),
    ("\u{8}", .backspace), ("\u{1B}[C", .right), ("\u{1B}OC", .right), ("\u{1B}[1;5C", .right),
    ("\u{1B}[D", .left), ("\u{1B}[A", .up), ("\u{1B}[B", .down), ("\u{1B}[F", .end),
    ("\u{1B}OF", .end), ("\u{1B}[4~", .end), ("\u{1B}[8~", .end), ("\u{1B}[H", .home),
    ("\u{1B}[1~", .home), ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown), ("\u{1B}[3~", .other),
    ("\u{1}", .control("a")), ("\u{1A}", .control("z")), ("\u{1B}b", .other),
  ])
  func `control characters and sequences of xterm are keys`(bytes: String, key: Key) {
    #expect(keys(bytes) == [key])
  }

  @Test func `text is its code points`() {
    #expect(keys("a 한\u{1112}\u{1161}é👩‍🚀") == characters("a 한\u{1112}\u{1161}é👩‍🚀"))
  }

  @Test func `bytes may be split anywhere`() {
    let text = "한\u{1B}[1;5C글\u{1B}[200~a\r\nb\u{1B}[201~🇰🇷\u{1B}OF\u{1B}[Z"
    let bytes = Array(text.utf8)
    let expected =
      characters("한") + [.right] + characters("글") + [.paste("a\nb")] + characters("🇰🇷")
      + [.end, .shiftTab]
    for split in 0...bytes.count {
      var decoder = KeyDecoder()
      #expect(decoder.append(bytes[..<split]) + decoder.append(bytes[split...]) == expected)
      #expect(!decoder.isUndecided)
    }
  }

  @Test func `invalid UTF-8 and other control characters are ignored`() {
    var decoder = KeyDecoder()
    #expect(
      decoder.append([0x61, 0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0x00, 0x1C, 0xC2, 0x9B, 0x62])
        == characters("ab"))
    // A character that is not completed does not hide the next key.
    #expect(
      decoder.append([0xED, 0x95, 0x1B, 0x5B, 0x43, 0xED, 0x95, 0x61]) == [.right] + characters("a")
    )
  }

  @Test func `a pause decides that ESC is the key Escape`() {
    var decoder = KeyDecoder()
    #expect(decoder.append([0x1B]).isEmpty && decoder.isUndecided)
    #expect(decoder.finish() == [.escape] && !decoder.isUndecided)
    #expect(decoder.append([0x1B, 0x1B]) == [.escape] && decoder.finish() == [.escape])
    // The beginning of a sequence that does not continue.
    #expect(decoder.append([0x1B, 0x5B, 0x31]).isEmpty && decoder.finish().isEmpty)
    #expect(decoder.append([0x61]) == characters("a"))
    #expect(decoder.finish().isEmpty)
  }

  @Test func `a paste is text with tabs and line breaks, also if it contains sequences`() {
    #expect(
      keys("\u{1B}[200~\tx\r\ny\rz\n/quit\u{1B}[A\u{3}\u{1B}[201~q")
        == [.paste("\tx\ny\nz\n/quit[A"), .character("q")])
  }

  @Test func `a sequence without end takes bounded memory and does not block later keys`() {
    var decoder = KeyDecoder()
    #expect(decoder.append([0x1B, 0x5B] + [UInt8](repeating: 0x31, count: 100_000)).isEmpty)
    #expect(decoder.append([0x7E]) == [.other] && decoder.append([0x61]) == characters("a"))
  }
}
