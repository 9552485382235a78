import GeulText
import Testing

@Suite("Encodings")
struct EncodingTests {
  private func read(
    _ bytes: [UInt8], encoding: String? = nil, invalid: InvalidBytePolicy = .error,
    block: Int = 1 << 18
  ) throws -> Corpus {
    var options = CorpusOptions(encoding: encoding, invalid: invalid)
    options.blockBytes = block
    return try Corpus.read([.bytes(bytes, name: "x.txt")], options: options)
  }

  /// 안녕하세요 똠, the last syllable one of those that Windows added to EUC-KR.
  private static let korean: [UInt8] = [
    0xBE, 0xC8, 0xB3, 0xE7, 0xC7, 0xCF, 0xBC, 0xBC, 0xBF, 0xE4, 0x20, 0x8C, 0x63,
  ]

  @Test("a byte-order mark is dropped, and said so")
  func marks() throws {
    let utf8 = try read([0xEF, 0xBB, 0xBF] + Array("가\u{FEFF}".utf8))
    #expect(utf8.decoded.unicodeScalars.map(\.value) == [0xAC00, 0xFEFF])
    #expect(utf8.notes == ["x.txt: the byte-order mark at its beginning was dropped."])
    #expect(utf8.byteCount == 6)
  }

  @Test(
    "UTF-16 and UTF-32 are known by their mark",
    arguments: [
      ("UTF-16LE", [0xFF, 0xFE, 0x00, 0xAC, 0x3D, 0xD8, 0x00, 0xDE]),
      ("UTF-16BE", [0xFE, 0xFF, 0xAC, 0x00, 0xD8, 0x3D, 0xDE, 0x00]),
      ("UTF-32LE", [0xFF, 0xFE, 0, 0, 0x00, 0xAC, 0, 0, 0x00, 0xF6, 0x01, 0]),
      ("UTF-32BE", [0, 0, 0xFE, 0xFF, 0, 0, 0xAC, 0x00, 0, 0x01, 0xF6, 0x00]),
    ] as [(String, [UInt8])])
  func wide(name: String, bytes: [UInt8]) throws {
    for block in [1, 3, 1 << 18] {
      let corpus = try read(bytes, block: block)
      #expect(corpus.decoded == "가😀")
      #expect(corpus.notes == ["x.txt: the \(name) byte-order mark at its beginning was dropped."])
    }
  }

