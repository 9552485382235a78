import Foundation
import GeulText
import Testing

struct BadInputTests {
  /// The message of the error that reading a corpus throws.
  private func error(_ sources: TextSource..., unit: TokenUnit = .grapheme) -> String? {
    #expect(throws: TextError.self) {
      try Corpus.read(sources, options: CorpusOptions(tokenizer: Tokenizer(unit: unit)))
    }?.description
  }

  @Test func `a missing file is an error`() {
    #expect(error(.path("no/such.txt")) == "no/such.txt: no such file or directory.")
    #expect(error(.path("")) == ": no such file or directory.")
  }

  @Test func `an unreadable file is an error`() throws {
    // Not even root can follow a symbolic link to itself, or read unmapped memory.
    let scratch = try Scratch()
    let loop = scratch.path + "/loop.txt"
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
    #expect(
      error(.path(loop)) == "\(loop): it cannot be read: Too many levels of symbolic links.")
    #expect(
      error(.path("/proc/self/mem")) == "/proc/self/mem: it cannot be read: Input/output error.")
  }

  @Test(.enabled(if: geteuid() != 0, "NOT TESTED: root may read all files"))
  func `a file without read permission is an error`() throws {
    let scratch = try Scratch()
    let path = try scratch.write("text", "a.txt")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(error(.path(path)) == "\(path): it cannot be read: Permission denied.")
  }

  @Test func `texts without a character are an error`() throws {
    #expect(
      error(.text("", name: "a.txt"))
        == "a.txt: there is no text in it; at least one character is needed.")
    #expect(
      error(.text("\u{FEFF}", name: "a.txt"), .text("", name: "b.txt"))
        == "a.txt, b.txt: there is no text in it; at least one character is needed.")
    #expect(
      error() == ": there is no text in it; at least one character is needed.")
    #expect(try Corpus.read([.text("a")]).count == 1)
    #expect(
      try Corpus.read([.text("", name: "a.txt"), .text("b")]).notes
        == ["a.txt: the file is empty."])
  }

  @Test func `a folder without a text file is an error`() throws {
    let scratch = try Scratch()
    try scratch.write("int main;", "main.c")
    #expect(
      error(.path(scratch.path))
        == "\(scratch.path): the directory contains no text file (*.txt, *.text, *.md, *.markdown,"
        + " *.rst, *.org, *.tex); give the paths of files.")
  }

  @Test func `binary files are an error unless the unit is a byte`() throws {
    #expect(
      error(.bytes(Array("\u{89}PNG\r\n\u{1A}\n\0\0\0\rIHDR".utf8), name: "a.png"))
        == "a.png: this is not text: it contains a NUL at offset 9; --unit byte reads any file.")
    #expect(
      error(.bytes([1, 2, 3, 4, 5, 0x61], name: "a.bin"))
        == "a.bin: this is not text: it contains too many control characters;"
        + " --unit byte reads any file.")
    let late = [UInt8](repeating: 0x61, count: 400_000) + [0, 0x62]
    #expect(
      error(.bytes(late, name: "a.txt"))
        == "a.txt: this is not text: it contains a NUL at offset 400000; --unit byte reads any file."
    )
    let options = CorpusOptions(tokenizer: Tokenizer(unit: .byte))
    #expect(try Corpus.read([.bytes(late, name: "a")], options: options).count == late.count)
  }

  @Test func `an endless sequence of combining marks is an error`() {
    let marks = String(repeating: "\u{301}", count: 9 << 20)
    #expect(
      error(.text("ab" + marks, name: "a.txt"))
        == "a.txt: a character is longer than 16777216 bytes at offset 0; --unit byte reads any file."
    )
  }

  @Test func `a minimum count that no token reaches is an error`() {
    let error = #expect(throws: TextError.self) {
      try Corpus.read([.text("abc")], options: CorpusOptions(minimumCount: 2))
    }
    #expect(
      error?.description == "text: no token occurs 2 times; use a smaller --min-count.")
  }

  @Test func `a folder that the token ids cannot be written to is an error`() {
    var options = CorpusOptions()
    options.temporaryFolder = "/no/such/folder"
    options.tokensInMemory = 2
    let error = #expect(throws: TextError.self) {
      try Corpus.read([.text("abc")], options: options)
    }
    #expect(
      error?.description == "/no/such/folder: the token ids cannot be written there:"
        + " No such file or directory; set TMPDIR to another directory.")
  }

  @Test func `errors are compared by reason and source`() {
    #expect(throws: TextError(.missing, in: "no/such.txt")) {
      try Corpus.read([.path("no/such.txt")])
    }
  }
}
