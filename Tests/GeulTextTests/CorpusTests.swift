import Foundation
import GeulText
import TestSupport
import Testing

struct CorpusTests {
  @Test(arguments: [65_536, 65_537])
  func `ids take two bytes up to 65,536 tokens, four beyond`(distinct: Int) throws {
    let scalars = (UInt32(0x4E00)...0x2FFFF).lazy.compactMap { Unicode.Scalar($0) }
      .prefix(distinct)
    var view = String.UnicodeScalarView()
    for scalar in scalars { view.append(scalar) }
    let text = String(view) + String(view.prefix(100))
    let tokenizer = Tokenizer(unit: .codepoint, normalization: .none)
    let corpus = try Corpus.read([.text(text)], options: CorpusOptions(tokenizer: tokenizer))
    #expect(corpus.vocabulary.count == distinct)
    #expect((corpus.bytesPerID == 4) == (distinct > 65_536))
    #expect(corpus.count == distinct + 100)
    let same = corpus.decoded.utf8.elementsEqual(text.utf8)
    #expect(same)
    let vocabulary = corpus.vocabulary
    let unknown = try Corpus.read(
      [.text(text + "가나!")],
      options: CorpusOptions(tokenizer: tokenizer, vocabulary: vocabulary))
    #expect(unknown.bytesPerID == 4)
    #expect(unknown.ids(corpus.count..<corpus.count + 3).last == -1)
  }

  @Test func `ids are copied into an existing array or span`() throws {
    let corpus = try Corpus.read([.text("abcabc")])
    #expect(corpus.ids(2..<2) == [])
    #expect(corpus.ids(1..<4) == [1, 2, 0])
    var window: [Int32] = [9, 9]
    corpus.copyIDs(from: 4, into: &window)
    #expect(window == [1, 2])
    var span = window.mutableSpan
    corpus.copyIDs(from: 0, into: &span)
    #expect(window == [0, 1])
  }

  @Test func `reading ids outside the corpus is a programmer's error`() async {
    await #expect(processExitsWith: .failure) {
      _ = try Corpus.read([.text("abc")]).ids(1..<4)
    }
  }

  @Test func `the hash depends on the tokens and their order`() throws {
    // The value is fixed: resuming a run on another machine or with another version compares it.
    let corpus = try Corpus.read([.text("한글과 English\n")])
    #expect(corpus.hash == "3bc3952421da1313")
    #expect(try Corpus.read([.text("한글과 English\n")]).hash == corpus.hash)
    #expect(try Corpus.read([.text("한글과 Englihs\n")]).hash != corpus.hash)
    #expect(try Corpus.read([.text("한글과 English\nx")]).hash != corpus.hash)
    let given = CorpusOptions(vocabulary: corpus.vocabulary)
    #expect(try Corpus.read([.text("한글과 English\n")], options: given).hash == corpus.hash)
  }

  @Test(arguments: TokenUnit.allCases)
  func `the bytes of a token range are counted for each unit`(unit: TokenUnit) throws {
    var random = RandomText(seed: 6)
    let text = (0..<200).map { _ in random.next() }.joined() + "한글은 가\u{1100} 각ᆨ"
    let tokenizer = Tokenizer(unit: unit)
    let corpus = try Corpus.read([.text(text)], options: CorpusOptions(tokenizer: tokenizer))
    #expect(corpus.byteCount(ofTokensIn: 0..<corpus.count) == corpus.byteCount)
    #expect(corpus.byteCount == tokenizer.normalized(text).utf8.count)
    var sum = 0
    for start in stride(from: 0, to: corpus.count, by: 7) {
      sum += corpus.byteCount(ofTokensIn: start..<min(start + 7, corpus.count))
    }
    #expect(sum == corpus.byteCount)
  }

  @Test func `texts are concatenated with a line feed in between`() throws {
    let sources = [TextSource.text("a\u{1100}", name: "one"), .text("\u{1161}b\n"), .text("c")]
    let corpus = try Corpus.read(sources)
    #expect(corpus.tokens == ["a", "\u{1100}", "\n", "\u{1161}", "b", "\n", "c"])
    #expect(
      corpus.notes == ["one: a line feed was added at the end: the last line had none."])
  }

  @Test func `bytes are concatenated unchanged`() throws {
    let options = CorpusOptions(tokenizer: Tokenizer(unit: .byte))
    let sources = [
      TextSource.bytes([0xED, 0x95], name: "one"), .bytes([0x9C, 0x00], name: "two"),
    ]
    let corpus = try Corpus.read(sources, options: options)
    #expect(corpus.decoded == "한\0")
    #expect(corpus.notes == [])
  }

  @Test func `only the text files of a folder are read, in the order of their paths`() throws {
    let scratch = try Scratch()
    try scratch.write("2\n", "b.txt")
    try scratch.write("1\n", "B.TXT")
    try scratch.write("3\n", "b/a.md")
    try scratch.write("4\n", "나.text")
    try scratch.write("x\n", ".hidden.txt")
    try scratch.write("x\n", ".git/x.txt")
    try scratch.write([0x89, 0x50], "b/image.png")
    try scratch.write("x\n", "program.c")
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path + "/loop.txt", withDestinationPath: scratch.path)
    let corpus = try Corpus.read([.path(scratch.path)])
    #expect(corpus.decoded == "1\n2\n3\n4\n")
    #expect(
      corpus.notes == [
        "\(scratch.path)/b/image.png: skipped, and 2 more; only"
          + " *.txt, *.text, *.md, *.markdown, *.rst, *.org, *.tex are read from directories."
      ])
  }

  @Test func `the file of token ids has no name`() throws {
    let scratch = try Scratch()
    var options = CorpusOptions()
    options.temporaryFolder = scratch.path
    options.tokensInMemory = 0
    let corpus = try Corpus.read([.text("abc")], options: options)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
    #expect(corpus.decoded == "abc")
  }

  @Test func `memory does not grow with the text`() async {
    // In a separate process, because the peak memory of the process is measured.
    await #expect(processExitsWith: .success) {
      let scratch = try Scratch()
      let path = try scratch.write("", "large.txt")
      let line = Array("The quick brown fox, 다람쥐 헌 쳇바퀴에 타고파.\n".utf8)
      let megabyte = Data(repeatElement(line, count: (1 << 20) / line.count).joined())
      let file = try #require(FileHandle(forWritingAtPath: path))
      for _ in 0..<96 { try file.write(contentsOf: megabyte) }

      _ = try Corpus.read([.text("a")])
      let before = peakKilobytes()
      let corpus = try Corpus.read([.path(path)])
      let grown = peakKilobytes() - before
      #expect(corpus.byteCount == 96 * megabyte.count)
      #expect(before > 1000)
      #expect(grown < 12 * 1024)

      // Reading ids does not increase memory either.
      let lineTokens = String(decoding: line, as: UTF8.self).count
      let first = corpus.ids(0..<lineTokens)
      for _ in 0..<2 {
        for start in stride(from: 0, to: corpus.count - lineTokens, by: 1000 * lineTokens) {
          #expect(corpus.ids(start..<start + lineTokens) == first)
          _ = corpus.ids(start..<min(corpus.count, start + 1000 * lineTokens))
        }
      }
      #expect(corpus.count * 2 > 100 << 20, "larger than the resident limit")
      #expect(peakKilobytes() - before < 96 * 1024)
    }
  }
}

/// The peak resident memory of the process in KB.
private func peakKilobytes() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
  return Int(line.filter(\.isNumber)) ?? 0
}
