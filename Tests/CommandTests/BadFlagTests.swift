import Foundation
import Testing
import TestSupport

/// Errors in the command line: exit code 2, and no file is touched.
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
    ("--threads", "2000"), ("--seed", "-2"), ("--ema-decay", "1"), ("--ema-decay", "-0.1"),
  ])
  func `train refuses a number out of range`(flag: String, value: String) throws {
    try expectUsage(
      ["train", "text.txt", "--out", "new", flag, value], naming: flag, "must be from", " to ")
    try expectUsage(["train", "text.txt", "--out", "new", "\(flag)=\(value)"], naming: flag)
  }

  @Test(arguments: [
    ("--length", "-2"), ("-n", "-2"), ("--temperature", "-1"), ("-t", "-0.5"),
    ("--temperature", "nan"),
    ("--temperature", "inf"), ("--top-k", "-1"), ("--top-p", "0"), ("--top-p", "1.1"),
    ("--top-p", "-1"),
    ("--top-n-sigma", "-1"), ("--typical-p", "0"), ("--typical", "1.5"), ("--dry-multiplier", "-1"),
    ("--dry-base", "0.9"), ("--dry-allowed-length", "0"), ("--dry-last-n", "-1"),
    ("--mirostat", "1"), ("--mirostat", "3"), ("--mirostat-tau", "-1"), ("--mirostat-eta", "1.1"),
    ("--dynatemp-range", "-0.5"), ("--dynatemp-exponent", "0"),
    ("--min-p", "-0.1"), ("--min-p", "2"), ("--repeat-penalty", "0"), ("--repeat-penalty", "-1"),
    ("--presence-penalty", "2.1"), ("--presence-penalty", "-2.1"), ("--presence-penalty", "nan"),
    ("--frequency-penalty", "3"), ("--frequency-penalty", "-3"), ("--frequency-penalty", "inf"),
    ("--repeat-last-n", "-1"), ("--num-samples", "0"), ("--num-samples", "-3"), ("--seed", "-2"),
    ("-s", "-2"), ("--threads", "0"),
  ])
  func `generate refuses a number out of range`(flag: String, value: String) throws {
    let long = ["-n": "--length", "-t": "--temperature", "-s": "--seed"][flag] ?? flag
    try expectUsage(["generate", "run", flag, value], naming: long, "must be ", "not ")
  }

  @Test(arguments: [
    ("--fraction", "0"), ("--fraction", "1.5"), ("--fraction", "-1"), ("--threads", "0"),
  ])
  func `evaluate refuses a number out of range`(flag: String, value: String) throws {
    try expectUsage(["evaluate", "run", "text.txt", flag, value], naming: flag, "must be from")
  }

  @Test(arguments: [
    ("--steps", "0"), ("--minutes", "0"), ("--save-every", "0"), ("--threads", "-1"),
  ])
  func `resume refuses a number out of range`(flag: String, value: String) throws {
    try expectUsage(["resume", "run", flag, value], naming: flag, "must be from")
  }

  @Test(arguments: ["--layers", "--hidden", "--steps", "--epochs", "--learning-rate", "--seed"])
  func `a value that is not a number is named`(flag: String) throws {
    for value in ["abc", "1.5.2", "", "0x", "999999999999999999999999999x"] {
      try expectUsage(
        ["train", "text.txt", "--out", "new", flag, value], naming: flag, "'\(value)'")
    }
  }

  @Test func `a number that overflows is named`() throws {
    try expectUsage(
      ["train", "text.txt", "--out", "new", "--hidden", "99999999999999999999"], naming: "--hidden",
      "99999999999999999999")
  }

  @Test(arguments: [
    ("--cell", "lstm2"), ("--unit", "word"), ("--normalize", "nfx"), ("--invalid", "skip"),
    ("--precision", "float16"),
  ])
  func `an unknown choice is answered with the list of choices`(flag: String, value: String) throws
  {
    try expectUsage(
      ["train", "text.txt", "--out", "new", flag, value], naming: flag, "'\(value)'", "one of")
  }

  @Test(arguments: [
    ["--steps", "5", "--epochs", "1"], ["--minutes", "1", "--seconds", "5"],
    ["--steps", "5", "--minutes", "1"],
  ])
  func `two budgets are refused`(arguments: [String]) throws {
    try expectUsage(
      ["train", "text.txt", "--out", "new"] + arguments, naming: "--steps", "--epochs", "--minutes")
    try expectUsage(["resume", "run"] + arguments, naming: "--steps", "--seconds")
  }

  @Test func `two prompts are refused`() throws {
    try expectUsage(
      ["generate", "run", "--prompt", "a", "--prompt-file", "text.txt"], naming: "--prompt-file")
    try expectUsage(["generate", "run", "-", "--prompt", "a"], naming: "--prompt")
    try expectUsage(["generate", "run", "king"], naming: "Unexpected argument 'king'")
  }

  @Test(arguments: ["train", "resume", "generate", "evaluate", "inspect", "tokenize", "bench"])
  func `an unknown option is named`(command: String) throws {
    try expectUsage([command, "text.txt", "--colour", "5"], naming: "'--colour'")
  }

  @Test(arguments: ["train", "resume", "generate", "evaluate", "inspect", "tokenize"])
  func `a missing argument is named`(command: String) throws {
    try expectUsage([command], naming: "Missing expected argument")
  }

  @Test func `a missing value is named`() throws {
    try expectUsage(["train", "text.txt", "--out", "new", "--layers"], naming: "--layers")
    try expectUsage(["train", "text.txt", "--layers", "--hidden", "5"], naming: "--layers")
  }

  @Test(arguments: [
    (["train", "text.txt", "--hiden", "5"], "'--hiden'. Did you mean '--hidden'?"),
    (["train", "text.txt", "--lenght=5"], "'--lenght'. Did you mean '--length'?"),
    (["train", "text.txt", "--leng", "5"], "'--leng'. Did you mean '--length'?"),
    (["train", "text.txt", "--sample", "5"], "'--sample'. Did you mean '--sample-every'?"),
    (["generate", "run", "--samples", "5"], "'--samples'. Did you mean '--num-samples'?"),
    (["generate", "run", "--top-n", "5"], "'--top-n'. Did you mean '--top-k' or '--top-p'?"),
    (["generate", "run", "--max_token", "5"], "'--max_token'. Did you mean '--length'?"),
    (["generate", "run", "-tempereture", "5"], "'-tempereture'. Did you mean '--temperature'?"),
    (
      ["bench", "train", "--hiden", "5"], "'--hiden'. Did you mean '--hidden'? See geul bench train"
    ),
    (["memory", "--stepz", "5"], "'--stepz'. Did you mean '--steps'? See geul context --help."),
    (["train", "text.txt", "--temp", "1"], "'--temp'. It is an option of geul generate."),
    (["resume", "run", "--lr", "0.1"], "'--lr'. It is an option of geul train."),
    (["compress", "text.txt", "-m", "run", "-o", "x"], "'-o'. Did you mean '--out'?"),
    (["decompress", "text.txt", "-m", "run", "-o", "x"], "'-o'. Did you mean '--out'?"),
    (["train", "text.txt", "-o", "x"], "'-o'. Did you mean '--out'?"),
    (["train", "text.txt", "--output", "x"], "'--output'. Did you mean '--out'?"),
    (["report", "run", "-o", "x"], "'-o'. Did you mean '--html'?"),
    (["export", "run", "-o", "x"], "'-o'. Did you mean '--csv' or '--npz' or '--onnx'?"),
    (
      ["generate", "run", "-o", "x"],
      "'-o'. geul generate writes to standard output: redirect it with > FILE."
    ),
    (["train", "text.txt", "-s", "5"], "'-s'. Did you mean '--seed'?"),
    (
      ["train", "text.txt", "-E", "5"],
      "'-E'. Did you mean '--ema-decay' or '--encoding' or '--epochs'?"
    ),
    (["bench", "train", "-s", "5"], "'-s'. Did you mean '--"),
    (["trian", "text.txt"], "'trian'. Did you mean 'train'?"),
    (["contxt", "run"], "'contxt'. Did you mean 'context'?"),
  ])
  func `a misspelled name is answered with the one that was meant`(
    arguments: [String], answer: String
  ) throws {
    try expectUsage(arguments, naming: answer)
  }

  @Test(arguments: [
    ["train", "text.txt", "--colour", "5"], ["generate", "run", "--foo"], ["xyz", "text.txt"],
    ["inspect", "run", "--b"],
  ])
  func `a name that resembles no other gets no suggestion`(arguments: [String]) throws {
    let result = try GeulProcess.run(arguments, in: folder)
    result.expectRefusal(2, naming: "Unknown")
    #expect(!result.stderr.contains("Did you mean"))
  }

  @Test func `an unknown command is answered with the list of commands`() throws {
    try expectUsage(["trian", "text.txt"], naming: "'trian'", "train", "generate")
  }

  @Test(arguments: [
    ("-rnn_size", "--hidden"), ("-temperature", "--temperature"), ("-seq_length", "--length"),
  ])
  func `a long name with one dash is answered with two dashes`(given: String, meant: String) throws
  {
    let command =
      given == "-temperature" ? ["generate", "run"] : ["train", "text.txt", "--out", "new"]
    try expectUsage(command + [given, "5"], naming: "'\(given)'", "two dashes", meant)
  }

  @Test(arguments: ["0", "abc", "-1", "1.5"])
  func `an invalid GEUL_THREADS is refused`(value: String) throws {
    let result = try GeulProcess.run(
      ["evaluate", "run", "text.txt"], environment: ["GEUL_THREADS": value], in: folder)
    result.expectRefusal(2, naming: "GEUL_THREADS", value)
  }

  @Test func `an unknown GEUL_ISA is refused`() throws {
    try GeulProcess.run(
      ["evaluate", "run", "text.txt"], environment: ["GEUL_ISA": "mmx"], in: folder
    ).expectRefusal(1, naming: "GEUL_ISA=mmx", "portable")
  }
}
