import GeulText
import Testing

/// Byte-order marks, NULs, replacement characters and surrogates within a text.
struct MarkTests {
  private func read(
    _ bytes: [UInt8], unit: TokenUnit = .grapheme, encoding: String? = nil,
    invalid: InvalidBytePolicy = .error, block: Int = 1 << 18
  ) throws -> (text: String, notes: [String]) {
    var options = CorpusOptions(
      tokenizer: Tokenizer(unit: unit, normalization: .none), encoding: encoding, invalid: invalid)
    options.blockBytes = block
    let corpus = try Corpus.read([.bytes(bytes, name: "x.txt")], options: options)
    return (corpus.tokens.joined(), corpus.notes)
  }

  private func error(_ bytes: [UInt8], encoding: String? = nil, block: Int = 1 << 18) -> String? {
    #expect(throws: TextError.self) {
      try read(bytes, encoding: encoding, block: block)
    }?.description
  }

  @Test(arguments: [1, 2, 3, 5, 1 << 18])
  func `byte-order marks at the start of lines are removed and counted`(block: Int) throws {
    let text = "\u{FEFF}\u{FEFF}a\n\u{FEFF}b\r\n\u{FEFF}c\r\u{FEFF}d"
    let (read, notes) = try read(Array(text.utf8), block: block)
    #expect(scalars(read) == scalars("a\nb\r\nc\rd"))
    #expect(
      notes == [
        "x.txt: the byte-order mark was removed.",
        "x.txt: byte-order marks at the start of lines were removed: 4; joining files leaves them.",
      ])
  }

  @Test(arguments: [1, 4, 1 << 18])
  func `a zero width no-break space within a line is kept and counted`(block: Int) throws {
    let (read, notes) = try read(Array("a\u{FEFF}b\u{FEFF}\n，".utf8), block: block)
    #expect(scalars(read) == scalars("a\u{FEFF}b\u{FEFF}\n，"))
    #expect(notes == ["x.txt: U+FEFF within lines was kept as a zero width no-break space: 2."])
  }

  @Test func `byte-order marks of UTF-16 within a text are removed`() throws {
    let units = Array("\u{FEFF}a\n\u{FEFF}b\n".utf16)
    let bytes = units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let (read, notes) = try read(bytes)
    #expect(scalars(read) == scalars("a\nb\n"))
    #expect(notes.count == 2)
  }

  @Test(arguments: [1, 3, 1 << 18])
  func `NULs at the end of a source are removed and counted`(block: Int) throws {
    let count = block == 1 << 18 ? 1_000_000 : 5000
    let (read, notes) = try read(
      Array("가\n".utf8) + [UInt8](repeating: 0, count: count), block: block)
    #expect(read == "가\n")
    #expect(notes == ["x.txt: NULs at the end were removed: \(count) from byte 4 on."])
  }

  @Test func `NULs before other text are an error with the offset of the first`() {
    let zeros = [UInt8](repeating: 0, count: 600_000)
    for block in [1000, 1 << 18] {
      #expect(
        error(Array("가\n".utf8) + zeros + [0x61], block: block)
          == "x.txt: this is not text: it contains a NUL at offset 4; --unit byte reads any file.")
    }
    #expect(error([0, 0, 0])?.contains("no text in it") == true)
  }

  @Test func `NULs before other text are replaced on request`() throws {
    let zeros = [UInt8](repeating: 0, count: 300_000)
    let (read, notes) = try read([0x61] + zeros + [0x62, 0, 0], invalid: .replace)
    #expect(read.unicodeScalars.count == 300_002)
    #expect(read.unicodeScalars.last == "b")
    #expect(
      notes == [
        "x.txt: NULs at the end were removed: 2 from byte 300002 on.",
        "x.txt: invalid byte sequences replaced with U+FFFD: 300000, the first at offset 1.",
      ])
  }

  @Test func `NULs at the end of UTF-16 and CP949 are removed`() throws {
    let wide = Array("안녕하세요 여러분\n".utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    for count in [1, 2, 4096, 4097] {
      let (read, notes) = try read(wide + [UInt8](repeating: 0, count: count))
      #expect(read == "안녕하세요 여러분\n", "\(count) NULs")
      #expect(notes.last?.contains("NULs at the end were removed") == true)
    }
    let korean: [UInt8] = [0xBE, 0xC8, 0xB3, 0xE7, 0xC7, 0xCF, 0xBC, 0xBC, 0xBF, 0xE4]
    #expect(try read(korean + [UInt8](repeating: 0, count: 512)).text == "안녕하세요")
  }

  @Test func `replacement characters of the text are counted`() throws {
    #expect(
      try read(Array("a\u{FFFD}b\u{FFFD}".utf8)).notes
        == [
          "x.txt: it already contains 2 replacement characters U+FFFD: it was decoded with a wrong"
            + " encoding before."
        ])
    // Those that --invalid replace adds are not counted.
    #expect(
      try read([0x61, 0xFF, 0x62], invalid: .replace).notes
        == ["x.txt: invalid byte sequences replaced with U+FFFD: 1, the first at offset 1."])
    #expect(
      try read([0x82, 0xA0, 0xFF, 0x61], encoding: "Shift_JIS", invalid: .replace).notes.count == 1)
  }

  @Test(arguments: [1, 2, 4, 1 << 18])
  func `a lone surrogate is named`(block: Int) {
    #expect(
      error(Array("가나".utf8) + [0xED, 0xA0, 0x80] + Array("다".utf8), block: block)
        == "x.txt: the bytes 0xED 0xA0 0x80 at offset 6 are not valid UTF-8: they encode the lone surrogate"
        + " U+D800; set its encoding with --encoding, or use --invalid replace to replace invalid"
        + " bytes with U+FFFD.")
    #expect(
      error([0x61, 0xED, 0xBF, 0xBF], block: block)?.contains("lone surrogate U+DFFF") == true)
  }

  @Test func `a lone surrogate in CESU-8 is an error`() {
    let pair: [UInt8] = [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]
    for end: [UInt8] in [[0xED, 0xA0, 0x80], [0xED, 0xA0, 0x80, 0x61], [0xED, 0xB0, 0x80]] {
      #expect(
        error(pair + end, encoding: "CESU-8")
          == "x.txt: this is not text: it contains a lone surrogate of CESU-8; --unit byte reads any"
          + " file.")
    }
  }

  @Test func `the byte unit keeps all of these`() throws {
    let bytes: [UInt8] =
      Array("\u{FEFF}a\n\u{FEFF}b\u{FFFD}".utf8) + [0xED, 0xA0, 0x80, 0, 0, 0]
    let (text, notes) = try read(bytes, unit: .byte)
    #expect(text.unicodeScalars.map { UInt8($0.value) } == bytes)
    #expect(notes == [])
  }
}
