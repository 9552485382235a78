import GeulText
import TestSupport
import Testing

/// Encodings without a byte-order mark.
struct DetectionTests {
  private func read(_ bytes: [UInt8], encoding: String? = nil) throws -> Corpus {
    try Corpus.read(
      [.bytes(bytes, name: "x.txt")],
      options: CorpusOptions(tokenizer: Tokenizer(normalization: .none), encoding: encoding))
  }

  private func error(_ bytes: [UInt8], encoding: String? = nil) -> TextError? {
    #expect(throws: TextError.self) { try read(bytes, encoding: encoding) }
  }

  private func suggestions(_ bytes: [UInt8]) -> [EncodingSuggestion] {
    guard case .invalidBytes(_, _, let suggestions) = error(bytes)?.reason else { return [] }
    return suggestions
  }

  @Test(arguments: EncodedTexts.samples)
  func `the encoding of a byte text is the first suggestion`(sample: EncodedTexts.Sample) throws {
    if sample.encoding == "CP949" {
      let corpus = try read(sample.bytes)
      #expect(corpus.decoded == sample.text)
      #expect(corpus.notes.first?.contains("CP949") == true)
      return
    }
    let suggestions = suggestions(sample.bytes)
    let first = try #require(suggestions.first)
    #expect(first.name == sample.encoding)
    #expect(suggestions.count <= 2)
    let shown = first.preview.unicodeScalars.filter { $0 != "…" }.map { $0 == "␊" ? "\n" : $0 }
    #expect(hex(sample.text).contains(hex(String(String.UnicodeScalarView(shown)))))
    #expect(shown.count <= 20)
    guard first.isSupported else { return }
    #expect(try read(sample.bytes, encoding: first.name).decoded == sample.text)
  }

  @Test(arguments: EncodedTexts.lists)
  func `the encoding of a Korean list is detected`(sample: EncodedTexts.Sample) throws {
    #expect(try read(sample.bytes).decoded == sample.text)
    // UTF-16, too, whose bytes must not be taken for another encoding.
    #expect(try read(Self.encode(sample.text, 2, true)).decoded == sample.text)
  }

