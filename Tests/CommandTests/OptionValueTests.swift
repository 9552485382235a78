import Foundation
import Testing
import TestSupport

/// Values of options: those that begin with a dash, and options that are given twice.
struct OptionValueTests {
  private static let run = Result { try Runs.trained(text: Texts.english + "- --length -\n") }

  @Test(arguments: [
    (["explain", "run", "--text", "- the moon"], "- the moon"),
    (["explain", "run", "--text=- the moon"], "- the moon"),
    (["explain", "run", "-t", "-moon"], "-moon"),
    (["generate", "run", "-n", "0", "-p", "-the king"], "-the king"),
    (["generate", "run", "-n", "0", "--prompt", "--length of the king"], "--length of the king"),
    (["generate", "run", "-n", "0", "--prompt", "--"], "--"),
    (["generate", "run", "-n", "0", "-qp", "- the king"], "- the king"),
    (["generate", "run", "-n", "0", "--prompt", "-"], "-"),
    (["generate", "run", "-n", "0", "--prompt-file", "-text.txt"], "the king"),
    (["generate", "run", "-n", "0", "-f=-text.txt"], "the king"),
    (["explain", "run", "--file", "-text.txt"], "the king"),
    (["explain", "run", "--probe", "--corpus", "-corpus.txt"], "-corpus.txt"),
    (
      ["train", "text.txt", "--out", "-new", "--dry-run", "--steps", "1", "--hidden", "16"],
      "parameters"
    ),
    (["train", "text.txt", "--validation-file", "-no.txt", "--steps", "1"], "-no.txt"),
    (["explain", "run", "--text", "moon", "--html", "-page.html"], "Wrote -page.html"),
    (["compress", "text.txt", "-m", "-model", "--out", "-packed"], "-model"),
    (["inspect", "-m", "-model"], "-model"),
    (["train", "text.txt", "--encoding", "-none", "--steps", "1"], "-none"),
  ])
  func `a text or path that begins with a dash is the value of an option`(
    arguments: [String], expected: String
  ) throws {
    let folder = try Runs.copied(Self.run)
    try folder.write("the king", to: "-text.txt")
    try folder.write(Texts.english, to: "-corpus.txt")
    let result = try GeulProcess.run(arguments, in: folder)
    #expect(result.status != 2, "\(result.stderr)")
    #expect((result.stdout + result.stderr).contains(expected), "\(result.stdout) \(result.stderr)")
  }

  @Test(arguments: [
    (["generate", "run", "--prompt", "--stop", "x"], "--prompt"),
    (["generate", "run", "-p", "-n", "5"], "-p"),
    (["generate", "run", "--prompt", "--max_tokens", "5"], "--prompt"),
    (["generate", "run", "--prompt", "--seed=5"], "--prompt"),
    (["generate", "run", "--stop", "--device", "cpu"], "--stop"),
    (["generate", "-m", "-n", "5"], "-m"), (["train", "text.txt", "--out", "--quiet"], "--out"),
    (["train", "text.txt", "--out", "--lr", "1"], "--out"),
    (["explain", "run", "--text"], "--text"), (["explain", "run", "--html", "--help"], ""),
  ])
  func `an option of the command is not the value of another option`(
    arguments: [String], option: String
  ) throws {
    let folder = try Runs.english.get()
    let result = try GeulProcess.run(arguments, in: folder)
    if option.isEmpty {
      #expect(result.status == 0 || result.status == 2)
    } else {
      result.expectRefusal(2, naming: "Missing value for '\(option)")
    }
  }

