import Foundation
import Testing
import TestSupport

/// Texts that cannot be trained on, and unusual texts that can.
struct BadCorpusTests {
  private let folder: Folder
  init() throws { folder = try Folder() }

  private func train(_ arguments: [String], stdin: String? = nil) throws -> GeulProcess.Result {
    try GeulProcess.run(
      Runs.overriding(["train", "--out", "run", "--steps", "3"] + Runs.tiny + arguments),
      stdin: stdin, in: folder)
  }

  /// Expects that training, generation and evaluation succeed.
  private func expectWorks(_ arguments: [String] = ["text.txt"]) throws -> GeulProcess.Result {
    let trained = try train(arguments)
    #expect(trained.status == 0, "\(trained.stderr)")
    let written = try GeulProcess.run(["generate", "run", "-n", "9", "--seed", "1"], in: folder)
    #expect(written.status == 0 && !written.stdout.isEmpty, "\(written.stderr)")
    let scored = try GeulProcess.run(["evaluate", "run", arguments[0], "--json"], in: folder)
    #expect(scored.status == 0, "\(scored.stderr)")
    return trained
  }

  @Test func `a missing text is named`() throws {
    try train(["nothing.txt"]).expectRefusal(1, naming: "nothing.txt", "no such file or directory")
    #expect(!folder.exists("run"))
  }

  @Test func `a missing text among others is named`() throws {
    try folder.write(Texts.english, to: "text.txt")
    try train(["text.txt", "nothing.txt"]).expectRefusal(1, naming: "nothing.txt")
    #expect(!folder.exists("run"))
  }

  @Test func `an empty text is refused`() throws {
    try folder.write("", to: "text.txt")
    try train(["text.txt"]).expectRefusal(1, naming: "text.txt", "no text in it")
    try train(["-"], stdin: "").expectRefusal(1, naming: "standard input", "no text in it")
    try folder.write("\u{FEFF}", to: "text.txt")
    let marked = try train(["text.txt"])
    #expect(marked.status == 1 && marked.notes.last?.contains("no text in it") == true)
    #expect(!folder.exists("run"))
  }

  @Test(arguments: ["a", "한", "👩‍👩‍👧"])
  func `a text of one character is refused`(text: String) throws {
    try folder.write(text, to: "text.txt")
    try train(["text.txt"]).expectRefusal(1, naming: "text.txt", "1 token ", "at least 3")
    #expect(!folder.exists("run"))
  }

  @Test func `a text of two tokens is refused`() throws {
    try folder.write("ab", to: "text.txt")
    try train(["text.txt"]).expectRefusal(1, naming: "text.txt", "2 tokens ", "at least 3")
  }

  @Test(arguments: ["aba", "abcd", "aaaa", "abababababa"])
  func `a text of a few tokens works`(text: String) throws {
    try folder.write(text, to: "text.txt")
    _ = try expectWorks()
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func `a text without read permission is refused`() throws {
    try folder.write(Texts.english, to: "text.txt")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0], ofItemAtPath: folder.file("text.txt"))
    try train(["text.txt"]).expectRefusal(1, naming: "text.txt", "cannot be read")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/mem")))
  func `a text that fails to be read is refused`() throws {
    try train(["/proc/self/mem"]).expectRefusal(1, naming: "/proc/self/mem", "cannot be read")
  }

