import Foundation
import TestSupport
import Testing

/// `--ngrams` of `geul train`, and `--no-ngrams` of the commands that predict.
struct NGramTests {
  /// Words that a tiny network does not learn in 20 steps, but n-grams know.
  static let text: String = {
    var random = SeededGenerator(seed: 12)
    let words = (0..<200).map { _ in
      String(
        (0..<Int.random(in: 2...7, using: &random)).map { _ in
          "abcdefghij".randomElement(using: &random) ?? "a"
        })
    }
    return (0..<5500).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
  }()

  /// A run that tests only read.
  static let run = Swift.Result { try Runs.trained(text: text) }

  private func nats(_ arguments: [String], in folder: Folder) throws -> Double {
    let result = try GeulProcess.run(
      ["evaluate", "run", "text.txt", "--fraction", "0.1", "--json"] + arguments, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    return try #require(try result.json()["nats"] as? Double)
  }

  @Test func `training reports both losses, and every command uses n-grams or the network alone`()
    throws
  {
    let folder = try Self.run.get()
    let (both, alone) = try (nats([], in: folder), nats(["--no-ngrams"], in: folder))
    #expect(both < alone - 0.3)
    #expect(try nats(["--dynamic"], in: folder) < nats(["--dynamic", "--no-ngrams"], in: folder))
    let texts = try [[], ["--no-ngrams"]].map { flags in
      let result = try GeulProcess.run(
        ["generate", "run", "--prompt", "ab", "--length", "200", "--seed", "1"] + flags, in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      return result.stdout
    }
    #expect(texts[0] != texts[1])
    let inspected = try GeulProcess.run(["inspect", "run"], in: folder).stdout
    #expect(inspected.contains("n-grams  ") && inspected.contains(" of 1 to 8 tokens, "))
    let config = try #require(folder.text("run/config.json"))
    #expect(config.contains(#""ngrams" : "auto""#) && config.contains(#""ngram_bytes" : "16M""#))
  }

  @Test func `an archive is unpacked with the predictions that packed it`() throws {
    let folder = try Folder()
    let run = try Self.run.get().file("run")
    try folder.write(String(Self.text.suffix(3000)), to: "part.txt")
    var sizes: [Int] = []
    for flags in [[], ["--no-ngrams"]] {
      let archive = flags.isEmpty ? "both.geul" : "alone.geul"
      let packed = try GeulProcess.run(
        ["compress", "part.txt", "-m", run, "--out", archive] + flags, in: folder)
      #expect(packed.status == 0, "\(packed.stderr)")
      sizes.append(try #require(folder.data(archive)).count)
      let unpacked = try GeulProcess.run(
        ["decompress", archive, "-m", run, "--out", archive + ".txt"] + flags, in: folder)
      #expect(unpacked.status == 0, "\(unpacked.stderr)")
      #expect(folder.data(archive + ".txt") == folder.data("part.txt"))
    }
    #expect(sizes[0] < sizes[1])
    try GeulProcess.run(
      ["decompress", "both.geul", "-m", run, "--no-ngrams", "--out", "x"], in: folder
    ).expectRefusal(1, naming: "both.geul", "different model", "--no-ngrams")
  }

  @Test func `--ngrams off trains the network on the whole text`() throws {
    let folder = try Runs.trained(["--ngrams", "off"], text: Self.text)
    #expect(
      try GeulProcess.run(["inspect", "run"], in: folder).stdout.contains("n-grams") == false)
    let result = try GeulProcess.run(
      ["export", "run", "--npz", "a.npz"], in: folder)
    #expect(result.status == 0 && !result.stderr.contains("n-grams"))
    let noted = try GeulProcess.run(
      ["export", Self.run.get().file("run"), "--npz", "b.npz"], in: folder)
    #expect(
      noted.stderr.contains(
        "mixes its network with n-grams; the exported file has the network alone"))
  }

  @Test(arguments: [
    (["--ngrams", "maybe"], "auto"), (["--ngram-bytes", "-1"], "--ngram-bytes"),
    (["--ngram-bytes", "1X"], "--ngram-bytes"),
  ])
  func `a wrong value is refused`(flags: [String], part: String) throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let result = try GeulProcess.run(["train", "text.txt", "--out", "run"] + flags, in: folder)
    result.expectRefusal(2, naming: part)
    #expect(!folder.exists("run"))
  }
}
