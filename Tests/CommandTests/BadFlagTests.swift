import Foundation
import Testing

/// What is wrong on the line itself: exit code 2, and nothing is touched.
struct BadFlagTests {
  private let folder: Folder
  init() throws { folder = try Runs.english.get() }

  private func expectUsage(_ arguments: [String], naming parts: String...) throws {
    let result = try GeulProcess.run(arguments, in: folder)
    result.expectRefusal(2)
    for part in parts { #expect(result.stderr.contains(part), "\(result.stderr)") }
    #expect(result.stderr.contains("--help"))
    #expect(!folder.exists("new") && !folder.exists("checkpoints"))
  }

  @Test(arguments: [
    ("--layers", "0"), ("--layers", "65"), ("--hidden", "0"), ("--hidden", "8193"),
    ("--batch", "0"), ("--batch", "-4"), ("--length", "0"), ("--length", "5000"),
    ("--epochs", "0"), ("--epochs", "-1"), ("--steps", "0"), ("--steps", "-20"),
    ("--minutes", "0"), ("--minutes", "-5"), ("--seconds", "0.1"), ("--seconds", "nan"),
    ("--learning-rate", "0"), ("--learning-rate", "-0.1"), ("--learning-rate", "11"),
    ("--learning-rate", "inf"), ("--dropout", "0.95"), ("--dropout", "-0.1"), ("--dropout", "nan"),
    ("--grad-clip", "0"), ("--grad-clip", "-1"), ("--validation", "1"), ("--validation", "-0.1"),
    ("--min-count", "0"), ("--sample-every", "-1"), ("--save-every", "0"), ("--threads", "0"),
    ("--threads", "2000"), ("--seed", "-1"),
  ])
  func `a number of train that is out of range`(flag: String, value: String) throws {
    try expectUsage(
      ["train", "text.txt", "--out", "new", flag, value], naming: flag, "must be from", " to ")
    try expectUsage(["train", "text.txt", "--out", "new", "\(flag)=\(value)"], naming: flag)
  }

  @Test(arguments: [
    ("--length", "-1"), ("-n", "-1"), ("--temperature", "-1"), ("-t", "-0.5"),
    ("--temperature", "nan"),
    ("--temperature", "inf"), ("--top-k", "-1"), ("--top-p", "0"), ("--top-p", "1.1"),
    ("--top-p", "-1"),
    ("--min-p", "-0.1"), ("--min-p", "2"), ("--repeat-penalty", "0"), ("--repeat-penalty", "-1"),
    ("--repeat-last-n", "-1"), ("--num-samples", "0"), ("--num-samples", "-3"), ("--seed", "-1"),
    ("-s", "-1"), ("--threads", "0"),
  ])
  func `a number of generate that is out of range`(flag: String, value: String) throws {
    let long = ["-n": "--length", "-t": "--temperature", "-s": "--seed"][flag] ?? flag
    try expectUsage(["generate", "run", flag, value], naming: long, "must be ", "not ")
  }

  @Test(arguments: [
    ("--fraction", "0"), ("--fraction", "1.5"), ("--fraction", "-1"), ("--threads", "0"),
  ])
  func `a number of evaluate that is out of range`(flag: String, value: String) throws {
    try expectUsage(["evaluate", "run", "text.txt", flag, value], naming: flag, "must be from")
  }

  @Test(arguments: [
    ("--steps", "0"), ("--minutes", "0"), ("--save-every", "0"), ("--threads", "-1"),
  ])
  func `a number of resume that is out of range`(flag: String, value: String) throws {
    try expectUsage(["resume", "run", flag, value], naming: flag, "must be from")
  }

  @Test(arguments: ["--layers", "--hidden", "--steps", "--epochs", "--learning-rate", "--seed"])
  func `a value that is no number`(flag: String) throws {
    for value in ["abc", "1.5.2", "", "0x", "999999999999999999999999999x"] {
      try expectUsage(
        ["train", "text.txt", "--out", "new", flag, value], naming: flag, "'\(value)'")
    }
  }

  @Test func `a number too large to be one`() throws {
    try expectUsage(
      ["train", "text.txt", "--out", "new", "--hidden", "99999999999999999999"], naming: "--hidden",
      "99999999999999999999")
  }

  @Test(arguments: [
    ("--cell", "lstm2"), ("--unit", "word"), ("--normalize", "nfx"), ("--invalid", "skip"),
    ("--precision", "float16"),
  ])
  func `a word that is none of those there are`(flag: String, value: String) throws {
    try expectUsage(
      ["train", "text.txt", "--out", "new", flag, value], naming: flag, "'\(value)'", "one of")
  }

  @Test(arguments: [
    ["--steps", "5", "--epochs", "1"], ["--minutes", "1", "--seconds", "5"],
    ["--steps", "5", "--minutes", "1"],
  ])
  func `two lengths at once`(arguments: [String]) throws {
    try expectUsage(
      ["train", "text.txt", "--out", "new"] + arguments, naming: "--steps", "--epochs", "--minutes")
    try expectUsage(["resume", "run"] + arguments, naming: "--steps", "--seconds")
  }

  @Test func `two prompts at once`() throws {
    try expectUsage(
      ["generate", "run", "--prompt", "a", "--prompt-file", "text.txt"], naming: "--prompt-file")
    try expectUsage(["generate", "run", "-", "--prompt", "a"], naming: "--prompt")
    try expectUsage(["generate", "run", "king"], naming: "Unexpected argument 'king'")
  }

  @Test(arguments: ["train", "resume", "generate", "evaluate", "inspect", "tokenize", "bench"])
  func `an unknown flag`(command: String) throws {
    try expectUsage([command, "text.txt", "--colour", "5"], naming: "'--colour'")
  }

  @Test(arguments: ["train", "resume", "generate", "evaluate", "inspect", "tokenize"])
  func `a command without what it works on`(command: String) throws {
    try expectUsage([command], naming: "Missing expected argument")
  }

  @Test func `a flag without its value`() throws {
    try expectUsage(["train", "text.txt", "--out", "new", "--layers"], naming: "--layers")
    try expectUsage(["train", "text.txt", "--layers", "--hidden", "5"], naming: "--layers")
  }

  @Test func `a near miss is guessed`() throws {
    try expectUsage(["train", "text.txt", "--hiden", "5"], naming: "'--hiden'", "'--hidden'")
  }

  @Test func `an unknown command names those there are`() throws {
    try expectUsage(["trian", "text.txt"], naming: "'trian'", "train", "generate")
  }

  @Test(arguments: [
    ("-rnn_size", "--hidden"), ("-temperature", "--temperature"), ("-seq_length", "--length"),
  ])
  func `a long name with one dash gets a hint`(given: String, meant: String) throws {
    let command =
      given == "-temperature" ? ["generate", "run"] : ["train", "text.txt", "--out", "new"]
    try expectUsage(command + [given, "5"], naming: "'\(given)'", "two dashes", meant)
  }

  @Test(arguments: ["0", "abc", "-1", "1.5"])
  func `an environment variable that is no number of threads`(value: String) throws {
    let result = try GeulProcess.run(
      ["evaluate", "run", "text.txt"], environment: ["GEUL_THREADS": value], in: folder)
    result.expectRefusal(2, naming: "GEUL_THREADS", value)
  }

  @Test func `an environment variable that names no instruction set`() throws {
    try GeulProcess.run(
      ["evaluate", "run", "text.txt"], environment: ["GEUL_ISA": "mmx"], in: folder
    ).expectRefusal(1, naming: "GEUL_ISA=mmx", "portable")
  }
}
