import Foundation
import Testing
import TestSupport

/// `geul train`.
struct TrainTests {
  @Test func `a run directory contains the newest checkpoint, the best model and the metrics`()
    throws
  {
    let folder = try Runs.trained()
    let names = Set(folder.names(in: "run"))
    #expect(names.isSuperset(of: ["best.safetensors", "latest.safetensors", "metrics.jsonl"]))
    #expect(!names.contains { $0.hasSuffix(".partial") })
  }

  @Test func `each line of the metrics is a JSON object with snake_case keys`() throws {
    let folder = try Runs.trained()
    let lines = try #require(folder.text("run/metrics.jsonl")).split(separator: "\n")
    #expect(!lines.isEmpty)
    var steps: [Int] = []
    for line in lines {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let needed: Set = [
        "step", "total_steps", "epoch", "train_nats", "validation_nats", "learning_rate",
        "gradient_norm", "chars_per_second", "seconds",
      ]
      #expect(needed.isSubset(of: object.keys), "\(line)")
      steps.append(try #require(object["step"] as? Int))
    }
    #expect(steps == steps.sorted() && steps.last == 20)
  }

  @Test func `--json prints one object with the results`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let result = try GeulProcess.run(
      ["train", "text.txt", "--out", "run", "--steps", "20", "--json"] + Runs.tiny, in: folder)
    #expect(result.status == 0)
    #expect(result.stdout.split(separator: "\n").count == 1)
    let object = try result.json()
    let nats = try #require(object["validation_nats"] as? Double)
    #expect(nats > 1 && nats < 4)
    #expect(object["steps"] as? Int == 20)
    for key in ["bits_per_byte", "chars_per_second", "epochs", "seconds"] {
      #expect(try #require(object[key] as? Double) > 0)
    }
  }

