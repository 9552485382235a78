import Foundation
import TestSupport
import Testing

/// The encodings of the text files of all commands.
struct TextEncodingTests {
  /// A list of names with the labels 1 and 2 in EUC-KR, encoded by Python.
  private static let list = bytes(
    """
    3209b9dabfb5c8f10a3109c0ccb5b5c7f60a3209c0d3c1f6bfec0a3109b1e8b9cec1d80a3209c1b6b9cec1d8\
    0a3109c0ccc3b6bcf60a3109c0d3b5b5c7f60a3109c0d3c1f6bfec0a3209b1e8c0bac8a30a3109c0e5bcf6be\
    c60a3209c1b6bcf6bec60a3109c0d3c0afc1f80a3109c0ccc7cfb8b00a3209c0ccb9cec1d80a3109c0d3c7cf\
    b8b00a3209c0e5c3b6bcf60a3209c0b1bab4c8c60a3209c1a4c0bac8a30a3109c3d6b9cec1d80a3209c0e5c7\
    fdbcf70a3209c0b1c0afc1f80a3109c0ccb1a4bcf60a3209b9dac5c2c0b10a3109c0b1c3b6bcf60a3109c0cc\
    c5c2c0b10a3209b0adc7fdbcf70a3209c0ccb9cec1d80a3209c0b1b9cec1d80a3109c1a4bab4c8c60a3209c1\
    b6bcd2c0b20a3109c0b1bcd2c0b20a3109c0d3b5b5c7f60a3209b1e8c7cfb8b00a3209b9dac0bac8a30a3209\
    c1b6c7fdbcf70a3109b9dabab4c8c60a3209c0e5c0e7bff80a3109c1b6c0e7bff80a3209b0adbfb5c8f10a31\
    09b9dab9cec1d80a3109b9dac0bac8a30a3109b1e8c7fdbcf70a3109c1a4c0afc1f80a3109b9dac3b6bcf60a\
    3209c0d3c5c2c0b10a3109c0e5c1f6bfec0a3209c0e5bfb5c8f10a3209c1b6bfb5c8f10a3109c0b1bfb5c8f1\
    0a3109c3d6b9cec1d80a3109c0b1bfb9c0ba0a3109b0adc1f6bfec0a3109b1e8bcf6bec60a3109b0adbcadbf\
    ac0a3109c3d6bfb5c8f10a3109c1a4bcd2c0b20a3209c0b1b5b5c7f60a3109c0b1bab4c8c60a3209c0b1c0af\
    c1f80a3109b9dab5b5c7f60a
    """)

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16) ?? 0 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  private static func utf16(_ text: String, bigEndian: Bool = false) -> [UInt8] {
    text.utf16.flatMap { unit in
      let bytes = [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
      return bigEndian ? bytes.reversed() : bytes
    }
  }

  /// The command lines that read `x.txt`, in a directory of a run.
  private static let readers: [[String]] = [
    ["train", "x.txt", "--out", "new", "--dry-run", "--hidden", "16", "--threads", "1"],
    ["resume", "run", "x.txt", "--steps", "30"],
    ["generate", "run", "-f", "x.txt"], ["generate", "run", "--prompts", "x.txt"],
    ["generate", "run", "--max-copy", "5", "--copy-corpus", "x.txt"],
    ["write", "run", "-f", "x.txt"], ["write", "run", "--output", "x.txt"],
    ["explain", "run", "-f", "x.txt"], ["explain", "run", "--probe", "--corpus", "x.txt"],
    ["evaluate", "run", "x.txt"], ["context", "run", "--corpus", "x.txt"],
    [
      "context", "--compare-cells", "x.txt", "--train-steps", "1", "--hidden", "16", "--threads",
      "1",
    ],
    ["tokenize", "x.txt"], ["novelty", "x.txt", "text.txt"], ["novelty", "text.txt", "x.txt"],
  ]

  @Test(arguments: readers)
  func `messages advise options that the command has`(arguments: [String]) throws {
    let folder = try Runs.copied()
    let help = try GeulProcess.run([arguments[0], "--help-hidden"], in: folder).stdout
    let english = Array(Texts.english.utf8)
    let polish: [UInt8] = [0x9C, 0xE6, 0xEA, 0xB3]
    for text in [
      english + [0xFF] + english, english + [0, 1, 2] + english,
      english + polish + english, Self.list, Self.utf16(Texts.korean), [0xFF, 0xFE, 0x00],
    ] {
      try folder.write(text, to: "x.txt")
      let result = try GeulProcess.run(arguments, in: folder)
      let notes = result.notes.filter { $0.contains("x.txt: ") }.joined(separator: "\n")
      for match in notes.matches(of: /--[a-z][a-z-]+/) {
        #expect(help.contains("\(match.output)"), "\(arguments): \(result.stderr)")
      }
    }
  }

  @Test(arguments: readers.filter { !["resume", "train", "tokenize"].contains($0[0]) })
  func `--encoding and --invalid apply to all text files`(arguments: [String]) throws {
    let folder = try Runs.copied()
    let text = (Texts.english + "na\u{EF}ve").unicodeScalars.map { UInt8($0.value) }
    try folder.write(text, to: "x.txt")
    let isNovelty = arguments[0] == "novelty"
    // The other text of novelty is in ASCII, so it has the same bytes.
    #expect(try GeulProcess.run(arguments, in: folder).status == 1)
    for options in [["--encoding", "latin1"], ["--invalid", "replace"]] {
      let result = try GeulProcess.run(arguments + options, in: folder)
      // The text may be too short for the command, but it is read.
      #expect(!result.stderr.contains("not valid"), "\(result.stderr)")
      #expect(isNovelty ? result.status == 0 : true, "\(result.stderr)")
      folder.remove("checkpoints")
      try folder.write(text, to: "x.txt")
    }
  }

  @Test func `a prompt of --encoding is that of UTF-8`() throws {
    let folder = try Runs.trained(text: Texts.english + "\u{EF}")
    try folder.write([0x6E, 0x61, 0xEF], to: "x.txt")
    let result = try GeulProcess.run(
      ["generate", "run", "-f", "x.txt", "--encoding", "latin1", "-n", "0", "-q"], in: folder)
    #expect(result.stdout == "na\u{EF}\n" && result.stderr.isEmpty, "\(result.stderr)")
  }

  @Test func `novelty reads a text and a corpus in other encodings`() throws {
    let folder = try Folder()
    try folder.write("na\u{EF}ve text", to: "text.txt")
    try folder.write("na\u{EF}ve text".unicodeScalars.map { UInt8($0.value) }, to: "corpus.txt")
    let arguments = ["novelty", "text.txt", "corpus.txt", "--json"]
    #expect(try GeulProcess.run(arguments, in: folder).status == 1)
    let result = try GeulProcess.run(arguments + ["--corpus-encoding", "latin1"], in: folder)
    let run = try #require(try result.json()["longest_run"] as? [String: Any])
    #expect(run["characters"] as? Int == 10)
    try GeulProcess.run(arguments + ["--corpus-encoding", "latin-x"], in: folder)
      .expectRefusal(1, naming: "--corpus-encoding: unknown encoding \"latin-x\"")
  }

  @Test func `EUC-KR and UTF-16 are detected in lists and in texts with labels`() throws {
    let folder = try Folder()
    try folder.write(Self.list, to: "euc-kr.txt")
    let utf8 = try GeulProcess.run(
      ["tokenize", "euc-kr.txt", "--encoding", "euc-kr", "--json"], in: folder)
    #expect(utf8.status == 0)
    let names = ListTests.names.enumerated().map { "\($0 % 2 + 1)\t\($1)\n" }.joined()
    try folder.write(Self.utf16(names), to: "utf-16le.txt")
    try folder.write(Self.utf16(names, bigEndian: true), to: "utf-16be.txt")
    try folder.write("a\nb\n", to: "other.txt")
    let options = ["--steps", "2", "-q"] + Runs.tiny
    for (name, encoding) in [
      ("euc-kr", "CP949 (EUC-KR)"), ("utf-16le", "UTF-16LE"), ("utf-16be", "UTF-16BE"),
    ] {
      let note =
        "\(name).txt: read as \(encoding), detected from its bytes; --encoding overrides it."
      for rules in [
        ["--lines"], ["--context-label", "line"], ["--lines", "--context-label", "line"],
        ["other.txt", "--context-label", "file"],
        ["other.txt", "--context-label", "file", "--lines"],
      ] {
        let run = Runs.overriding(["train", "\(name).txt"] + rules + options + ["--out", "run"])
        let trained = try GeulProcess.run(run, in: folder)
        #expect(trained.status == 0 && trained.notes.contains(note), "\(trained.stderr)")
        let evaluated = try GeulProcess.run(["evaluate", "run", "\(name).txt"], in: folder)
        #expect(evaluated.status == 0 && evaluated.notes.contains(note), "\(evaluated.stderr)")
        let resumed = try GeulProcess.run(["resume", "run", "--steps", "4", "-q"], in: folder)
        #expect(resumed.status == 0 && !resumed.stderr.contains("--encoding"), "\(resumed.stderr)")
        folder.remove("run")
      }
    }
  }
}