  @Test(arguments: EncodedTexts.escaped)
  func `ISO-2022 is detected by its escape sequences`(sample: EncodedTexts.Sample) throws {
    let corpus = try read(sample.bytes)
    #expect(corpus.decoded == sample.text)
    #expect(
      corpus.notes == [
        "x.txt: read as \(sample.encoding), detected from its bytes; --encoding overrides it."
      ])
  }

  private static func encode(_ text: String, _ size: Int, _ isLittle: Bool) -> [UInt8] {
    let units = size == 2 ? text.utf16.map { UInt32($0) } : text.unicodeScalars.map(\.value)
    return units.flatMap { unit in
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: unit >> UInt32(8 * $0)) }
      return isLittle ? bytes : bytes.reversed()
    }
  }

  @Test(arguments: EncodedTexts.texts, [2, 4])
  func `UTF-16 and UTF-32 without a mark are detected`(text: String, size: Int) throws {
    for text in [text, String(text.prefix(size == 2 ? 8 : 5))] {
      for (isLittle, order) in [(true, "LE"), (false, "BE")] {
        let bytes = Self.encode(text, size, isLittle)
        let name = "UTF-\(8 * size)"
        let corpus = try read(bytes)
        #expect(corpus.decoded == text)
        #expect(
          corpus.notes == [
            "x.txt: read as \(name)\(order), detected from its bytes; --encoding overrides it."
          ])
        let named = try read(bytes, encoding: name.lowercased())
        #expect(named.decoded == text)
        #expect(
          named.notes == [
            "x.txt: no byte-order mark; read as \(name)\(order), detected from its bytes;"
              + " --encoding \(name)\(isLittle ? "BE" : "LE") overrides it."
          ])
        // With a mark, the order is certain.
        let marked = try read(Self.encode("\u{FEFF}" + text, size, isLittle), encoding: name)
        #expect(marked.decoded == text)
        #expect(marked.notes == ["x.txt: the \(name)\(order) byte-order mark was removed."])
      }
    }
  }

  @Test func `a byte order that does not fit is an error`() {
    var generator = SeededGenerator(seed: 3)
    let random = (0..<999).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let expected =
      "x.txt: there is no byte-order mark, and the bytes are not text in UTF-16 in either byte"
      + " order; omit --encoding to detect the encoding."
    #expect(error(random, encoding: "utf-16")?.description == expected)
    #expect(error(Array("안녕하세요 여러분".utf8), encoding: "UTF-16")?.description == expected)
    #expect(error(Array("the quick brown fox".utf8), encoding: "UTF-16")?.description == expected)
    let mark = Self.encode("\u{FEFF}안녕", 2, false)
    #expect(
      error(mark, encoding: "UTF-16LE")?.description
        == "x.txt: the bytes 0xFE 0xFF at offset 0 are not valid UTF-16LE; try --encoding UTF-16BE"
        + " (\"안녕\"), or use --invalid replace to replace invalid bytes with U+FFFD.")
  }

  @Test func `a given encoding that yields no plausible text is noted`() throws {
    let korean = "그날 밤 바다는 조용했다."
    #expect(
      try read(Array(korean.utf8), encoding: "windows-1252").notes
        == ["x.txt: read as windows-1252, but it looks like UTF-8 (\"\(korean)\")."])
    #expect(
      try read(Self.encode(korean, 2, false), encoding: "UTF-16LE").notes
        == ["x.txt: read as UTF-16LE, but it looks like UTF-16BE (\"\(korean)\")."])
    let cp949 = try #require(EncodedTexts.samples.first { $0.encoding == "CP949" })
    #expect(
      try read(cp949.bytes, encoding: "latin1").notes.first?.contains("looks like CP949") == true)
    for sample in EncodedTexts.samples where sample.encoding != "Johab" {
      #expect(try read(sample.bytes, encoding: sample.encoding).notes == [], "\(sample.encoding)")
    }
  }

  @Test func `surrogate pairs in the form of UTF-8 are CESU-8`() throws {
    let pair: [UInt8] = [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]  // 😀
    let bytes = Array("안녕 ".utf8) + pair + Array(" 반가워\n".utf8)
    #expect(
      error(bytes)?.description
        == "x.txt: the bytes 0xED 0xA0 0xBD 0xED 0xB8 0x80 at offset 7 are not valid UTF-8: they encode a surrogate"
        + " pair, as in CESU-8; try --encoding CESU-8 (\"안녕 😀 반가워␊\"), or use --invalid replace"
        + " to replace invalid bytes with U+FFFD.")
    #expect(try read(bytes, encoding: "CESU-8").decoded == "안녕 😀 반가워\n")
    // Also after the first block.
    let long = Array(String(repeating: "그날 밤 바다는 조용했다.\n", count: 20_000).utf8)
    #expect(suggestions(long + bytes).map(\.name) == ["CESU-8"])
    #expect(try read(long + bytes, encoding: "CESU-8").count == 20_000 * 15 + 9)
  }

  @Test func `Johab is named with a command that converts it`() throws {
    let johab = try #require(EncodedTexts.samples.first { $0.encoding == "Johab" })
    let message = try #require(error(johab.bytes)?.description)
    #expect(
      message.contains(
        "convert it with iconv -f JOHAB -t UTF-8, as it looks like Johab (\"그날 밤 바다는"))
  }

  @Test func `no encoding is suggested for bytes that are text in none`() {
    var generator = SeededGenerator(seed: 5)
    for range: ClosedRange<UInt8> in [0x20...0xFF, 0x80...0xFF] {
      for count in [16, 20, 40, 100, 1000] {
        for _ in 0..<20 {
          let bytes = (0..<count).map { _ in UInt8.random(in: range, using: &generator) } + [0xFF]
          #expect(suggestions(bytes) == [], "\(bytes)")
        }
      }
    }
  }

  @Test func `binary files are refused`() {
    var generator = SeededGenerator(seed: 4)
    let random = (0..<3000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let samples = (0..<4000).flatMap { _ in
      let value = Int16.random(in: -3000...3000, using: &generator)
      return [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }
    let headers: [[UInt8]] = [
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52],
      [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3],
      [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0x3E, 0, 1, 0, 0, 0],
      [0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, 0x4A, 0x46, 0x49, 0x46, 0, 1], [],
    ]
    for header in headers {
      for tail in [random, samples] {
        let reason = error(header + tail)?.reason
        guard case .binary = reason else {
          Issue.record("\(String(describing: reason))")
          continue
        }
      }
    }
  }
}
