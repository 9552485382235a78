import Foundation
import GeulText
import TestSupport
import Testing

struct TokenStorageTests {
  private func read(
    _ text: String, tokensInMemory: Int, _ change: (inout CorpusOptions) -> Void = { _ in }
  ) throws -> Corpus {
    var options = CorpusOptions()
    options.tokensInMemory = tokensInMemory
    change(&options)
    return try Corpus.read([.text(text)], options: options)
  }

  @Test(arguments: [0, 1, 1000, 70_000, 100_000])
  func `ids in memory and in a file are the same`(limit: Int) throws {
    var random = RandomText(seed: 7)
    var (text, count) = ("", 0)
    while count < 250_000 {
      let part = random.next()
      text += part
      count += part.unicodeScalars.count
    }
    let small = CorpusOptions(minimumCount: 30)
    for options in [CorpusOptions(), small] {
      let memory = try read(text, tokensInMemory: 1 << 30) {
        $0.minimumCount = options.minimumCount
      }
      let file = try read(text, tokensInMemory: limit) { $0.minimumCount = options.minimumCount }
      #expect(memory.isInMemory && !file.isInMemory)
      #expect(memory.ids(0..<memory.count) == file.ids(0..<file.count))
      #expect(memory.ids(65_530..<65_545) == file.ids(65_530..<65_545))
      #expect(memory.hash == file.hash)
      #expect(memory.bytesPerID == file.bytesPerID)
      #expect(memory.byteCount == file.byteCount && memory.count == file.count)
      #expect(memory.byteCount(ofTokensIn: 9..<99_999) == file.byteCount(ofTokensIn: 9..<99_999))
      // A given vocabulary without an unknown token: ids of -1.
      let given = try Vocabulary(tokens: Array(memory.vocabulary.tokens.prefix(20)), unknownID: nil)
      let some = try read(text, tokensInMemory: 1 << 30) { $0.vocabulary = given }
      let same = try read(text, tokensInMemory: limit) { $0.vocabulary = given }
      #expect(some.ids(0..<some.count) == same.ids(0..<same.count))
      #expect(some.hash == same.hash && some.unknownCount == same.unknownCount)
      #expect(some.ids(0..<some.count).contains(-1))
    }
  }

  @Test func `ids of a large vocabulary take four bytes in memory and in a file`() throws {
    var scalars = String.UnicodeScalarView()
    for value in (UInt32(0x4E00)...0x2FFFF).lazy.compactMap({ Unicode.Scalar($0) }).prefix(70_000) {
      scalars.append(value)
    }
    let plain = Tokenizer(unit: .codepoint, normalization: .none)
    let large = try read(String(scalars), tokensInMemory: 1 << 30) { $0.tokenizer = plain }
    #expect(large.bytesPerID == 4 && !large.isInMemory, "indices in memory have two bytes")
    let end = String(String(scalars).unicodeScalars.suffix(50))
    for limit in [0, 1 << 30] {
      let corpus = try read(end + "!", tokensInMemory: limit) {
        $0.tokenizer = plain
        $0.vocabulary = large.vocabulary
      }
      #expect(corpus.bytesPerID == 4 && corpus.isInMemory == (limit > 0))
      #expect(corpus.ids(0..<51).last == -1)
      let decoded = corpus.ids(0..<50).map { large.vocabulary.tokens[Int($0)] }.joined()
      #expect(decoded == end)
      #expect(
        try corpus.hash
          == read(end + "!", tokensInMemory: 30) {
            $0.tokenizer = plain
            $0.vocabulary = large.vocabulary
          }.hash)
    }
  }

  @Test func `small texts need no writable directory`() throws {
    var options = CorpusOptions()
    options.temporaryFolder = "/no/such/folder"
    #expect(try Corpus.read([.text("abc")], options: options).decoded == "abc")
  }

  @Test func `a file is created in the first directory in which it can be`() async {
    await #expect(processExitsWith: .success) {
      unsafe setenv("TMPDIR", "/no/such/folder", 1)
      var options = CorpusOptions()
      options.tokensInMemory = 0
      let corpus = try Corpus.read([.text("abc")], options: options)
      #expect(corpus.decoded == "abc" && !corpus.isInMemory)
    }
  }

  @Test func `the error names all directories that were tried`() {
    let error = TextError(
      .noTemporaryFolder([
        "/a (Permission denied)", "the current directory (Read-only file system)",
      ]),
      in: "token ids")
    #expect(
      error.description
        == "token ids: no file for them can be created in /a (Permission denied), the current"
        + " directory (Read-only file system); set TMPDIR to a writable directory.")
  }
}
