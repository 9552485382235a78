import Foundation
import GeulModel
import GeulStorage
import Testing
import TestSupport

/// Runs that are interrupted and resumed.
struct ResumeTests {
  private static let steps = "3000"
  /// All runs read one file, because the checkpoint contains its path.
  private static let long = Swift.Result {
    [
      "train", try Runs.english.get().file("text.txt"), "--steps", steps, "--save-every", "700",
      "--patience", "0",
    ]
      + Runs.tiny
  }

  /// The same run without an interruption, the reference for all others.
  private static let whole = Swift.Result {
    let folder = try Folder()
    let result = try GeulProcess.run(long.get() + ["--out", "run"], in: folder)
    try #require(result.status == 0, "\(result.stderr)")
    return folder
  }

  /// Starts the long run and sends a signal once standard error contains a string.
  private func stopped(
    by number: Int32, _ arguments: [String] = [], at sign: String = "step 450/"
  ) throws -> (folder: Folder, result: GeulProcess.Result) {
    let folder = try Folder()
    let process = try GeulProcess(Self.long.get() + ["--out", "run"] + arguments, in: folder)
    try process.send(number) { $0.stderr.contains(sign) }
    return (folder, process.wait())
  }

  private func expectSame(_ folder: Folder, run: String = "run") throws {
    let whole = try Self.whole.get()
    for file in ["latest.safetensors", "best.safetensors"] {
      let same = folder.data("\(run)/\(file)") == whole.data("run/\(file)")
      #expect(same, "\(file)")
    }
  }