  @Test(arguments: [
    (["generate", "run", "-p", "A", "-p", "B"], ["--prompt", "-p"]),
    (["generate", "run", "--seed", "1", "--seed", "2"], ["--seed is given twice. "]),
    (["generate", "run", "--seed", "1", "--seed=1"], ["--seed"]),
    (["generate", "run", "-n", "5", "--length", "6"], ["--length", "-n"]),
    (
      ["generate", "run", "--max_tokens", "5", "--n-predict", "6"], ["--max_tokens", "--n-predict"]
    ),
    (["generate", "run", "-qs", "5", "-s", "6"], ["--seed"]),
    (["generate", "run", "-", "-f", "text.txt"], ["--prompt-file"]),
    (["generate", "run", "--prompt", "-a", "--prompt=-b"], ["--prompt"]),
    (["generate", "-m", "run", "--model", "run"], ["--model", "-m"]),
    (["train", "text.txt", "--lr", "1", "--learning-rate", "2"], ["--learning-rate", "--lr"]),
    (["train", "text.txt", "--out", "a", "--out_dir", "b"], ["--out", "--out_dir"]),
    (["resume", "run", "--steps", "1", "--steps", "2"], ["--steps"]),
    (["evaluate", "run", "text.txt", "--fraction", "1", "--fraction", "1"], ["--fraction"]),
    (["explain", "run", "--text", "a", "-t", "b"], ["--text", "-t"]),
    (["context", "run", "--corpus", "a", "--corpus", "b"], ["--corpus"]),
    (["report", "run", "--html", "a", "--html", "b"], ["--html"]),
    (["bench", "tokenize", "text.txt", "--unit", "byte", "--unit", "jamo"], ["--unit"]),
    (["compress", "text.txt", "-m", "a", "--model", "b"], ["--model", "-m"]),
    (["decompress", "text.txt", "--limit", "1", "--limit", "2"], ["--limit"]),
    (["bench", "train", "--batch", "1", "--batch_size", "2"], ["--batch", "--batch_size"]),
    (["bench", "peak", "--threads", "1", "--threads", "2"], ["--threads"]),
    (["memory", "run", "--threads", "1", "--threads", "2"], ["--threads"]),
  ])
  func `an option with one value is refused the second time`(
    arguments: [String], names: [String]
  ) throws {
    let result = try GeulProcess.run(arguments, in: Runs.english.get())
    result.expectRefusal(2, naming: "is given twice")
    for name in names { #expect(result.stderr.contains(name), "\(result.stderr)") }
  }

  /// The short and long names of each option with one value, from the help of all commands.
  private static func shortNames() throws -> [(command: [String], short: String, long: String)] {
    try HelpTests.commands.flatMap { name in
      let command = name.split(separator: " ").map(String.init)
      let help = try GeulProcess.run(command + ["--help"], in: Runs.english.get()).stdout
      return help.matches(of: /\n  (-\w), (--[a-z-]+) </).map {
        (command, String($0.1), String($0.2))
      }
    }
  }

  @Test func `each short name is known as the same option as its long name`() throws {
    let names = try Self.shortNames()
    #expect(names.count > 8, "\(names)")
    for (command, short, long) in names where long != "--stop" {
      let result = try GeulProcess.run(
        command + [short, "1", "--threads", "1", long, "1"], in: Runs.english.get())
      result.expectRefusal(2, naming: "\(long) is given twice as \(short) and \(long)")
    }
  }

  @Test func `lists and flags may be repeated`() throws {
    let folder = try Runs.english.get()
    let once = ["generate", "run", "-n", "40", "--seed", "3", "--stop", "xyz", "--quiet"]
    let twice = once + ["--stop", "xyz", "--stop=zyx", "--quiet", "-q", "--greedy", "--greedy"]
    #expect(
      try GeulProcess.run(twice, in: folder).stdout
        == GeulProcess.run(once + ["--greedy"], in: folder).stdout)
    let neurons = ["explain", "run", "--text", "moon", "--neuron", "1", "--neuron", "2"]
    #expect(try GeulProcess.run(neurons, in: folder).status == 0)
  }

  @Test func `a stop string that cannot occur is pointed out`() throws {
    let folder = try Runs.korean.get()
    let generate = ["generate", "run", "-n", "60", "--seed", "1", "--stop"]
    let result = try GeulProcess.run(generate + ["a한§"], in: folder)
    #expect(
      result.notes == [
        "--stop \"a한§\": jamo 1, a U+0061 LATIN SMALL LETTER A, is not in the model's vocabulary: this string never occurs."
      ])
    let text = try GeulProcess.run(generate + [" "], in: folder).stdout
    #expect(try GeulProcess.run(generate + ["다"], in: folder).stderr.isEmpty)
    #expect(!text.dropLast().contains(" "))
    // The stop string is decomposed, the model's text is composed.
    let whole = try GeulProcess.run(generate.dropLast(), in: folder).stdout.dropLast()
    let syllable = try #require(whole.dropFirst(9).first { ("가"..."힣").contains($0) })
    let stop = String(syllable)
    let (composed, decomposed) = try (
      GeulProcess.run(generate + [stop], in: folder),
      GeulProcess.run(generate + [stop.decomposedStringWithCanonicalMapping], in: folder)
    )
    #expect(Array(composed.output) == Array(decomposed.output))
    #expect(composed.output.count < whole.utf8.count)
  }
}
