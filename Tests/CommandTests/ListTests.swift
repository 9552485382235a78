import Foundation
import TestSupport
import Testing

/// `geul train --lines` and `geul generate --lines`.
struct ListTests {
  /// 60 Korean names of a small generator.
  static let names: [String] = {
    let (family, given) = ("김 이 박 최 정", "서연 지우 민준 도현 수아 예은 하린 은호 재원 유진 태윤 소율")
    return family.split(separator: " ").flatMap { a in
      given.split(separator: " ").map { "\(a)\($0)" }
    }
  }()

  private static let options = [
    "--hidden", "32", "--layers", "1", "--batch", "8", "--length", "8", "--threads", "1",
    "--precision", "float32", "--seed", "1",
  ]

  private static func train(
    _ text: String, _ arguments: [String] = [], steps: Int = 400, in folder: Folder
  ) throws -> GeulProcess.Result {
    try folder.write(text, to: "names.txt")
    return try GeulProcess.run(
      Runs.overriding(
        ["train", "names.txt", "--lines", "--out", "run", "--steps", "\(steps)"] + options
          + arguments), in: folder)
  }

  /// A run that knows its list by heart: nothing is held out.
  static let memorized = Result {
    let folder = try Folder()
    let result = try train(
      names.joined(separator: "\n"), ["--validation", "0", "--dropout", "0"], steps: 1200,
      in: folder)
    try #require(result.status == 0, "\(result.stderr)")
    return folder
  }

  @Test func `items are learned, and --new-only writes only others, none twice`() throws {
    let folder = try Self.memorized.get()
    let all = try GeulProcess.run(
      ["generate", "run", "--lines", "100", "--seed", "3", "-q"], in: folder)
    #expect(all.status == 0 && all.stderr.isEmpty, "\(all.stderr)")
    let lines = all.stdout.split(separator: "\n").map(String.init)
    let share = Double(lines.count { Self.names.contains($0) }) / Double(lines.count)
    #expect(lines.count == 100 && share > 0.5, "share of listed items: \(share)")
    let new = try GeulProcess.run(
      ["generate", "run", "--lines", "20", "--new-only", "--seed", "3", "--temperature", "1.2"],
      in: folder)
    #expect(new.status == 0 && new.stderr.isEmpty, "\(new.stderr)")
    let others = new.stdout.split(separator: "\n").map(String.init)
    #expect(others.count == 20 && Set(others).count == 20)
    #expect(Set(others).isDisjoint(with: Self.names))
  }

  @Test func `lines begin with the prompt, and --best-of writes the most likely ones`() throws {
    let folder = try Self.memorized.get()
    func run(_ arguments: String...) throws -> [String] {
      let result = try GeulProcess.run(
        ["generate", "run", "--seed", "1", "-q"] + arguments, in: folder)
      #expect(result.status == 0, "\(result.stderr)")
      return result.stdout.split(separator: "\n").map(String.init)
    }
    let lines = try run("--lines", "12", "--prompt", "박")
    #expect(lines.count == 12 && lines.allSatisfy { $0.hasPrefix("박") })
    let best = try run("--lines", "3", "--best-of", "40", "--format", "jsonl")
    let scores = try best.map {
      try #require(
        (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?[
          "mean_log_probability"] as? Double)
    }
    let candidates = try run("--lines", "40", "--format", "jsonl")
    #expect(scores.count == 3 && scores == scores.sorted(by: >) && candidates.contains(best[0]))
    #expect(candidates.contains { $0.contains(#""in_list":true"#) })
  }