  @Test func `a directory without text files is refused`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("pictures"), withIntermediateDirectories: true)
    try train(["pictures"]).expectRefusal(1, naming: "pictures", "no text file", "*.txt")
    try folder.write("no text", to: "pictures/a.png")
    try train(["pictures"]).expectRefusal(1, naming: "pictures", "no text file", "*.txt")
  }

  @Test func `a binary file is refused, except with --unit byte`() throws {
    try folder.write(Array("text".utf8) + [0, 1, 2, 3] + Array("more".utf8), to: "text.bin")
    try train(["text.bin"]).expectRefusal(
      1, naming: "text.bin", "not text", "at offset 4", "--unit byte")
    #expect(try train(["text.bin", "--unit", "byte"]).status == 0)
  }

  @Test func `invalid UTF-8 is refused, except with --invalid replace`() throws {
    let bytes = Array("안녕 여러분, ".utf8) + [0xFF] + Array(Texts.korean.utf8)
    try folder.write(bytes, to: "text.txt")
    try train(["text.txt"]).expectRefusal(
      1, naming: "text.txt", "FF", "at offset \(Array("안녕 여러분, ".utf8).count)", "UTF-8",
      "--encoding",
      "--invalid replace")
    #expect(!folder.exists("run"))
    let replaced = try train(["text.txt", "--invalid", "replace"])
    #expect(replaced.status == 0 && replaced.stderr.contains("U+FFFD"))
  }

  @Test func `an unknown encoding is named`() throws {
    try folder.write(Texts.english, to: "text.txt")
    try train(["text.txt", "--encoding", "euc-kx"]).expectRefusal(1, naming: "euc-kx")
  }

  @Test func `a text shorter than a batch works, with a note`() throws {
    try folder.write("the king said: no.\n", to: "text.txt")
    let result = try expectWorks(["text.txt", "--batch", "64", "--length", "64"])
    #expect(result.stderr.contains("The text is small: "))
  }

  @Test func `a text with one repeated character works`() throws {
    try folder.write(String(repeating: "a", count: 3000), to: "text.txt")
    _ = try expectWorks()
    for temperature in ["0", "1"] {
      let result = try GeulProcess.run(
        ["generate", "run", "-n", "5", "--seed", "1", "--temperature", temperature], in: folder)
      #expect(result.stdout == "aaaaa\n")
    }
  }

  @Test func `a text without line breaks works`() throws {
    try folder.write("the king and the fox ".repeated(200), to: "text.txt")
    _ = try expectWorks()
  }

  @Test func `a text with CRLF line breaks and a byte-order mark works`() throws {
    try folder.write("\u{FEFF}" + "the king\r\nand the fox\r\n".repeated(100), to: "text.txt")
    let result = try expectWorks()
    #expect(result.stderr.contains("byte-order mark"))
  }

  @Test func `--min-count can reduce the vocabulary to one token`() throws {
    try folder.write("a".repeated(500) + "bcdefg", to: "text.txt")
    _ = try expectWorks(["text.txt", "--min-count", "3"])
    let result = try GeulProcess.run(["generate", "run", "-n", "9", "--seed", "1"], in: folder)
    #expect(result.stdout == "aaaaaaaaa\n", "the unknown token is never generated")
    folder.remove("run")
    try train(["text.txt", "--min-count", "1000"]).expectRefusal(
      1, naming: "text.txt", "1000", "--min-count")
  }

  @Test func `training without validation works`() throws {
    try folder.write(Texts.english, to: "text.txt")
    let result = try expectWorks(["text.txt", "--validation", "0", "--json"])
    let object = try result.json()
    #expect(object["validation_nats"] is NSNull && object["bits_per_byte"] is NSNull)
    #expect(object["steps"] as? Int == 3)
    #expect(folder.exists("run/best.safetensors"))
  }

  @Test func `a separate validation text is scored`() throws {
    try folder.write(Texts.english, to: "text.txt")
    try folder.write("the king 한 said: no.\n", to: "other.txt")
    let result = try expectWorks(["text.txt", "--validation-file", "other.txt", "--json"])
    let nats = try #require(try result.json()["validation_nats"] as? Double)
    let scored = try GeulProcess.run(["evaluate", "run", "other.txt", "--json"], in: folder)
    #expect(try scored.json()["nats"] as? Double == nats)
  }

  @Test func `a validation text that cannot be scored is refused`() throws {
    try folder.write(Texts.english, to: "text.txt")
    for text in ["k", "한글", "k한글", "k한i"] {
      try folder.write(text, to: "other.txt")
      let result = try train(["text.txt", "--validation-file", "other.txt"])
      #expect(result.status == 1)
      #expect(try #require(result.notes.last).hasPrefix("geul: other.txt: "))
      #expect(!folder.exists("run"))
    }
    try train(["text.txt", "--validation-file", "nothing.txt"]).expectRefusal(
      1, naming: "nothing.txt")
  }

  @Test func `two kilobytes of text train with the defaults`() throws {
    try folder.write(String(Texts.english.prefix(2000)), to: "text.txt")
    let result = try GeulProcess.run(["train", "text.txt", "--steps", "3"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(folder.exists("checkpoints/text/best.safetensors"))
    // Samples may contain any letters.
    let messages = result.notes.filter { !$0.hasPrefix("  | ") }
    #expect(messages.allSatisfy { !$0.contains("inf") && !$0.contains("nan") })
  }

  @Test func `a diverging loss does not stop the run`() throws {
    try folder.write(Texts.english, to: "text.txt")
    let diverging = ["--learning-rate", "10", "--grad-clip", "1000000"]
    let result = try expectWorks(["text.txt"] + diverging)
    #expect(!result.stderr.contains("nan"))
  }

  @Test func `a vocabulary of 20,000 characters works`() throws {
    let scalars = (0x4E00..<0x4E00 + 20_000).compactMap { Unicode.Scalar($0).map(Character.init) }
    try folder.write(String(scalars), to: "text.txt")
    _ = try expectWorks(["text.txt"])
  }
}

extension String {
  fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