  @Test(arguments: [(SIGTERM, 143), (SIGINT, 130), (SIGHUP, 129)] as [(Int32, Int32)], ["1", "2"])
  func `a run stopped by a signal and resumed has the bytes of an uninterrupted run`(
    signal: (number: Int32, code: Int32), threads: String
  ) throws {
    let (folder, result) = try stopped(by: signal.number)
    #expect(result.status == signal.code)
    #expect(result.output.isEmpty)
    #expect(try #require(result.notes.last).contains("geul resume run"))
    let resumed = try GeulProcess.run(
      ["resume", "run", "--threads", threads, "--json"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    #expect(try resumed.json()["steps"] as? Int == 3000)
    try expectSame(folder)
  }

  @Test func `a second interrupt ends a run at once`() throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.english, count: 40), to: "text.txt")
    // A step takes longer than the delivery of both signals.
    let process = try GeulProcess(
      [
        "train", "text.txt", "--out", "run", "--steps", "500", "--layers", "1", "--hidden", "768",
        "--batch", "64",
      ], in: folder)
    try process.send(SIGINT) { _ in folder.text("run/metrics.jsonl")?.isEmpty == false }
    try process.send(SIGINT) { !$0.isPending(SIGINT) }
    let result = process.wait()
    #expect(result.status == 130)
    #expect(!result.stderr.contains("Stopped"), "\(result.stderr)")
    let resumed = try GeulProcess.run(["resume", "run", "--steps", "1"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
  }

  @Test func `a run saves and stops when its terminal is closed`() throws {
    let folder = try Folder()
    let terminal = try Terminal()
    let process = try GeulProcess(
      ["--ctty", GeulProcess.executable] + Self.long.get() + ["--out", "run"],
      program: "/usr/bin/setsid", terminal: terminal.path, in: folder)
    try process.send(0) { _ in folder.text("run/metrics.jsonl")?.contains("\"step\":450") == true }
    terminal.close()
    #expect(process.wait().status == 129)
    let resumed = try GeulProcess.run(["resume", "run"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    try expectSame(folder)
  }

  @Test func `a run may be stopped several times`() throws {
    let (folder, _) = try stopped(by: SIGTERM, at: "step 150/")
    for sign in ["step 900/", "step 1950/"] {
      let process = try GeulProcess(["resume", "run"], in: folder)
      try process.send(SIGTERM) { $0.stderr.contains(sign) }
      #expect(process.wait().status == 143)
    }
    #expect(try GeulProcess.run(["resume", "run"], in: folder).status == 0)
    try expectSame(folder)
  }

  @Test func `a killed run continues from its last checkpoint`() throws {
    let (folder, result) = try stopped(by: SIGKILL, at: "step 1200/")
    #expect(result.status == 137)
    let resumed = try GeulProcess.run(["resume", "run", "--threads", "2"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    try expectSame(folder)
    let steps = try metricsSteps(folder)
    #expect(steps == Set(steps).sorted(), "each step once, in ascending order")
  }

  @Test func `a process killed while saving leaves an intact checkpoint`() throws {
    for number in 0..<12 {
      let folder = try Folder()
      let process = try GeulProcess(
        Runs.overriding(Self.long.get() + ["--out", "run", "--save-every", "1"]), in: folder)
      let checkpoint = "run/latest.previous.safetensors"
      try process.send(SIGKILL) { _ in
        guard folder.exists(checkpoint) else { return false }
        Thread.sleep(forTimeInterval: 0.0007 * Double(number))
        return true
      }
      #expect(process.wait().status == 137)
      let inspected = try GeulProcess.run(["inspect", "run/latest.safetensors"], in: folder)
      #expect(inspected.status == 0, "\(inspected.stderr)")
      let resumed = try GeulProcess.run(["resume", "run", "--steps", "1"], in: folder)
      #expect(resumed.status == 0, "\(resumed.stderr)")
    }
  }

  @Test func `a truncated line of metrics and a partial file are cleaned up`() throws {
    let (folder, _) = try stopped(by: SIGTERM)
    let lines = try #require(folder.text("run/metrics.jsonl"))
    try folder.write(lines + "{\"step\":99999}\n{\"st", to: "run/metrics.jsonl")
    try folder.write("half", to: "run/latest.safetensors.partial")
    #expect(try GeulProcess.run(["resume", "run"], in: folder).status == 0)
    try expectSame(folder)
    #expect(try metricsSteps(folder).last == 3000)
    #expect(!folder.names(in: "run").contains { $0.hasSuffix(".partial") })
  }

  @Test func `a resumed run keeps --save-every unless it is given again`() throws {
    let folder = try Runs.trained(["--save-every", "3"])
    for (steps, arguments, every) in [(30, [], 3), (40, ["--save-every", "7"], 7), (50, [], 7)] {
      let resumed = try GeulProcess.run(
        ["resume", "run", "--steps", "\(steps)"] + arguments, in: folder)
      #expect(resumed.status == 0, "\(resumed.stderr)")
      let file = try SafetensorsFile(contentsOf: folder.file("run/latest.safetensors"))
      let record = try #require(file.metadata["geul.run"])
      #expect(record.contains("\"saveEvery\":\(every)"), "\(record)")
    }
  }

  private func metricsSteps(_ folder: Folder) throws -> [Int] {
    try #require(folder.text("run/metrics.jsonl")).split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(object?["step"] as? Int)
    }
  }

  @Test func `the run directory and the text may be moved`() throws {
    let (folder, _) = try stopped(by: SIGTERM)
    let files = FileManager.default
    try files.createDirectory(atPath: folder.file("else/where"), withIntermediateDirectories: true)
    try files.moveItem(atPath: folder.file("run"), toPath: folder.file("else/where/moved"))
    #expect(try GeulProcess.run(["resume", "else/where/moved"], in: folder).status == 0)
    try expectSame(folder, run: "else/where/moved")

    let other = try Runs.trained()
    try files.moveItem(atPath: other.file("text.txt"), toPath: other.file("moved.txt"))
    try GeulProcess.run(["resume", "run"], in: other)
      .expectRefusal(1, naming: "text.txt", "no such file")
    let resumed = try GeulProcess.run(["resume", "run", "moved.txt", "--steps", "30"], in: other)
    #expect(resumed.status == 0, "\(resumed.stderr)")
  }

  @Test func `a run may be resumed from another working directory`() throws {
    let (folder, _) = try stopped(by: SIGTERM)
    let other = try Folder()
    #expect(try GeulProcess.run(["resume", folder.file("run")], in: other).status == 0)
    try expectSame(folder)
  }

  @Test(arguments: [
    Texts.english + "x", String(Texts.english.dropLast(2)), Texts.korean,
    Texts.english.replacing("moon", with: "noom"),
  ])
  func `a changed text is refused, and the run is not changed`(text: String) throws {
    let folder = try Runs.trained()
    let before = folder.contents(of: "run")
    try folder.write(text, to: "text.txt")
    try GeulProcess.run(["resume", "run", "--steps", "30"], in: folder)
      .expectRefusal(1, naming: "text.txt", "not the training text", "start a new run")
    #expect(folder.contents(of: "run") == before)
  }

  @Test func `a text from standard input must be given again`() throws {
    let folder = try Folder()
    let train = ["train", "-", "--out", "run", "--steps", "5"] + Runs.tiny
    #expect(try GeulProcess.run(train, stdin: Texts.english, in: folder).status == 0)
    try GeulProcess.run(["resume", "run", "--steps", "9"], in: folder)
      .expectRefusal(1, naming: "standard input", "geul resume run FILE")
    let resumed = try GeulProcess.run(
      ["resume", "run", "-", "--steps", "9"], stdin: Texts.english, in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
  }

  @Test func `a damaged newest checkpoint is replaced by the previous one, with a note`() throws {
    let folder = try Runs.trained(["--save-every", "7"])
    var bytes = try #require(folder.data("run/latest.safetensors"))
    bytes[bytes.count / 2] ^= 0x10
    try folder.write(bytes, to: "run/latest.safetensors")
    let resumed = try GeulProcess.run(["resume", "run", "--sample-every", "0"], in: folder)
    #expect(resumed.status == 0)
    #expect(try #require(resumed.notes.first).contains("latest.safetensors: has the checksum"))
    #expect(
      try #require(resumed.notes.first).contains("latest.previous.safetensors, is used instead"))
    for file in ["latest", "latest.previous", "best"] {
      let inspected = try GeulProcess.run(["inspect", "run/\(file).safetensors"], in: folder)
      #expect(inspected.status == 0, "\(inspected.stderr)")
    }
    let whole = try Runs.english.get()
    #expect(folder.data("run/best.safetensors") == whole.data("run/best.safetensors"))
  }

  @Test func `a missing newest checkpoint is replaced by the previous one`() throws {
    let folder = try Runs.trained(["--save-every", "7"])
    folder.remove("run/latest.safetensors")
    let resumed = try GeulProcess.run(["resume", "run"], in: folder)
    #expect(resumed.status == 0 && resumed.stderr.contains("is used instead"))
  }

  @Test func `a run without an intact checkpoint is refused`() throws {
    let folder = try Runs.trained()
    for file in ["latest", "latest.previous"] {
      try folder.write("no checkpoint", to: "run/\(file).safetensors")
    }
    try GeulProcess.run(["resume", "run"], in: folder)
      .expectRefusal(1, naming: "run/latest.safetensors")
  }

  @Test(arguments: ["text.txt", ".", "run/best.safetensors"])
  func `other paths than run directories are refused`(path: String) throws {
    let folder = try Runs.trained()
    try GeulProcess.run(["resume", path], in: folder)
      .expectRefusal(1, naming: "not a run directory", "latest.safetensors")
  }

  @Test func `a complete run continues only with a new budget`() throws {
    let folder = try Runs.trained()
    let before = folder.data("run/best.safetensors")
    let again = try GeulProcess.run(["resume", "run"], in: folder)
    #expect(again.status == 0 && again.stderr.contains("The run is complete: 20 steps."))
    #expect(folder.data("run/best.safetensors") == before)
    let fewer = try GeulProcess.run(["resume", "run", "--steps", "5"], in: folder)
    #expect(fewer.status == 0 && fewer.stderr.contains("already has 20 steps"))
    let more = try GeulProcess.run(
      ["resume", "run", "--steps", "30", "--json", "--sample-every", "0"], in: folder)
    #expect(try more.json()["steps"] as? Int == 30)
  }

  @Test func `resume prints the learning rates of the remaining steps`() throws {
    let (folder, result) = try stopped(by: SIGTERM)
    let step = try #require(result.notes.last?.firstMatch(of: /after step ([0-9]+);/)).1
    // The peak learning rate at a batch size of 4 is 0.0042, and the schedule ends at 2 % of it.
    for (arguments, pattern) in [
      ([], "of 3000: the learning rate continues its schedule, from 0.00[0-9]+ to 8.4e-05\\."),
      (
        ["--steps", "4000"],
        "of 4000: the learning rate follows a cosine schedule over the new number of steps, from 0.00[0-9]+ to 8.4e-05"
          + " \\(it was 0.00[0-9]+ in the last step\\)\\."
      ),
      (
        ["--minutes", "1"],
        ": the learning rate stays at 0.0042 while the speed is measured, then follows a cosine schedule"
          + " over the new number of steps, down to 8.4e-05\\."
      ),
    ] {
      try FileManager.default.copyItem(atPath: folder.file("run"), toPath: folder.file("copy"))
      let process = try GeulProcess(["resume", "copy"] + arguments, in: folder)
      try process.send(SIGTERM) {
        $0.stderr.contains("Continuing after") && $0.stderr.contains("\n")
      }
      let notes = process.wait().notes
      let separator = pattern.hasPrefix(":") ? "" : " "
      let expected = try Regex("Continuing after step \(step)\(separator)\(pattern)")
      #expect(notes.first?.wholeMatch(of: expected) != nil, "\(notes)")
      folder.remove("copy")
    }
    let complete = try Runs.trained()
    #expect(
      !(try GeulProcess.run(["resume", "run"], in: complete)).stderr.contains("learning rate"))
    #expect(
      try GeulProcess.run(["resume", "run", "--steps", "30", "-q"], in: complete).stderr.isEmpty)
  }

  @Test func `two processes cannot train in one directory`() throws {
    let (folder, _) = try stopped(by: SIGTERM)
    let first = try GeulProcess(["resume", "run"], in: folder)
    // A stopped process keeps its lock.
    try first.send(SIGSTOP) { $0.stderr.contains("\nstep ") }
    let second = try GeulProcess.run(["resume", "run"], in: folder)
    try first.send(SIGCONT) { _ in true }
    second.expectRefusal(1, naming: "run: is being written by another process")
    #expect(first.wait().status == 0)
    try expectSame(folder)
  }

  @Test func `a run stopped before its length was planned plans it when resumed`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let train = ["train", "text.txt", "--out", "run", "--minutes", "5"] + Runs.tiny
    let process = try GeulProcess(train, in: folder)
    try process.send(SIGTERM) { _ in folder.exists("run/metrics.jsonl") }
    #expect(process.wait().status == 143)
    let resumed = try GeulProcess.run(["resume", "run", "--json"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    #expect(resumed.stderr.contains("Plan: "))
    // Without a new budget, the default applies: at most 100 epochs.
    #expect(try #require(try resumed.json()["epochs"] as? Double) < 102)
  }

  @Test func `a run that ends before its first evaluation is evaluated`() throws {
    let (folder, _) = try stopped(by: SIGTERM, at: "1 thread")
    let resumed = try GeulProcess.run(["resume", "run", "--steps", "1", "--json"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    #expect(try resumed.json()["validation_nats"] as? Double != nil)
    #expect(try GeulProcess.run(["inspect", "run"], in: folder).status == 0)
  }

  @Test func `a run under nohup ignores SIGHUP`() throws {
    let folder = try Folder()
    let arguments = try Self.long.get().joined(separator: " ")
    let process = try GeulProcess(
      ["-c", "exec nohup \"\(GeulProcess.executable)\" \(arguments) --out run"],
      program: "/bin/bash", in: folder)
    try process.send(SIGHUP) { $0.stderr.contains("step 450/") }
    #expect(process.wait().status == 0)
    try expectSame(folder)
  }

  @Test func `a signal during the final evaluation stops it`() throws {
    let folder = try Folder()
    try folder.write(String(repeating: Texts.english, count: 170), to: "text.txt")
    let process = try GeulProcess(
      ["train", "text.txt", "--out", "run", "--steps", "1", "--validation", "0.9"] + Runs.tiny,
      in: folder)
    try process.send(SIGTERM) { $0.stderr.contains("step 1/1") }
    let result = process.wait()
    #expect(result.status == 143)
    #expect(try #require(result.notes.last).contains("geul resume run"))
    let resumed = try GeulProcess.run(["resume", "run", "--json"], in: folder)
    #expect(try resumed.json()["validation_nats"] as? Double != nil)
  }
}
