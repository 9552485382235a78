import Foundation
import TestSupport
import Testing

/// `geul train --context-label` and `geul generate --label`.
struct LabelTests {
  private static let options = [
    "--hidden", "32", "--layers", "1", "--batch", "8", "--length", "16", "--threads", "1",
    "--precision", "float32", "--seed", "1", "--sample-every", "0",
  ]

  private static func train(
    _ arguments: [String], steps: Int = 400, in folder: Folder
  ) throws -> GeulProcess.Result {
    try GeulProcess.run(
      ["train"] + arguments + ["--out", "run", "--steps", "\(steps)"] + options, in: folder)
  }

  /// Two files in the same letters: one has only words of a and b, the other of c and d, one word a line.
  private static func writeFiles(in folder: Folder) throws {
    var random = SeededGenerator(seed: 4)
    for (name, letters) in [("austen", "ab"), ("dickens", "cd")] {
      let lines = (0..<400).map { _ in
        String((0..<6).map { _ in letters.randomElement(using: &random) ?? "a" })
      }
      try folder.write(lines.joined(separator: "\n") + "\n", to: "\(name).txt")
    }
  }

  static let files = Result {
    let folder = try Folder()
    try writeFiles(in: folder)
    let result = try train(
      ["austen.txt", "dickens.txt", "--context-label", "file"], in: folder)
    try #require(result.status == 0, "\(result.stderr)")
    return folder
  }

  private static func generate(
    _ arguments: [String], in folder: Folder
  ) throws -> GeulProcess.Result {
    try GeulProcess.run(["generate", "run", "--seed", "1"] + arguments, in: folder)
  }

  @Test(arguments: [("austen", "ab"), ("dickens", "cd")])
  func `a text has the label's letters, in all its lines`(label: String, letters: String) throws {
    let folder = try Self.files.get()
    let result = try Self.generate(["--label", label, "-n", "400"], in: folder)
    #expect(result.status == 0 && result.stderr.isEmpty, "\(result.stderr)")
    let lines = result.stdout.split(separator: "\n")
    #expect(lines.count > 40)
    let own = lines.count { line in line.allSatisfy(letters.contains) }
    #expect(own * 20 > lines.count * 19, "\(own) of \(lines.count) lines")
    // After a prompt, and as single lines, too.
    let other = try Self.generate(
      ["--label", label, "--lines", "40", "--prompt", letters.prefix(1) + ""], in: folder)
    let words = other.stdout.split(separator: "\n")
    #expect(words.count == 40 && words.count { $0.allSatisfy(letters.contains) } >= 38)
    let batch = try Self.generate(
      ["--label", label, "--num-samples", "4", "-n", "50", "--format", "jsonl"], in: folder)
    #expect(batch.status == 0 && batch.stdout.split(separator: "\n").count == 4)
  }

