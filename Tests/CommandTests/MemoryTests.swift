import Foundation
import Testing

/// What `train` says of a run before it begins.
struct MemoryTests {
  /// The bytes that the first line of a run promises.
  private func promised(_ result: GeulProcess.Result) throws -> Double {
    let said = try #require(result.stderr.firstMatch(of: /([0-9.]+) (MB|GB) of memory/))
    return try #require(Double(said.1)) * (said.2 == "MB" ? 1e6 : 1e9)
  }

  @Test(arguments: [
    "--hidden 16 --layers 1", "--hidden 256 --precision float32", "--hidden 384 --dropout 0.2",
    "--hidden 384 --cell gru --precision float32 --optimizer adamw",
    "--hidden 256 --cell rnn --layers 3", "--hidden 512 --batch 2 --length 8",
  ])
  func `the memory that is promised is within a fifth of what is measured`(flags: String) throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.korean, count: 100), to: "text.txt")
    try folder.write(String(Texts.korean.prefix(300)), to: "other.txt")
    let command = ["train", "text.txt", "--out", "run", "--steps", "2", "--sample-every", "0"]
    let result = try GeulProcess.run(
      command + ["--validation-file", "other.txt"] + flags.split(separator: " ").map(String.init),
      in: folder)
    try #require(result.status == 0, "\(result.stderr)")
    let ratio = try promised(result) / Double(result.peakMemory)
    #expect(0.8...1.2 ~= ratio, "\(ratio)")
  }

  @Test func `a limit that the shell sets is one of this machine`() throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.english, count: 400), to: "text.txt")
    let result = try GeulProcess.shell(
      "ulimit -v 900000; \"$geul\" train text.txt --out run --hidden 1024 --layers 4 --dropout 0.1",
      in: folder)
    result.expectRefusal(1, naming: "1.7 GB", "922 MB", "--hidden")
    #expect(!folder.exists("run"))
  }

  @Test func `a batch that is too large is named`() throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.english, count: 20_000), to: "text.txt")
    let train = ["train", "text.txt", "--batch", "4096", "--length", "4096", "--hidden", "512"]
    let result = try GeulProcess.run(train, in: folder)
    #expect(result.status == 1)
    #expect(try #require(result.notes.last).contains("Choose a smaller --batch or --length, or"))
  }

  @Test func `a plan is told, and nothing else is done`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let plan = [
      "train", "text.txt", "--out", "run", "--dry-run", "--hidden", "32", "--threads", "1",
    ]
    let told = try GeulProcess.run(plan, in: folder)
    #expect(told.status == 0, "\(told.stderr)")
    for word in [
      "tokens ", "model ", "2 x 32 lstm", "batch ", "memory ", "speed ", "epoch ", "run ", "advice ",
    ] { #expect(told.stdout.contains(word), "\(told.stdout)") }
    let json = try GeulProcess.run(plan + ["--json", "--steps", "50"], in: folder).json()
    #expect(json["steps"] as? Int == 50 && json["hidden"] as? Int == 32)
    for key in ["chars_per_second", "seconds_per_epoch", "memory_bytes", "machine_bytes"] {
      #expect(try #require(json[key] as? Double) > 0, "\(key)")
    }
    #expect(folder.names(in: ".").filter { !$0.hasPrefix(".") } == ["text.txt"])
    // A run that is there already is no hindrance.
    let trained = try Runs.trained()
    #expect(
      try GeulProcess.run(["train", "text.txt", "--out", "run", "--dry-run"], in: trained).status
        == 0)
  }

  @Test func `a vocabulary that is most of the network is named`() throws {
    let folder = try Folder()
    let units = (0..<8000).compactMap { Unicode.Scalar(0x4E00 + $0).map(String.init) }
    try folder.write((units + units).joined(), to: "text.txt")
    let train = ["train", "text.txt", "--out", "run", "--steps", "2"] + Runs.tiny
    let result = try GeulProcess.run(train, in: folder)
    #expect(result.status == 0 && result.stderr.contains("--min-count 2"), "\(result.stderr)")
    let folded = try GeulProcess.run(
      ["train", "text.txt", "--out", "folded", "--min-count", "3", "--steps", "2"] + Runs.tiny,
      in: folder)
    #expect(folded.status == 1 || !folded.stderr.contains("--min-count 2"), "\(folded.stderr)")
  }
}