  @Test func `evaluate reproduces the validation loss of the run`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let train = try GeulProcess.run(
      ["train", "text.txt", "--out", "run", "--steps", "20", "--json"] + Runs.tiny, in: folder
    ).json()
    for threads in ["1", "2"] {
      let evaluate = try GeulProcess.run(
        [
          "evaluate", "run/best.safetensors", "text.txt", "--fraction", "0.1", "--json",
          "--threads", threads,
        ], in: folder
      ).json()
      #expect(evaluate["nats"] as? Double == train["validation_nats"] as? Double)
      #expect(evaluate["bits_per_byte"] as? Double == train["bits_per_byte"] as? Double)
    }
  }

  @Test func `progress is printed as plain lines on standard error`()
    throws
  {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let result = try GeulProcess.run(
      ["train", "text.txt", "--out", "run", "--steps", "20"] + Runs.tiny, in: folder)
    #expect(result.output.isEmpty)
    #expect(result.notes.contains { $0.hasPrefix("step 20/20  train ") && $0.contains("  val ") })
    #expect(!result.stderr.contains("\u{1B}") && !result.stderr.contains("\r"))
  }

  @Test(
    arguments: [
      (120, ["train ", "val ", "chars/s", "epoch ", "ETA "], []),
      (52, ["train ", "val ", "ETA "], ["chars/s", "epoch "]),
      (20, ["step "], ["chars/s", "epoch ", "val "]),
    ] as [(UInt16, [String], [String])])
  func `progress lines fit the terminal`(
    columns: UInt16, shown: [String], dropped: [String]
  ) throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let terminal = try Terminal(columns: columns)
    let process = try GeulProcess(
      Runs.overriding(
        ["train", "text.txt", "--out", "run", "--steps", "20"] + Runs.tiny + [
          "--sample-every", "5",
        ]),
      terminal: terminal.path, in: folder)
    #expect(process.wait().status == 0)
    let shownLines = terminal.text.split { "\r\n".contains($0) || $0.isNewline }
      .map { $0.replacing(/\u{1B}\[[0-9]*[AJ]/, with: "") }
    #expect(shownLines.contains { $0.hasPrefix("█") && $0.contains(" %") })
    #expect(shownLines.contains { $0.hasPrefix("loss ") && $0.hasSuffix("▁") })
    #expect(shownLines.contains { $0.hasPrefix("| ") })
    #expect(shownLines.allSatisfy { $0.count <= columns })
    let lines = shownLines.filter { $0.hasPrefix("step ") }
    try #require(lines.count >= 20)
    for line in lines {
      #expect(line.count < columns && dropped.allSatisfy { !line.contains($0) }, "\(line)")
    }
    let last = try #require(lines.last)
    #expect(shown.allSatisfy { last.contains($0) }, "\(last)")
  }

  @Test func `a training time determines the hidden units, a number of steps does not`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    // The smallest network is enough for so little text.
    for (budget, shape) in [
      (["--seconds", "0.5"], "2 x 64 lstm"), (["--steps", "1"], "2 x 256 lstm"),
    ] {
      let result = try GeulProcess.run(
        ["train", "text.txt", "--out", "run-\(shape)", "--sample-every", "0"] + budget, in: folder)
      #expect(result.notes.contains { $0.contains(shape) }, "\(result.stderr)")
    }
  }

  @Test func `--quiet prints nothing without warnings`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let result = try GeulProcess.run(
      ["train", "text.txt", "--out", "run", "--steps", "20", "--quiet"] + Runs.tiny, in: folder)
    #expect(result.status == 0 && result.stderr.isEmpty && result.output.isEmpty)
  }

  @Test func `the model depends on the seed`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    for (run, seed) in [("a", "7"), ("b", "7"), ("c", "8")] {
      _ = try GeulProcess.run(
        Runs.overriding(
          ["train", "text.txt", "--out", run, "--steps", "5"] + Runs.tiny + ["--seed", seed]),
        in: folder)
    }
    #expect(folder.data("a/best.safetensors") == folder.data("b/best.safetensors"))
    #expect(folder.data("a/best.safetensors") != folder.data("c/best.safetensors"))
  }

  @Test func `a seed of -1 is random and printed`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    func train(_ run: String, seed: String) throws -> GeulProcess.Result {
      try GeulProcess.run(
        Runs.overriding(
          ["train", "text.txt", "--out", run, "--steps", "5"] + Runs.tiny + ["--seed", seed]),
        in: folder)
    }
    let result = try train("a", seed: "-1")
    let seed = try #require(result.stderr.firstMatch(of: /, seed ([0-9]+);/)).1
    #expect(try train("b", seed: String(seed)).status == 0)
    #expect(folder.data("a/best.safetensors") == folder.data("b/best.safetensors"))
    #expect(try train("c", seed: "-1").stderr.firstMatch(of: /, seed ([0-9]+);/)?.1 != seed)
  }

  @Test(arguments: [
    (["text.txt"], "text"), (["poems"], "poems"), (["poems/"], "poems"), (["-"], "standard-input"),
    (["letters.of.nell.txt", "text.txt"], "letters.of.nell"),
  ])
  func `the default name of a run is that of its first text`(corpus: [String], name: String) throws
  {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.file("poems"), withIntermediateDirectories: true)
    for file in ["text.txt", "poems/one.txt", "letters.of.nell.txt"] {
      try folder.write(Texts.english, to: file)
    }
    let result = try GeulProcess.run(
      ["train"] + corpus + ["--steps", "3"] + Runs.tiny, stdin: Texts.english, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(folder.names(in: "checkpoints") == [name])
  }

  @Test func `an existing directory is not changed`() throws {
    let folder = try Runs.trained()
    let before = folder.contents(of: "run")
    try GeulProcess.run(["train", "text.txt", "--out", "run"] + Runs.tiny, in: folder)
      .expectRefusal(1, naming: "run already exists", "geul resume run", "--out")
    #expect(folder.contents(of: "run") == before)
    try folder.write("notes", to: "other/notes.txt")
    try GeulProcess.run(["train", "text.txt", "--out", "other"] + Runs.tiny, in: folder)
      .expectRefusal(1, naming: "other already exists. Choose another --out")
  }

  @Test func `a directory that cannot be created is named`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    try GeulProcess.run(
      ["train", "text.txt", "--out", "text.txt/run", "--steps", "1"] + Runs.tiny, in: folder
    ).expectRefusal(1, naming: "text.txt/run: cannot be written: Not a directory.", "--out")
  }

  @Test func `a network that exceeds the memory is refused`() throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.english, count: 400), to: "text.txt")
    try GeulProcess.run(
      ["train", "text.txt", "--out", "run", "--layers", "64", "--hidden", "8192"], in: folder
    ).expectRefusal(1, naming: "parameters", "GB", "--hidden")
    #expect(!folder.exists("run"))
  }

  @Test(arguments: ["grapheme", "codepoint", "jamo", "byte"], ["float32", "bfloat16"])
  func `every token unit and precision trains, resumes and generates`(
    unit: String, precision: String
  ) throws {
    try expectWhole(["--unit", unit, "--precision", precision], Texts.korean)
  }

  @Test(arguments: ["lstm", "gru", "rnn"], ["float32", "bfloat16"])
  func `every cell and precision trains, resumes and generates`(
    cell: String, precision: String
  ) throws {
    try expectWhole(
      ["--cell", cell, "--precision", precision, "--layers", "2", "--dropout", "0.2"],
      Texts.english)
  }

  private func expectWhole(_ arguments: [String], _ text: String) throws {
    let folder = try Runs.trained(arguments, text: text)
    let resumed = try GeulProcess.run(
      ["resume", "run", "--steps", "24", "--sample-every", "0"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    #expect(resumed.stderr.contains("step 24/24"))
    let written = try GeulProcess.run(
      ["generate", "run", "-n", "40", "--seed", "1", "--prompt", String(text.prefix(3))],
      in: folder)
    #expect(written.status == 0, "\(written.stderr)")
    #expect(written.stdout.hasPrefix(text.prefix(3)) && written.stdout.count > 5)
    let evaluated = try GeulProcess.run(["evaluate", "run", "text.txt", "--json"], in: folder)
    #expect(try #require(try evaluated.json()["nats"] as? Double) > 0)
  }
}
