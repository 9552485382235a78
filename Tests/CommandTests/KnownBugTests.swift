import Foundation
import GeulModel
import GeulStorage
import Testing
import TestSupport

/// Regression tests for known bugs of similar programs.
///
/// Other test suites cover a full disk and a run directory that disappears (`FullDiskTests`), a
/// process killed while saving, a moved run directory, two processes in one directory, and an
/// optimizer state that is loaded but not used (`ResumeTests`: a resumed run has the same bytes).
struct KnownBugTests {
  private func tensor(_ name: String, _ folder: Folder) throws -> [Float] {
    let file = try SafetensorsFile(contentsOf: folder.file("run/latest.safetensors"))
    return try file.values(name, shape: file.tensor(name).shape)
  }

  private func generate(_ arguments: [String], in folder: Folder) throws -> GeulProcess.Result {
    let result = try GeulProcess.run(["generate", "run", "--seed", "1"] + arguments, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    return result
  }

  @Test func `resuming does not reset the bias of the forget gate`() throws {
    let folder = try Runs.trained(["--steps", "200"])
    let before = try tensor("lstm.bias_ih_l0", folder)[16..<32]
    #expect(before.contains { abs($0 - 1) > 0.02 }, "training changed it: \(before)")
    let resumed = try GeulProcess.run(
      ["resume", "run", "--steps", "201", "--sample-every", "0"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    let after = try tensor("lstm.bias_ih_l0", folder)[16..<32]
    #expect(zip(before, after).allSatisfy { abs($0 - $1) < 0.01 })
  }

  @Test func `a learning rate decay does not reset the optimizer's moments`() throws {
    let folder = try Runs.trained(["--steps", "300", "--optimizer", "adamw"])
    let before = try tensor("adam.second", folder)
    let resumed = try GeulProcess.run(
      ["resume", "run", "--steps", "301", "--sample-every", "0"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    // A moving average of squares with decay 0.99 cannot fall faster.
    let after = try tensor("adam.second", folder)
    #expect(before.contains { $0 > 0 })
    #expect(zip(before, after).allSatisfy { $1 >= 0.989 * $0 })
  }

  @Test func `a changed text is read again, not taken from a cache`()
    throws
  {
    let folder = try Runs.trained()
    try folder.write(Texts.korean, to: "text.txt")
    let train = ["train", "text.txt", "--out", "other", "--steps", "1"] + Runs.tiny
    #expect(try GeulProcess.run(train, in: folder).status == 0)
    let inspected = try GeulProcess.run(["inspect", "other"], in: folder)
    #expect(inspected.stdout.contains("다") && !inspected.stdout.contains(" e "))
  }

  @Test(arguments: ["lstm", "gru", "rnn"])
  func `every cell learns a repeated string`(cell: String) throws {
    let text = String(repeating: "abcdefgh ", count: 300)
    let folder = try Runs.trained(
      ["--cell", cell, "--steps", "300", "--learning-rate", "0.02"], text: text)
    #expect(
      try generate(["-n", "40", "--temperature", "0", "-p", "abc"], in: folder).stdout
        .hasPrefix("abcdefgh abcdefgh abcdefgh"))
  }

  @Test func `no character of the first and the last line is lost`() throws {
    let text = "Ω first\n" + Texts.english + "last Ж"
    let folder = try Runs.trained(text: text)
    let inspected = try GeulProcess.run(["inspect", "run", "--json"], in: folder)
    let vocabulary = try #require(try inspected.json()["vocabulary"] as? [String])
    #expect(Set(vocabulary) == Set(text.map(String.init)))
  }

  @Test func `characters outside the vocabulary are reported`() throws {
    let folder = try Runs.trained()
    try folder.write("the 달 moon", to: "other.txt")
    let evaluated = try GeulProcess.run(["evaluate", "run", "other.txt"], in: folder)
    #expect(
      evaluated.status == 0 && evaluated.stderr.contains("1 token is not in the model's vocabulary")
    )
    let written = try generate(["-n", "3", "-p", "달 moon"], in: folder)
    #expect(written.stdout.hasPrefix(" moon"))
    #expect(written.stderr.contains("U+B2EC HANGUL SYLLABLE DAL, is not in"))
  }

  @Test func `temperature 0 is deterministic`() throws {
    let folder = try Runs.english.get()
    let first = try generate(["-n", "30", "--temperature", "0"], in: folder).stdout
    let other = try GeulProcess.run(
      ["generate", "run", "--seed", "2", "-n", "30", "--temperature", "0"], in: folder)
    #expect(first.count == 31 && other.stdout == first)
  }

  @Test(arguments: [0, 1, 5])
  func `the length does not count the prompt`(length: Int) throws {
    let prompt = String(repeating: "the moon ", count: 20)
    let written = try generate(["-n", "\(length)", "-p", prompt], in: try Runs.english.get())
    #expect(written.stdout.hasPrefix(prompt) && written.stdout.count == prompt.count + length + 1)
  }

  @Test func `a run without validation trains, saves and generates`() throws {
    let folder = try Runs.trained(["--validation", "0"])
    #expect(try generate(["-n", "5"], in: folder).stdout.count == 6)
  }

  @Test func `memory does not grow with the length of a sample`() throws {
    let folder = try Runs.english.get()
    let peaks = try [100_000, 600_000].map { length in
      // A pipe holds 64 KiB: 70,000 bytes before its end the process is still running.
      try GeulProcess.peakMemory(
        of: ["generate", "run", "--seed", "1", "-n", "\(length)", "-q"],
        after: .output(bytes: length - 70_000), in: folder)
    }
    #expect(peaks[1] - peaks[0] < 4 << 20, "\(peaks)")
  }

  @Test(arguments: [
    ("", 1), ("a", 1), ("ab", 1), ("abc", 0), ("no newline at the end of a line", 0),
    ("\n\n\n\n\n\n\n\n\n\n\n\n", 0),
  ])
  func `a text shorter than a batch trains or is refused with a message`(
    text: String, status: Int32
  ) throws {
    let folder = try Folder()
    try folder.write(text, to: "text.txt")
    let result = try GeulProcess.run(
      ["train", "text.txt", "--out", "run", "--steps", "2", "--sample-every", "0"], in: folder)
    #expect(result.status == status, "\(result.stderr)")
    if status == 1 { result.expectRefusal(1, naming: "text.txt") }
    if status == 0 { _ = try generate(["-n", "3"], in: folder) }
  }

  @Test func `a vocabulary of more than 65,536 tokens trains`() throws {
    let folder = try Folder()
    let count: UInt32 = isThorough ? 200_000 : 70_000
    let scalars = (0x20000..<0x20000 + count).compactMap(Unicode.Scalar.init)
    try folder.write(String(String.UnicodeScalarView(scalars + scalars)), to: "text.txt")
    let train = ["train", "text.txt", "--out", "run", "--steps", "1", "--unit", "codepoint"]
    let result = try GeulProcess.run(
      Runs.overriding(train + Runs.tiny + ["--batch", "1", "--validation", "0", "-q"]),
      in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try generate(["-n", "3"], in: folder).stdout.count == 4)
  }
}
