import Foundation
import GeulText
import TestSupport
import Testing

/// Texts that several processes read, each a part of the bytes.
struct TextPartTests {
  /// Reads a text in parts, as the ranks of `ProcessGroup.read` do.
  ///
  /// - Returns: The corpus of each part.
  static func read(
    _ paths: [String], parts: Int, _ options: CorpusOptions
  ) throws -> [Corpus] {
    let files = try paths.map { try TextPart.File($0) }
    var summaries: [CorpusSummary] = []
    var haveText: [Bool] = []
    for index in 0..<parts {
      var builder = CorpusBuilder(options)
      try builder.read(TextPart(index, of: parts, files, options))
      haveText.append(builder.hasText)
    }
    for index in 0..<parts {
      summaries.append(try builder(index, of: parts, files, options, haveText).summary)
    }
    let whole = try CorpusSummary(
      merging: summaries.map {
        try JSONDecoder().decode(CorpusSummary.self, from: JSONEncoder().encode($0))
      })
    var hash: [UInt64] = []
    var corpora: [Corpus] = []
    for index in 0..<parts {
      let builder = try builder(index, of: parts, files, options, haveText)
      let start = summaries[..<index].reduce(0) { $0 + $1.count }
      let corpus = try builder.finish(
        whole, start: start, name: paths.joined(separator: ", "), notes: [])
      corpus.continueHash(&hash)
      corpora.append(corpus)
    }
    return corpora.map { corpus in
      var corpus = corpus
      corpus.setHash(hash)
      return corpus
    }
  }

  private static func builder(
    _ index: Int, of parts: Int, _ files: [TextPart.File], _ options: CorpusOptions,
    _ haveText: [Bool]
  ) throws -> CorpusBuilder {
    var builder = CorpusBuilder(options)
    try builder.read(TextPart(index, of: parts, files, options))
    if haveText[(index + 1)...].contains(true) { try builder.endLine() }
    return builder
  }

  /// Checks that a text in parts is the text in one piece.
  static func check(_ paths: [String], parts: Int, _ options: CorpusOptions = CorpusOptions())
    throws
  {
    let whole: Corpus
    do { whole = try Corpus.read(paths.map { .path($0) }, options: options) } catch {
      // Random texts may look like binary data, or have no frequent token.
      #expect(throws: error) { try read(paths, parts: parts, options) }
      return
    }
    let corpora = try read(paths, parts: parts, options)
    #expect(corpora.count == parts)
    var end = 0
    for (index, corpus) in corpora.enumerated() {
      #expect(corpus.hash == whole.hash, "part \(index) of \(parts)")
      #expect(corpus.vocabulary == whole.vocabulary)
      #expect(corpus.count == whole.count && corpus.byteCount == whole.byteCount)
      #expect(corpus.unknownCount == whole.unknownCount)
      #expect(corpus.notes == whole.notes)
      #expect(corpus.storedRanges.count == 1)
      let own = try #require(corpus.storedRanges.first)
      #expect(own.lowerBound == end)
      end = own.upperBound
      #expect(corpus.ids(own) == whole.ids(own))
      // The two tokens before a jamo determine its number of bytes.
      let inner = own.dropFirst(2)
      guard !inner.isEmpty else { continue }
      #expect(corpus.byteCount(ofTokensIn: inner) == whole.byteCount(ofTokensIn: inner))
    }
    #expect(end == whole.count)
  }

  private static let tokenizers = [
    Tokenizer(), Tokenizer(unit: .codepoint, normalization: .none),
    Tokenizer(unit: .jamo, normalization: .nfd), Tokenizer(unit: .jamo, normalization: .nfkc),
    Tokenizer(unit: .byte),
  ]

  @Test(arguments: 1..<8)
  func `difficult texts in parts are the texts in one piece`(parts: Int) throws {
    let folder = try Scratch()
    var random = RandomText(seed: UInt64(parts))
    for round in 1...(isThorough ? 40 : 8) {
      var paths: [String] = []
      for file in 0..<3 {
        var text = ""
        for _ in 0..<(round * 7 % 40) {
          text += random.next() + ["", "\n", "\r\n", "\u{FEFF}"][round % 4]
        }
        paths.append(try folder.write(text, "\(round)-\(file).txt"))
      }
      try folder.write("가나다\n", "last.txt")
      for tokenizer in Self.tokenizers {
        for minimumCount in [1, 2] {
          try Self.check(
            paths + [folder.path + "/last.txt"], parts: parts,
            CorpusOptions(tokenizer: tokenizer, minimumCount: minimumCount))
        }
      }
    }
  }