  @Test func `without a label all kinds of lines are written, and the labels are named`() throws {
    let folder = try Self.files.get()
    let result = try Self.generate(["--lines", "100"], in: folder)
    #expect(
      result.notes == [
        "Generating without a label. --label chooses one: austen, dickens."
      ])
    let lines = result.stdout.split(separator: "\n")
    #expect(lines.contains { $0.allSatisfy("ab".contains) })
    #expect(lines.contains { $0.allSatisfy("cd".contains) })
    #expect(!result.stdout.contains("\0"))
  }

  @Test func `inspect lists the labels, and evaluate reads them from the names of files`() throws {
    let folder = try Self.files.get()
    let inspected = try GeulProcess.run(["inspect", "run"], in: folder)
    #expect(inspected.stdout.contains("labels       austen, dickens\n"))
    func nats(_ arguments: String...) throws -> Double {
      let result = try GeulProcess.run(
        ["evaluate", "run", "austen.txt", "--json"] + arguments, in: folder)
      return try #require(try result.json()["nats"] as? Double, "\(result.stderr)")
    }
    let own = try nats()
    #expect(try nats("--label", "austen") == own)
    #expect(try nats("--label", "dickens") > own + 0.5)
    try folder.write("ab\n", to: "austin.txt")
    try GeulProcess.run(["evaluate", "run", "austin.txt"], in: folder)
      .expectRefusal(
        1, naming: "austin.txt: there is no label", "Did you mean \"austen\"?",
        "--label gives all lines one of them.")
    try GeulProcess.run(["evaluate", "run", "-"], stdin: "ab\n", in: folder)
      .expectRefusal(1, naming: "standard input: a label is the name of a file", "with --label")
  }

  @Test func `the reported loss is that of both files, and a run is resumed to the same bytes`()
    throws
  {
    let folder = try Folder()
    try Self.writeFiles(in: folder)
    let arguments = ["austen.txt", "dickens.txt", "--context-label", "file"]
    let whole = try Self.train(arguments + ["--json"], steps: 60, in: folder)
    let reported = try #require(try whole.json()["validation_nats"] as? Double)
    let score = try GeulProcess.run(
      ["evaluate", "run", "austen.txt", "dickens.txt", "--fraction", "0.1", "--json"], in: folder)
    #expect(try score.json()["nats"] as? Double == reported)
    let shorter = try GeulProcess.run(
      ["train", "--config", "run/config.json", "--out", "short", "--threads", "1", "-q"],
      in: folder)
    #expect(shorter.status == 0, "\(shorter.stderr)")
    #expect(folder.data("short/best.safetensors") == folder.data("run/best.safetensors"))
    for name in ["run", "short"] {
      let resumed = try GeulProcess.run(["resume", name, "--steps", "90", "-q"], in: folder)
      #expect(resumed.status == 0, "\(resumed.stderr)")
    }
    #expect(folder.data("short/latest.safetensors") == folder.data("run/latest.safetensors"))
  }

  @Test func `lines of a list have labels`() throws {
    let folder = try Folder()
    var random = SeededGenerator(seed: 4)
    let lines = (0..<400).map { number in
      let letters = number % 2 == 0 ? "가나" : "다라"
      return (number % 2 == 0 ? "강" : "산") + "\t"
        + String((0..<3).map { _ in letters.randomElement(using: &random) ?? "가" })
    }
    try folder.write(lines.joined(separator: "\n"), to: "names.txt")
    let result = try Self.train(
      ["names.txt", "--lines", "--context-label", "line"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    for (label, letters) in [("강", "가나"), ("산", "다라")] {
      let lines = try Self.generate(["--lines", "40", "--label", label], in: folder).stdout
        .split(separator: "\n")
      #expect(lines.count == 40 && lines.count { $0.allSatisfy(letters.contains) } >= 38)
    }
    try folder.write("강\t가나\n가나다\n", to: "wrong.txt")
    try GeulProcess.run(
      ["train", "wrong.txt", "--context-label", "line", "--out", "other"], in: folder
    ).expectRefusal(1, naming: "wrong.txt: line 2 has no label")
  }

  @Test(arguments: ["generate", "write"])
  func `a wrong label names the nearest, and a model without labels says so`(command: String) throws
  {
    try GeulProcess.run([command, "run", "--label", "dikens"], in: try Self.files.get())
      .expectRefusal(
        1, naming: "--label: there is no label \"dikens\". Did you mean \"dickens\"?",
        "The labels are austen, dickens.")
    try GeulProcess.run([command, "run", "--label", "austen"], in: try Runs.english.get())
      .expectRefusal(1, naming: "run: the model has no labels")
  }

  @Test func `write continues a text in the letters of the label, as generate does`() throws {
    let folder = try Self.files.get()
    for (label, letters) in [("austen", "ab"), ("dickens", "cd")] {
      let text = try Self.generate(
        ["--label", label, "-n", "100", "--prompt", "a\n", "--stop", "\n"], in: folder
      ).stdout
      let result = try GeulProcess.run(
        ["write", "run", "--seed", "1", "--label", label, "-q", "--prompt", "a"], stdin: "\n",
        in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      #expect(
        "a\n" + result.stdout == text && result.stdout.dropLast().allSatisfy(letters.contains))
    }
  }

  @Test func `write notes that its text has no label`() throws {
    let folder = try Self.files.get()
    let note =
      "Note: the text is written without a label. --label chooses one: austen, dickens."
    let result = try GeulProcess.run(["write", "run"], stdin: "ab\n", in: folder)
    #expect(result.status == 0 && result.notes == [note], "\(result.stderr)")
    for options in [["-q"], ["--label", "austen"]] {
      let quiet = try GeulProcess.run(["write", "run"] + options, stdin: "ab\n", in: folder)
      #expect(quiet.status == 0 && quiet.stderr.isEmpty, "\(quiet.stderr)")
    }
  }

  @Test func `what cannot have labels is refused`() throws {
    let folder = try Folder()
    try Self.writeFiles(in: folder)
    try Self.train(["austen.txt", "--context-label", "file"], in: folder)
      .expectRefusal(1, naming: "only one label, austen")
    let other = try Self.train(
      ["austen.txt", "--context-label", "file", "--init-from", "model"], in: folder)
    #expect(other.status == 2 && other.stderr.contains("--init-from"))
    let input = try GeulProcess.run(
      ["train", "-", "--context-label", "file", "--out", "run"], stdin: "a\n", in: folder)
    input.expectRefusal(1, naming: "standard input: a label is the name of a file")
  }
}
