import Foundation
import GeulText
import Testing

@Suite("Bad input, one sentence each")
struct BadInputTests {
  private func refusal(_ sources: TextSource..., unit: TokenUnit = .grapheme) -> String? {
    #expect(throws: TextError.self) {
      try Corpus.read(sources, options: CorpusOptions(tokenizer: Tokenizer(unit: unit)))
    }?.description
  }

  @Test("a file that is missing")
  func missing() {
    #expect(refusal(.path("no/such.txt")) == "no/such.txt: there is no such file or folder.")
    #expect(refusal(.path("")) == ": there is no such file or folder.")
  }

  @Test("a file that cannot be read")
  func unreadable() throws {
    // Even for the administrator a link to itself cannot be followed, and this memory has nothing
    // at its beginning.
    let scratch = try Scratch()
    let loop = scratch.path + "/loop.txt"
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
    #expect(
      refusal(.path(loop)) == "\(loop): it cannot be read (Too many levels of symbolic links).")
    #expect(
      refusal(.path("/proc/self/mem")) == "/proc/self/mem: it cannot be read (Input/output error).")
  }

  @Test(
    "a file without permission",
    .enabled(if: geteuid() != 0, "NOT TESTED: the administrator may read everything"))
  func forbidden() throws {
    let scratch = try Scratch()
    let path = try scratch.write("text", "a.txt")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(refusal(.path(path)) == "\(path): it cannot be read (Permission denied).")
  }

  @Test("texts without a character")
  func empty() throws {
    #expect(
      refusal(.text("", name: "a.txt"))
        == "a.txt: there is no text in it; at least one character is needed.")
    #expect(
      refusal(.text("\u{FEFF}", name: "a.txt"), .text("", name: "b.txt"))
        == "a.txt, b.txt: there is no text in it; at least one character is needed.")
    #expect(
      refusal() == ": there is no text in it; at least one character is needed.")
    #expect(try Corpus.read([.text("a")]).count == 1)
    #expect(
      try Corpus.read([.text("", name: "a.txt"), .text("b")]).notes
        == ["a.txt: the file is empty."])
  }

  @Test("a folder without a text")
  func folderWithoutText() throws {
    let scratch = try Scratch()
    try scratch.write("int main;", "main.c")
    #expect(
      refusal(.path(scratch.path))
        == "\(scratch.path): the folder holds no text file (*.txt, *.text, *.md, *.markdown, *.rst,"
        + " *.org, *.tex); name the files one by one.")
  }

  @Test("files that are no text")
  func binary() throws {
    #expect(
      refusal(.bytes(Array("\u{89}PNG\r\n\u{1A}\n\0\0\0\rIHDR".utf8), name: "a.png"))
        == "a.png: this is not text: it holds a NUL at byte 9; --unit byte takes any file.")
    #expect(
      refusal(.bytes([1, 2, 3, 4, 5, 0x61], name: "a.bin"))
        == "a.bin: this is not text: it is full of control characters;"
        + " --unit byte takes any file.")
    #expect(
      refusal(.bytes([0x61, 0, 0x62, 0, 0x63, 0, 0x64, 0], name: "a.txt"))
        == "a.txt: this is not text: it holds a NUL (if it is UTF-16LE, say --encoding UTF-16LE)"
        + " at byte 1; --unit byte takes any file.")
    let late = [UInt8](repeating: 0x61, count: 400_000) + [0, 0x62]
    #expect(
      refusal(.bytes(late, name: "a.txt"))
        == "a.txt: this is not text: it holds a NUL at byte 400000; --unit byte takes any file.")
    let options = CorpusOptions(tokenizer: Tokenizer(unit: .byte))
    #expect(try Corpus.read([.bytes(late, name: "a")], options: options).count == late.count)
  }

  @Test("a character that never ends")
  func endless() {
    let marks = String(repeating: "\u{301}", count: 9 << 20)
    let error = refusal(.text("ab" + marks, name: "a.txt"))
    #expect(
      error == "a.txt: not one character ends within 16777216 bytes at byte 0;"
        + " --unit byte takes any file.")
  }

  @Test("a minimum count that nothing reaches")
  func nothingFrequent() {
    let error = #expect(throws: TextError.self) {
      try Corpus.read([.text("abc")], options: CorpusOptions(minimumCount: 2))
    }
    #expect(
      error?.description == "text: no unit occurs 2 times; take a smaller --min-count.")
  }

  @Test("a place for the ids that cannot be written")
  func disk() {
    var options = CorpusOptions()
    options.temporaryFolder = "/no/such/folder"
    let error = #expect(throws: TextError.self) {
      try Corpus.read([.text("abc")], options: options)
    }
    #expect(
      error?.description == "/no/such/folder: the token ids cannot be written there"
        + " (No such file or directory); TMPDIR may name another folder.")
  }

  @Test("errors can be compared")
  func comparable() {
    #expect(throws: TextError(.missing, in: "no/such.txt")) {
      try Corpus.read([.path("no/such.txt")])
    }
  }
}
