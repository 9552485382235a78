import Foundation
import Testing
import TestSupport

/// The paths that are suggested for one that does not exist.
struct NearestPathTests {
  private let folder: Folder
  init() throws {
    folder = try Folder()
    for name in ["letters.txt", "texts/chapter1.txt", "texts/chapter2.txt", "texts/.chapter3.txt"] {
      try folder.write(Texts.english, to: name)
    }
  }

  /// Returns the last note of a command that exits with code 1.
  private func error(_ arguments: String...) throws -> String {
    let result = try GeulProcess.run(arguments, in: folder)
    #expect(result.status == 1 && result.output.isEmpty)
    return try #require(result.notes.last)
  }

  @Test(arguments: [
    ("leters.txt", " Did you mean letters.txt?"),
    ("lettesr.txt", " Did you mean letters.txt?"),
    ("letters", " Did you mean letters.txt?"),
    ("letters.md", " Did you mean letters.txt?"),
    ("text/chapter1.txt", " Did you mean texts/chapter1.txt?"),
    ("text/chapter1", " Did you mean texts/chapter1.txt?"),
    ("texts/chapter.txt", " Did you mean texts/chapter1.txt or texts/chapter2.txt?"),
    ("texts/chapter3.txt", " Did you mean texts/chapter1.txt or texts/chapter2.txt?"),
    ("nothing.txt", ""), ("nowhere/chapter1.txt", ""), ("letters.txt/a", ""), ("", ""),
  ])
  func `a missing text is answered with the nearest paths`(path: String, words: String) throws {
    for command in [["train", path], ["tokenize", path]] {
      let result = try GeulProcess.run(command, in: folder)
      #expect(result.status == 1)
      #expect(result.notes == ["geul: \(path): no such file or directory.\(words)"])
    }
  }

  @Test func `an absolute path is corrected`() throws {
    let path = folder.file("texts/chaptr1.txt")
    #expect(
      try error("tokenize", path).hasSuffix(" Did you mean \(folder.file("texts/chapter1.txt"))?"))
  }

  @Test func `texts of options, archives and run directories are corrected`() throws {
    let trained = try Runs.trained()
    try trained.write("text", to: "prompt.txt")
    for (arguments, words) in [
      (["train", "text.txt", "--validation-file", "prompt.tx"], "Did you mean prompt.txt?"),
      (["generate", "run", "--prompt-file", "promt.txt"], "Did you mean prompt.txt?"),
      (["generate", "runn"], "Did you mean run?"),
      (["compress", "prompt", "-m", "run"], "Did you mean prompt.txt?"),
      (["report", "rnu"], "Did you mean run?"),
      (["resume", "rnu"], "no such directory. Did you mean run?"),
      (["resume", "run", "tex.txt", "--steps", "30"], "Did you mean text.txt?"),
    ] {
      try GeulProcess.run(arguments, in: trained).expectRefusal(1, naming: words)
    }
    try GeulProcess.run(["resume", "nowhere"], in: trained)
      .expectRefusal(1, naming: "nowhere: no such directory. Give a run directory")
  }

  @Test func `only models are suggested for a model, and directories for a run`() throws {
    let trained = try Runs.trained()
    for name in ["p.names.html", "names.html", "rum", "run.log"] { try trained.write("", to: name) }
    try trained.write(try #require(trained.data("run/best.safetensors")), to: "name.safetensors")
    for (arguments, words) in [
      (["generate", "p.names"], "p.names: no such model. Models in"),
      (["generate", "names.safetensor"], "Did you mean name.safetensors?"),
      (["generate", "ru"], "Did you mean run?"), (["resume", "ru"], "Did you mean run?"),
      (["report", "run.lo"], "run.lo: no such directory. "),
    ] {
      let result = try GeulProcess.run(arguments, in: trained)
      result.expectRefusal(1, naming: words)
      #expect(!result.stderr.contains("html") && !result.stderr.contains("run.log"))
    }
  }

  @Test func `at most three paths are suggested, and a large directory takes no time`() throws {
    for index in 0..<3000 { try folder.write("", to: "many/part\(index + 10_000).txt") }
    let start = Date()
    let note = try error("tokenize", "many/part1x0000.txt")
    #expect(note.hasSuffix(" Did you mean many/part10000.txt?"))
    #expect(
      try error("tokenize", "many/part1000x.txt").hasSuffix(
        " Did you mean many/part10000.txt or many/part10001.txt or many/part10002.txt?"))
    #expect(Date().timeIntervalSince(start) < 10)
  }
}
