import GeulText
import Testing

struct TextReportTests {
  @Test func `a report contains encodings, line endings, scripts and control characters`() throws {
    let text = "\u{FEFF}한글 ab\r\nab\n\r\u{7}e\u{301}\n"
    let report = try TextReport.read([.text(text, name: "a.txt")])
    #expect(report.sources.map(\.name) == ["a.txt"])
    #expect(report.sources.first?.byteCount == text.utf8.count)
    #expect(report.sources.first?.encoding == "UTF-8")
    #expect(report.sources.first?.hasByteOrderMark == true)
    #expect([report.lineEndings.crlf, report.lineEndings.cr, report.lineEndings.lf] == [1, 1, 2])
    #expect(report.normalForms == [])
    #expect(report.controls.map(\.name) == ["U+0007 BELL"])
    #expect(report.controls.map(\.count) == [1])
    #expect(report.scripts.map(\.name) == ["Common", "Latin", "Hangul", "Inherited"])
    #expect(report.scripts.map(\.count) == [7, 5, 2, 1])
    #expect(report.notes == ["a.txt: the byte-order mark was removed."])
  }

  @Test func `token statistics agree with a corpus for each unit`() throws {
    var random = RandomText(seed: 7)
    let text = (0..<300).map { _ in random.next() }.joined() + "한글"
    let report = try TextReport.read([.text(text)])
    #expect(report.tokenStatistics.map(\.unit) == [.grapheme, .codepoint, .jamo, .byte])
    for statistics in report.tokenStatistics {
      let tokenizer = Tokenizer(unit: statistics.unit)
      let corpus = try Corpus.read([.text(text)], options: CorpusOptions(tokenizer: tokenizer))
      #expect(statistics.count == corpus.count)
      #expect(statistics.vocabularySize == corpus.vocabulary.count)
      #expect(statistics.bytesPerToken == Double(corpus.byteCount) / Double(corpus.count))
      #expect(statistics.rarest.count == 10)
      #expect(statistics.rarest.first?.count == 1)
      let last = try #require(corpus.vocabulary.tokens.last)
      if statistics.unit != .byte {
        #expect(statistics.rarest.first.map { scalars($0.token) } == scalars(last))
      }
    }
  }

  @Test(
    arguments: [
      ("한글", [NormalForm.nfc, .nfkc]), ("\u{1112}\u{1161}", [.nfd]), ("ﬁé", [.nfc]),
      ("plain", [.nfc, .nfd, .nfkc]), ("e\u{301}é", []),
    ] as [(String, [NormalForm])])
  func `a report contains the normal forms of a text`(text: String, forms: [NormalForm]) throws {
    #expect(try TextReport.read([.text(text)]).normalForms == forms)
  }

  @Test func `an empty text is an error as for a corpus`() {
    #expect(throws: TextError(.empty, in: "a.txt")) {
      try TextReport.read([.text("", name: "a.txt")])
    }
  }
}
