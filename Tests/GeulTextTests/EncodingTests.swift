import GeulText
import Testing

struct EncodingTests {
  private func read(
    _ bytes: [UInt8], encoding: String? = nil, invalid: InvalidBytePolicy = .error,
    block: Int = 1 << 18
  ) throws -> Corpus {
    var options = CorpusOptions(encoding: encoding, invalid: invalid)
    options.blockBytes = block
    return try Corpus.read([.bytes(bytes, name: "x.txt")], options: options)
  }

  /// 안녕하세요 똠 in CP949; the last syllable is not in EUC-KR.
  private static let korean: [UInt8] = [
    0xBE, 0xC8, 0xB3, 0xE7, 0xC7, 0xCF, 0xBC, 0xBC, 0xBF, 0xE4, 0x20, 0x8C, 0x63,
  ]

  @Test func `a byte-order mark is removed and noted`() throws {
    let utf8 = try read([0xEF, 0xBB, 0xBF] + Array("가\u{FEFF}".utf8))
    #expect(utf8.decoded.unicodeScalars.map(\.value) == [0xAC00, 0xFEFF])
    #expect(
      utf8.notes == [
        "x.txt: the byte-order mark was removed.",
        "x.txt: U+FEFF within lines was kept as a zero width no-break space: 1.",
      ])
    #expect(utf8.byteCount == 6)
  }

  @Test(
    arguments: [
      ("UTF-16LE", [0xFF, 0xFE, 0x00, 0xAC, 0x3D, 0xD8, 0x00, 0xDE]),
      ("UTF-16BE", [0xFE, 0xFF, 0xAC, 0x00, 0xD8, 0x3D, 0xDE, 0x00]),
      ("UTF-32LE", [0xFF, 0xFE, 0, 0, 0x00, 0xAC, 0, 0, 0x00, 0xF6, 0x01, 0]),
      ("UTF-32BE", [0, 0, 0xFE, 0xFF, 0, 0, 0xAC, 0x00, 0, 0x01, 0xF6, 0x00]),
    ] as [(String, [UInt8])])
  func `UTF-16 and UTF-32 are detected by their byte-order mark`(name: String, bytes: [UInt8])
    throws
  {
    for block in [1, 3, 1 << 18] {
      let corpus = try read(bytes, block: block)
      #expect(corpus.decoded == "가😀")
      #expect(corpus.notes == ["x.txt: the \(name) byte-order mark was removed."])
    }
  }

  @Test func `CP949 is detected and noted`() throws {
    for block in [1, 2, 1 << 18] {
      let corpus = try read(Self.korean, block: block)
      #expect(corpus.decoded == "안녕하세요 똠")
      #expect(
        corpus.notes == [
          "x.txt: read as CP949 (EUC-KR), detected from its bytes; --encoding overrides it."
        ])
    }
  }

  @Test(arguments: ["euc-kr", "CP949", "uhc"])
  func `a given encoding is used without a note`(name: String) throws {
    let corpus = try read(Self.korean, encoding: name)
    #expect(corpus.decoded == "안녕하세요 똠")
    #expect(corpus.notes == [])
  }

  @Test func `other encodings are selected by name`() throws {
    #expect(try read([0x82, 0xA0], encoding: "Shift_JIS").decoded == "あ")
    #expect(try read([0xE9], encoding: "latin1").decoded == "é")
    #expect(try read([0x61, 0], encoding: "utf-16le").decoded == "a")
    #expect(try read(Array("é".utf8), encoding: "UTF-8").decoded == "é")
    #expect(try read([0x80], encoding: "windows-1252").decoded == "€")
  }

  @Test func `an unknown encoding is an error with suggestions`() {
    #expect(
      error([0x61], encoding: "euc-kx")
        == "--encoding: unknown encoding \"euc-kx\"; did you mean EUC-KR?")
    #expect(
      error([0x61], encoding: "klingon")
        == "--encoding: unknown encoding \"klingon\".")
    #expect(error([0x61], encoding: "") == "--encoding: unknown encoding \"\".")
  }

  @Test func `a single invalid byte does not change the detected encoding from UTF-8`() {
    let text = Array(String(repeating: "한국어 ", count: 20).utf8)
    #expect(
      error(text + [0xFF] + text)
        == "x.txt: the byte 0xFF at offset 200 is not valid UTF-8; set its encoding with --encoding,"
        + " or use --invalid replace to replace invalid bytes with U+FFFD.")
    #expect(
      error(Array("plain words and ".utf8) + [0xB0, 0xA1] + Array(" more of them\n".utf8))
        == "x.txt: the byte 0xB0 at offset 16 is not valid UTF-8; try --encoding CP949"
        + " (\"…s and 가 more of them…\"), or use --invalid replace to replace invalid bytes with U+FFFD."
    )
  }

  @Test func `Latin-1 is suggested but not assumed`() {
    let text = "Il \u{E9}tait une fois, \u{E0} la for\u{EA}t, un gar\u{E7}on nomm\u{E9} R\u{E9}mi. "
    let bytes = text.unicodeScalars.map { UInt8($0.value) }
    #expect(
      error(bytes)
        == "x.txt: the byte 0xE9 at offset 3 is not valid UTF-8; try --encoding ISO-8859-1"
        + " (\"Il était une fois, à…\"), or use --invalid replace to replace invalid bytes with U+FFFD."
    )
  }

  @Test func `a truncated sequence is reported completely for all block sizes`() {
    for block in [1, 2, 3, 1 << 18] {
      #expect(
        error(Array("가나".utf8) + [0xF0, 0x9F, 0x98], block: block)
          == "x.txt: the bytes 0xF0 0x9F 0x98 at offset 6 are not valid UTF-8; set its encoding with"
          + " --encoding, or use --invalid replace to replace invalid bytes with U+FFFD.")
    }
  }

  @Test func `invalid bytes in other encodings are reported with their offset`() {
    for block in [1, 1 << 18] {
      #expect(
        error(Self.korean + [0x81, 0x20], encoding: "cp949", block: block)
          == "x.txt: the byte 0x81 at offset 13 is not valid cp949; set its encoding with --encoding,"
          + " or use --invalid replace to replace invalid bytes with U+FFFD.")
    }
    for block in [1, 2, 1 << 18] {
      #expect(
        error([0xFF, 0xFE, 0x61, 0x00, 0x3D, 0xD8, 0x62, 0x00], block: block)
          == "x.txt: the bytes 0x3D 0xD8 at offset 4 are not valid UTF-16LE; set its encoding with"
          + " --encoding, or use --invalid replace to replace invalid bytes with U+FFFD.")
    }
  }

  @Test func `invalid bytes are replaced and counted on request`() throws {
    for block in [1, 2, 1 << 18] {
      let corpus = try read(
        [0x61, 0xFF, 0x62, 0xE2, 0x82, 0x63, 0x00, 0xF0], invalid: .replace, block: block)
      #expect(corpus.decoded == "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}")
      #expect(
        corpus.notes == [
          "x.txt: invalid byte sequences replaced with U+FFFD: 4, the first at offset 1."
        ])
      let korean = try read(
        Self.korean + [0x81, 0x20], encoding: "cp949", invalid: .replace, block: block)
      #expect(korean.decoded == "안녕하세요 똠\u{FFFD} ")
      #expect(
        korean.notes == [
          "x.txt: invalid byte sequences replaced with U+FFFD: 1, the first at offset 13."
        ])
    }
  }

  @Test func `the byte unit keeps all bytes, including a byte-order mark`() throws {
    let bytes: [UInt8] = [0xEF, 0xBB, 0xBF, 0x00, 0xFF, 0x0D, 0x0A]
    let options = CorpusOptions(tokenizer: Tokenizer(unit: .byte))
    let corpus = try Corpus.read([.bytes(bytes, name: "x")], options: options)
    #expect(corpus.tokens.map { UInt8($0.unicodeScalars.first?.value ?? 0) } == bytes)
    #expect(corpus.notes == [])
  }

  /// The message of the error that reading the bytes throws.
  private func error(_ bytes: [UInt8], encoding: String? = nil, block: Int = 1 << 18) -> String? {
    #expect(throws: TextError.self) {
      try read(bytes, encoding: encoding, block: block)
    }?.description
  }
}