  @Test("CP949 is found out, and said so")
  func korean() throws {
    for block in [1, 2, 1 << 18] {
      let corpus = try read(Self.korean, block: block)
      #expect(corpus.decoded == "안녕하세요 똠")
      #expect(
        corpus.notes == [
          "x.txt: read as CP949 (EUC-KR), found out from its bytes; --encoding decides."
        ])
    }
  }

  @Test("a named encoding is used without a word", arguments: ["euc-kr", "CP949", "uhc"])
  func named(name: String) throws {
    let corpus = try read(Self.korean, encoding: name)
    #expect(corpus.decoded == "안녕하세요 똠")
    #expect(corpus.notes == [])
  }

  @Test("other encodings go by their names")
  func others() throws {
    #expect(try read([0x82, 0xA0], encoding: "Shift_JIS").decoded == "あ")
    #expect(try read([0xE9], encoding: "latin1").decoded == "é")
    #expect(try read([0x61, 0], encoding: "utf-16le").decoded == "a")
    #expect(try read(Array("é".utf8), encoding: "UTF-8").decoded == "é")
    #expect(try read([0x80], encoding: "windows-1252").decoded == "€")
  }

  @Test("an unknown name is refused with names that are near")
  func unknown() {
    #expect(
      refusal([0x61], encoding: "euc-kx")
        == "--encoding: there is no encoding named \"euc-kx\"; did you mean EUC-KR?")
    #expect(
      refusal([0x61], encoding: "klingon")
        == "--encoding: there is no encoding named \"klingon\".")
    #expect(refusal([0x61], encoding: "") == "--encoding: there is no encoding named \"\".")
  }

  @Test("one wrong byte does not turn UTF-8 into something else")
  func damaged() {
    let text = Array(String(repeating: "한국어 ", count: 20).utf8)
    #expect(
      refusal(text + [0xFF] + text)
        == "x.txt: the byte FF at byte 200 is not valid UTF-8; give its encoding with --encoding,"
        + " or put U+FFFD there with --invalid replace.")
    #expect(
      refusal(Array("plain words and ".utf8) + [0xB0, 0xA1] + Array(" more of them\n".utf8))
        == "x.txt: the byte B0 at byte 16 is not valid UTF-8; try --encoding ISO-8859-1,"
        + " or put U+FFFD there with --invalid replace.")
  }

  @Test("Latin-1 is not assumed but proposed")
  func latin() {
    let text = "Il \u{E9}tait une fois, \u{E0} la for\u{EA}t, un gar\u{E7}on nomm\u{E9} R\u{E9}mi. "
    let bytes = text.unicodeScalars.map { UInt8($0.value) }
    #expect(
      refusal(bytes)
        == "x.txt: the byte E9 at byte 3 is not valid UTF-8; try --encoding ISO-8859-1,"
        + " or put U+FFFD there with --invalid replace.")
  }

  @Test("a sequence that is cut off is named whole, wherever the blocks end")
  func cutOff() {
    for block in [1, 2, 3, 1 << 18] {
      #expect(
        refusal(Array("가나".utf8) + [0xF0, 0x9F, 0x98], block: block)
          == "x.txt: the bytes F0 9F 98 at byte 6 are not valid UTF-8; give its encoding with"
          + " --encoding, or put U+FFFD there with --invalid replace.")
    }
  }

  @Test("faults in other encodings are named with their place")
  func faultyOthers() {
    for block in [1, 1 << 18] {
      #expect(
        refusal(Self.korean + [0x81, 0x20], encoding: "cp949", block: block)
          == "x.txt: the byte 81 at byte 13 is not valid cp949; give its encoding with --encoding,"
          + " or put U+FFFD there with --invalid replace.")
    }
    for block in [1, 2, 1 << 18] {
      #expect(
        refusal([0xFF, 0xFE, 0x61, 0x00, 0x3D, 0xD8, 0x62, 0x00], block: block)
          == "x.txt: the bytes 3D D8 at byte 4 are not valid UTF-16LE; give its encoding with"
          + " --encoding, or put U+FFFD there with --invalid replace.")
    }
  }

  @Test("invalid bytes are replaced where the user says so, and counted")
  func replaced() throws {
    for block in [1, 2, 1 << 18] {
      let corpus = try read(
        [0x61, 0xFF, 0x62, 0xE2, 0x82, 0x63, 0x00, 0xF0], invalid: .replace, block: block)
      #expect(corpus.decoded == "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}")
      #expect(
        corpus.notes == ["x.txt: invalid sequences replaced by U+FFFD: 4, the first at byte 1."])
      let korean = try read(
        Self.korean + [0x81, 0x20], encoding: "cp949", invalid: .replace, block: block)
      #expect(korean.decoded == "안녕하세요 똠\u{FFFD} ")
      #expect(
        korean.notes == ["x.txt: invalid sequences replaced by U+FFFD: 1, the first at byte 13."])
    }
  }

  @Test("bytes as units are taken as they stand, mark and all")
  func raw() throws {
    let bytes: [UInt8] = [0xEF, 0xBB, 0xBF, 0x00, 0xFF, 0x0D, 0x0A]
    let options = CorpusOptions(tokenizer: Tokenizer(unit: .byte))
    let corpus = try Corpus.read([.bytes(bytes, name: "x")], options: options)
    #expect(corpus.units.map { UInt8($0.unicodeScalars.first?.value ?? 0) } == bytes)
    #expect(corpus.notes == [])
  }

  private func refusal(_ bytes: [UInt8], encoding: String? = nil, block: Int = 1 << 18) -> String? {
    #expect(throws: TextError.self) {
      try read(bytes, encoding: encoding, block: block)
    }?.description
  }
}
