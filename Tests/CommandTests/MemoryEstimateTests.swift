import Foundation
import GeulModel
import Testing
import TestSupport

/// The memory and the plan that `train` reports before it starts.
struct MemoryEstimateTests {
  /// Returns the estimate in the first line of a run, in bytes.
  private func estimate(_ messages: String) throws -> Double {
    let match = try #require(messages.firstMatch(of: /([0-9.]+) (MB|GB) of memory/))
    return try #require(Double(match.1)) * (match.2 == "MB" ? 1e6 : 1e9)
  }

  private static let networks =
    [
      "--hidden 16 --layers 1", "--hidden 384 --dropout 0.2", "--hidden 256 --teacher teacher",
      "--hidden 512 --batch 2 --length 8",
    ]
    + (isThorough
      ? [
        "--hidden 256 --precision float32", "--hidden 256 --cell rnn --layers 3",
        "--hidden 384 --cell gru --precision float32 --optimizer adamw",
      ] : [])

  @Test(arguments: networks)
  func `the estimated memory is within 20 % of the measured peak`(flags: String) throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.korean, count: 100), to: "text.txt")
    try folder.write(String(Texts.korean.prefix(300)), to: "other.txt")
    let command = [
      "train", "text.txt", "--out", "run", "--steps", "2", "--sample-every", "0", "--json",
      "--validation-file", "other.txt", "--ngrams", "off",
    ]
    if flags.contains("--teacher") {
      let teacher = ["train", "text.txt", "--out", "teacher", "--steps", "1", "--hidden", "384"]
      #expect(try GeulProcess.run(teacher, in: folder).status == 0)
    }
    // "Done" is printed before the JSON object, which is written last.
    let peak = try GeulProcess.peakMemory(
      of: command + flags.split(separator: " ").map(String.init), after: .message("Done in "),
      in: folder)
    let ratio = try estimate(#require(folder.text("messages"))) / Double(peak)
    #expect(0.8...1.2 ~= ratio, "\(ratio)")
  }

  @Test
  func `the memory of the n-grams is estimated for a text that is much larger than its network`()
    throws
  {
    let folder = try Folder()
    // Words in random order have about as many n-grams as prose.
    var random = SplitMix64(seed: 1)
    let words = (0..<3000).map { _ in
      String(
        (0..<Int.random(in: 2...9, using: &random)).map { _ in
          "aeionrstlu".randomElement(using: &random) ?? "e"
        })
    }
    let text = (0..<100_000).map { _ in words.randomElement(using: &random) ?? "" }
    try folder.write(text.joined(separator: " "), to: "text.txt")
    let command = [
      "train", "text.txt", "--out", "run", "--steps", "2", "--hidden", "16", "--layers", "1",
      "--batch", "1", "--length", "8", "--sample-every", "0", "--json", "--ngrams",
    ]
    func peak(_ choice: String) throws -> (estimate: Double, measured: Double) {
      let measured = try GeulProcess.peakMemory(
        of: command + [choice], after: .message("Done in "), in: folder)
      folder.remove("run")
      return (try estimate(#require(folder.text("messages"))), Double(measured))
    }
    let (with, without) = (try peak("on"), try peak("off"))
    #expect(with.measured > 1.5 * without.measured)
    #expect(0.5...2 ~= with.estimate / with.measured, "\(with)")
  }

  @Test func `a memory limit of the shell is respected`() throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.english, count: 400), to: "text.txt")
    let result = try GeulProcess.shell(
      "ulimit -v 900000; \"$geul\" train text.txt --out run --hidden 1024 --layers 4 --dropout 0.1",
      in: folder)
    result.expectRefusal(1, naming: "1.7 GB", "922 MB", "--hidden")
    #expect(!folder.exists("run"))
  }

  @Test func `a batch that exceeds the memory is named`() throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.english, count: 20_000), to: "text.txt")
    let train = ["train", "text.txt", "--batch", "4096", "--length", "4096", "--hidden", "512"]
    let result = try GeulProcess.run(train, in: folder)
    #expect(result.status == 1)
    #expect(try #require(result.notes.last).contains("Choose a smaller --batch or --length, or"))
  }

  @Test func `--dry-run prints the plan and writes no file`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let plan = [
      "train", "text.txt", "--out", "run", "--dry-run", "--hidden", "32", "--threads", "1",
    ]
    let printed = try GeulProcess.run(plan, in: folder)
    #expect(printed.status == 0, "\(printed.stderr)")
    for word in [
      "tokens ", "model ", "2 x 32 lstm", "batch ", "memory ", "speed ", "epoch ", "run ",
      "advice ",
    ] { #expect(printed.stdout.contains(word), "\(printed.stdout)") }
    let json = try GeulProcess.run(plan + ["--json", "--steps", "50"], in: folder).json()
    #expect(json["steps"] as? Int == 50 && json["hidden"] as? Int == 32)
    for key in ["chars_per_second", "seconds_per_epoch", "memory_bytes", "machine_bytes"] {
      #expect(try #require(json[key] as? Double) > 0, "\(key)")
    }
    #expect(folder.names(in: ".").filter { !$0.hasPrefix(".") } == ["text.txt"])
    // An existing run directory does not matter.
    let trained = try Runs.english.get()
    #expect(
      try GeulProcess.run(plan, in: trained).status == 0)
  }

  @Test func `a vocabulary with most of the parameters is pointed out`() throws {
    let folder = try Folder()
    let rare = (0..<8000).compactMap { Unicode.Scalar(0x4E00 + $0).map(String.init) }.joined()
    // Each rare token occurs twice, the tokens of the English text more often.
    try folder.write(rare + Texts.english + rare, to: "text.txt")
    func train(_ arguments: [String]) throws -> GeulProcess.Result {
      let result = try GeulProcess.run(
        Runs.overriding(["train", "text.txt", "--steps", "2"] + Runs.tiny + arguments), in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      return result
    }
    #expect(try train(["--out", "run"]).stderr.contains("--min-count 2"))
    let folded = try train(["--out", "folded", "--min-count", "3"])
    #expect(!folded.stderr.contains("--min-count 2"), "\(folded.stderr)")
    #expect(folded.stderr.contains("vocabulary 28;"), "\(folded.stderr)")
  }
}