  @Test func `a memorized list gives what it has, and says why there is no more`() throws {
    let folder = try Self.memorized.get()
    let result = try GeulProcess.run(
      ["generate", "run", "--lines", "50", "--new-only", "--seed", "1", "--temperature", "0.1"],
      in: folder)
    #expect(result.status == 1)
    let count = result.stdout.split(separator: "\n").count
    #expect(count < 50)
    #expect(result.notes.count == 1)
    let note = result.notes.first ?? ""
    #expect(
      note.hasPrefix("geul: Wrote only \(count) of 50 lines: of 2000 generated lines, "), "\(note)")
    #expect(note.contains(" were in the training list") && note.contains("A higher --temperature"))
    // One line is there, but not 50 candidates for it.
    let chosen = try GeulProcess.run(
      [
        "generate", "run", "--lines", "1", "--best-of", "300", "--new-only", "--seed", "1",
        "--temperature", "0.6",
      ], in: folder)
    #expect(chosen.status == 0 && chosen.stdout.split(separator: "\n").count == 1)
    #expect(chosen.notes.last?.hasPrefix("Chose from only ") == true, "\(chosen.stderr)")
    let closed = try GeulProcess.shell(
      #""$geul" generate run --lines 5000 --seed 1 | head -n 1; exit ${PIPESTATUS[0]}"#, in: folder)
    #expect(closed.status == 0 && closed.stderr.isEmpty, "\(closed.stderr)")
  }

  @Test func `a run is resumed to the same bytes, also with other line ends in the file`() throws {
    let folder = try Folder()
    let text = Self.names.joined(separator: "\n")
    let options = ["--dropout", "0.1", "--save-every", "10"]
    let whole = try Self.train(text, options + ["--out", "whole"], steps: 60, in: folder)
    #expect(whole.status == 0, "\(whole.stderr)")
    #expect(whole.stderr.contains("60 items, 241 tokens, vocabulary "), "\(whole.stderr)")
    #expect(whole.stderr.contains("geul generate whole --lines 20 --new-only"))
    let process = try GeulProcess(
      Runs.overriding(
        ["train", "names.txt", "--lines", "--out", "parts", "--steps", "60"] + Self.options
          + options + ["--steps", "60"]), in: folder)
    try process.send(SIGINT) { _ in folder.data("parts/latest.safetensors") != nil }
    _ = process.wait()
    try folder.write("\n" + Self.names.reversed().joined(separator: "\r\n"), to: "names.txt")
    let resumed = try GeulProcess.run(["resume", "parts", "--threads", "2", "-q"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    for name in ["best", "latest"] {
      #expect(
        folder.data("parts/\(name).safetensors") == folder.data("whole/\(name).safetensors"))
    }
    try folder.write(Self.names.dropLast().joined(separator: "\n"), to: "names.txt")
    let other = try GeulProcess.run(["resume", "parts", "--steps", "90"], in: folder)
    other.expectRefusal(1, naming: "not the training text of the run")
  }

  @Test func `evaluate scores the items that were held out, as training reports it`() throws {
    let folder = try Folder()
    let result = try Self.train(Self.names.joined(separator: "\n"), ["--json"], in: folder)
    let reported = try #require(try result.json()["validation_nats"] as? Double)
    let score = try GeulProcess.run(
      ["evaluate", "run", "names.txt", "--fraction", "0.1", "--json"], in: folder)
    #expect(score.status == 0 && score.stderr.isEmpty, "\(score.stderr)")
    #expect(try score.json()["nats"] as? Double == reported)
    #expect(try score.json()["items"] as? Int == 6)
    let text = try GeulProcess.run(["evaluate", "run", "names.txt"], in: folder)
    #expect(
      text.stdout.contains("items scored   60, ") && text.stderr.contains("last 10 % was held"))
    try GeulProcess.run(["evaluate", "run", "names.txt", "--dynamic"], in: folder)
      .expectRefusal(1, naming: "--dynamic")
    let inspected = try GeulProcess.run(["inspect", "run"], in: folder)
    #expect(inspected.stdout.contains("list         60 items, 60 of them different"))
  }