  @Test func `marks, NULs, replaced bytes and missing line feeds are noted once for all parts`()
    throws
  {
    let folder = try Scratch()
    let lines = String(repeating: "\u{FEFF}a line\nanother \u{FFFD}\n", count: 50)
    let first = try folder.write(
      Array("\u{FEFF}\(lines)".utf8) + [0xFF, 0x0A, 0x62, 0, 0], "first.txt")
    let empty = try folder.write("", "empty.txt")
    let second = try folder.write("x\ny", "second.txt")
    let third = try folder.write("z", "third.txt")
    let options = CorpusOptions(invalid: .replace)
    let notes = try Corpus.read([first, empty, second, third].map { .path($0) }, options: options)
      .notes
    #expect(notes.count == 7, "\(notes)")
    for parts in 1...9 { try Self.check([first, empty, second, third], parts: parts, options) }
  }

  @Test func `a text without line feeds, and one in another encoding, is read by one process`()
    throws
  {
    let folder = try Scratch()
    let flat = try folder.write(String(repeating: "한글 ", count: 2000), "flat.txt")
    let wide = try folder.write(
      [0xFF, 0xFE] + "한\nb\n".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, "wide.txt")
    for parts in 2...4 {
      try Self.check([flat], parts: parts)
      try Self.check([wide, flat], parts: parts)
      let counts = try Self.read([flat], parts: parts, CorpusOptions()).map {
        $0.storedRanges[0].count
      }
      #expect(counts.filter { $0 > 0 } == [6000])
    }
  }

  @Test func `parts of many lines have about the same size`() throws {
    let folder = try Scratch()
    let path = try folder.write((0..<10_000).map { "line \($0)\n" }.joined(), "lines.txt")
    let counts = try Self.read([path], parts: 4, CorpusOptions()).map { $0.storedRanges[0].count }
    #expect(counts.reduce(0, +) == 98_890)
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) < 40)
  }

  @Test func `invalid bytes are found at their offset in the file`() throws {
    let folder = try Scratch()
    let good = Array(String(repeating: "good line\n", count: 1000).utf8)
    let path = try folder.write(good + [0x62, 0xC3, 0x28] + good, "bad.txt")
    #expect(
      throws: TextError(
        .invalidBytes([0xC3], encoding: "UTF-8", suggestions: []), in: path, at: 10_001)
    ) {
      do { _ = try Self.read([path], parts: 3, CorpusOptions()) } catch let error as TextError {
        guard case .invalidBytes(let bytes, let encoding, _) = error.reason else { throw error }
        throw TextError(
          .invalidBytes(bytes, encoding: encoding, suggestions: []), in: error.source,
          at: error.offset)
      }
    }
  }

  @Test(arguments: [0, 1 << 20])
  func `collected ranges have the ids of the text, in memory and in a file`(limit: Int) throws {
    var options = CorpusOptions()
    options.tokensInMemory = limit
    let text = String(repeating: "가나다 abc\n", count: 20_000)
    let whole = try Corpus.read([.text(text)])
    let few = try Vocabulary(tokens: ["가", "a", " "], unknownID: nil)
    var given = CorpusOptions(vocabulary: few)
    given.tokensInMemory = limit
    for corpus in [whole, try Corpus.read([.text(text)], options: given)] {
      let ranges = [3..<70_000, 70_010..<70_011, 100_000..<160_000]
      var collector = try TokenCollector(ranges, of: corpus, options: options)
      for range in ranges.reversed() {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 9999) {
          let part = start..<min(start + 9999, range.upperBound)
          try collector.store(corpus.ids(part)[...], at: start)
        }
      }
      let collected = try collector.finish()
      #expect(collected.isInMemory == (limit > 0))
      #expect(collected.storedRanges == ranges && collected.count == corpus.count)
      #expect(collected.hash == corpus.hash)
      for range in ranges {
        #expect(collected.ids(range) == corpus.ids(range))
        let inner = range.dropFirst(2)
        guard !inner.isEmpty else { continue }
        #expect(collected.byteCount(ofTokensIn: inner) == corpus.byteCount(ofTokensIn: inner))
      }
    }
  }
}
