import GeulText
import Testing

@Suite("Text report")
struct TextReportTests {
  @Test("it tells what a text holds")
  func holds() throws {
    let text = "\u{FEFF}한글 ab\r\nab\n\r\u{7}e\u{301}\n"
    let report = try TextReport.read([.text(text, name: "a.txt")])
    #expect(report.sources.map(\.name) == ["a.txt"])
    #expect(report.sources.first?.byteCount == text.utf8.count)
    #expect(report.sources.first?.encoding == "UTF-8")
    #expect(report.sources.first?.hasByteOrderMark == true)
    #expect([report.lineEnds.crlf, report.lineEnds.cr, report.lineEnds.lf] == [1, 1, 2])
    #expect(report.normalForms == [])
    #expect(report.controls.map(\.name) == ["U+0007 BELL"])
    #expect(report.controls.map(\.count) == [1])
    #expect(report.scripts.map(\.name) == ["Common", "Latin", "Hangul", "Inherited"])
    #expect(report.scripts.map(\.count) == [7, 5, 2, 1])
    #expect(report.notes == ["a.txt: the byte-order mark at its beginning was dropped."])
  }

  @Test("it tells what each unit would make of the text, as a corpus does")
  func units() throws {
    var random = RandomText(seed: 7)
    let text = (0..<300).map { _ in random.next() }.joined() + "한글"
    let report = try TextReport.read([.text(text)])
    #expect(report.units.map(\.unit) == [.grapheme, .codepoint, .jamo, .byte])
    for units in report.units {
      let tokenizer = Tokenizer(unit: units.unit)
      let corpus = try Corpus.read([.text(text)], options: CorpusOptions(tokenizer: tokenizer))
      #expect(units.count == corpus.count)
      #expect(units.vocabularySize == corpus.vocabulary.count)
      #expect(units.bytesPerUnit == Double(corpus.byteCount) / Double(corpus.count))
      #expect(units.rarest.count == 10)
      #expect(units.rarest.first?.count == 1)
      let last = try #require(corpus.vocabulary.units.last)
      if units.unit != .byte {
        #expect(units.rarest.first.map { scalars($0.unit) } == scalars(last))
      }
    }
  }

  @Test(
    "it tells the normal forms that a text is in",
    arguments: [
      ("한글", [NormalForm.nfc, .nfkc]), ("\u{1112}\u{1161}", [.nfd]), ("ﬁé", [.nfc]),
      ("plain", [.nfc, .nfd, .nfkc]), ("e\u{301}é", []),
    ] as [(String, [NormalForm])])
  func forms(text: String, forms: [NormalForm]) throws {
    #expect(try TextReport.read([.text(text)]).normalForms == forms)
  }

  @Test("it refuses what a corpus refuses")
  func refused() {
    #expect(throws: TextError(.empty, in: "a.txt")) {
      try TextReport.read([.text("", name: "a.txt")])
    }
  }
}