  @Test func `samples during training are items, and the config.json reproduces the run`() throws {
    let folder = try Folder()
    let result = try Self.train(
      Self.names.joined(separator: "\n") + "\n\n이서연\n", ["--sample-every", "40"], steps: 100,
      in: folder)
    #expect(result.status == 0)
    #expect(
      result.notes.prefix(2).contains { $0.hasSuffix("names.txt: 1 empty line was skipped.") })
    #expect(result.stderr.contains("61 items, 60 of them different"))
    let samples = (folder.text("run/samples.jsonl") ?? "").split(separator: "\n")
    #expect(samples.count == 2)
    for sample in samples {
      let object = try JSONSerialization.jsonObject(with: Data(sample.utf8)) as? [String: Any]
      let lines = (object?["text"] as? String ?? "").split(separator: "\n")
      #expect(lines.count == 8, "\(sample)")
    }
    let again = try GeulProcess.run(
      ["train", "--config", "run/config.json", "--out", "again", "--threads", "1", "-q"],
      in: folder)
    #expect(again.status == 0, "\(again.stderr)")
    #expect(folder.data("again/best.safetensors") == folder.data("run/best.safetensors"))
  }

  @Test func `a list is fine-tuned from another model, and has its own items`() throws {
    let folder = try Folder()
    try folder.write(
      try Data(contentsOf: URL(filePath: Self.memorized.get().file("run/best.safetensors"))),
      to: "first.safetensors")
    let result = try Self.train(
      "한가람\n한나래\n한누리\n", ["--init-from", "first.safetensors", "--validation", "0"], steps: 30,
      in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    let inspected = try GeulProcess.run(["inspect", "run", "--json"], in: folder)
    let list = try inspected.json()["list"] as? [String: Any]
    #expect(list?["items"] as? Int == 3)
  }

  @Test func `a model that was not trained on a list writes lines`() throws {
    let folder = try Runs.english.get()
    let result = try GeulProcess.run(
      ["generate", "run", "--lines", "3", "-n", "-1", "--seed", "1", "-q"], in: folder)
    #expect(result.status == 0 && result.stdout.split(separator: "\n").count == 3)
    try GeulProcess.run(["generate", "run", "--lines", "3", "--new-only", "-q"], in: folder)
      .expectRefusal(1, naming: "run: the model has no list", "--new-only")
  }

  @Test(arguments: [
    ["--allow", "[가-힣]"], ["--pattern", "[가-힣]{2}"], ["--ban", "연은"],
    ["--max-copy", "1", "--copy-corpus", "names.txt"],
  ])
  func `lines obey the rules of control`(rule: [String]) throws {
    let folder = try Self.memorized.get()
    let result = try GeulProcess.run(
      ["generate", "run", "--lines", "10", "--seed", "1", "-q", "--prompt", "김"] + rule, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    let lines = result.stdout.split(separator: "\n")
    #expect(lines.count == 10)
    for line in lines {
      #expect(line.wholeMatch(of: /김[가-힣]+/) != nil, "\(line)")
      if rule[0] == "--pattern" { #expect(line.count == 3) }
      #expect(line.count <= 8, "a line break must be possible")
      if rule[0] == "--ban" { #expect(!line.contains("연") && !line.contains("은")) }
    }
  }

  @Test(arguments: [
    (["--new-only"], 2, "--new-only needs --lines"),
    (["--lines", "0"], 2, "--lines"),
    (["--lines", "5", "--num-samples", "2"], 2, "--num-samples"),
    (["--lines", "5", "--stop", "a"], 2, "--stop"),
    (["--lines", "5", "--acrostic", "ab"], 2, "Leave out --lines, or use --pattern."),
    (["--lines", "5", "--prompts", "names.txt"], 2, "--prompts"),
    (["--lines", "5", "--temperature", "0.5,1"], 2, "several temperatures"),
    (["--lines", "5", "--json"], 2, "--format jsonl"),
    (["--lines", "5", "--best-of", "3"], 2, "--best-of 3"),
    (["--lines", "5", "--prompt", "김\n이", "-q"], 1, "line break"),
  ])
  func `options that contradict --lines are refused`(
    arguments: [String], code: Int32, part: String
  ) throws {
    let folder = try Self.memorized.get()
    let result = try GeulProcess.run(["generate", "run"] + arguments, in: folder)
    #expect(result.status == code && result.output.isEmpty, "\(result.stderr)")
    #expect(result.stderr.contains(part), "\(result.stderr)")
  }

  @Test func `a list without items is refused`() throws {
    let folder = try Folder()
    try Self.train("\n \n", in: folder).expectRefusal(
      1, naming: "names.txt: there is no text in it")
  }
}
