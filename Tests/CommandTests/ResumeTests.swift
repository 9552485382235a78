import Foundation
import GeulModel
import GeulStorage
import Testing

/// A run that was stopped in the middle, in whatever way, and goes on.
struct ResumeTests {
  private static let steps = "3000"
  /// All runs read one file: its path is in the checkpoint.
  private static let long = Swift.Result {
    [
      "train", try Runs.english.get().file("text.txt"), "--steps", steps, "--save-every", "700",
      "--patience", "0",
    ]
      + Runs.tiny
  }

  /// The same run without a stop: what all others must come to.
  private static let whole = Swift.Result {
    let folder = try Folder()
    let result = try GeulProcess.run(long.get() + ["--out", "run"], in: folder)
    try #require(result.status == 0, "\(result.stderr)")
    return folder
  }

  /// Starts the long run and sends a signal when it has come some way.
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
  func `a run stopped by a signal and resumed leaves the bytes of one that was not`(
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
    // A step takes long enough for both.
    let process = try GeulProcess(
      [
        "train", "text.txt", "--out", "run", "--steps", "500", "--layers", "1", "--hidden", "768",
        "--batch", "64",
      ], in: folder)
    try process.send(SIGINT) { _ in folder.text("run/metrics.jsonl")?.isEmpty == false }
    Thread.sleep(forTimeInterval: 0.02)
    try process.send(SIGINT) { _ in true }
    let result = process.wait()
    #expect(result.status == 130)
    #expect(!result.stderr.contains("Stopped"), "\(result.stderr)")
    let resumed = try GeulProcess.run(["resume", "run", "--steps", "1"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
  }

  @Test func `a run whose terminal is closed saves and stops`() throws {
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

  @Test func `a run may be stopped again and again`() throws {
    let (folder, _) = try stopped(by: SIGTERM, at: "step 150/")
    for sign in ["step 900/", "step 1950/"] {
      let process = try GeulProcess(["resume", "run"], in: folder)
      try process.send(SIGTERM) { $0.stderr.contains(sign) }
      #expect(process.wait().status == 143)
    }
    #expect(try GeulProcess.run(["resume", "run"], in: folder).status == 0)
    try expectSame(folder)
  }

  @Test func `a killed run goes on from what it saved last`() throws {
    let (folder, result) = try stopped(by: SIGKILL, at: "step 1200/")
    #expect(result.status == 137)
    let resumed = try GeulProcess.run(["resume", "run", "--threads", "2"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    try expectSame(folder)
    let steps = try metricsSteps(folder)
    #expect(steps == Set(steps).sorted(), "each step once, in order")
  }

  @Test func `a process killed while it saves leaves a whole checkpoint`() throws {
    for number in 0..<12 {
      let folder = try Folder()
      let process = try GeulProcess(
        Self.long.get() + ["--out", "run", "--save-every", "1"], in: folder)
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

  @Test func `a killed process may leave half a line of metrics and a partial file`() throws {
    let (folder, _) = try stopped(by: SIGTERM)
    let lines = try #require(folder.text("run/metrics.jsonl"))
    try folder.write(lines + "{\"step\":99999}\n{\"st", to: "run/metrics.jsonl")
    try folder.write("half", to: "run/latest.safetensors.partial")
    #expect(try GeulProcess.run(["resume", "run"], in: folder).status == 0)
    try expectSame(folder)
    #expect(try metricsSteps(folder).last == 3000)
    #expect(!folder.names(in: "run").contains { $0.hasSuffix(".partial") })
  }

  @Test func `a resumed run saves as often as it was told to at first, or is told now`() throws {
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

  @Test func `a run's folder may be moved, and its text too`() throws {
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

  @Test func `a run may be resumed from another working folder`() throws {
    let (folder, _) = try stopped(by: SIGTERM)
    let other = try Folder()
    #expect(try GeulProcess.run(["resume", folder.file("run")], in: other).status == 0)
    try expectSame(folder)
  }

  @Test(arguments: [
    Texts.english + "x", String(Texts.english.dropLast(2)), Texts.korean,
    Texts.english.replacing("moon", with: "noom"),
  ])
  func `a text that has changed is refused, and the run left as it is`(text: String) throws {
    let folder = try Runs.trained()
    let before = folder.contents(of: "run")
    try folder.write(text, to: "text.txt")
    try GeulProcess.run(["resume", "run", "--steps", "30"], in: folder)
      .expectRefusal(1, naming: "text.txt", "not the text", "train a new model")
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

  @Test func `a damaged newest checkpoint is passed over, and said, and not kept`() throws {
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

  @Test func `a missing newest checkpoint is replaced by the one before`() throws {
    let folder = try Runs.trained(["--save-every", "7"])
    folder.remove("run/latest.safetensors")
    let resumed = try GeulProcess.run(["resume", "run"], in: folder)
    #expect(resumed.status == 0 && resumed.stderr.contains("is used instead"))
  }

  @Test func `a run of which no checkpoint is whole is refused`() throws {
    let folder = try Runs.trained()
    for file in ["latest", "latest.previous"] {
      try folder.write("no checkpoint", to: "run/\(file).safetensors")
    }
    try GeulProcess.run(["resume", "run"], in: folder)
      .expectRefusal(1, naming: "run/latest.safetensors")
  }

  @Test(arguments: ["nowhere", "text.txt", ".", "run/best.safetensors"])
  func `what is no run is refused`(path: String) throws {
    let folder = try Runs.trained()
    try GeulProcess.run(["resume", path], in: folder)
      .expectRefusal(1, naming: "not a run directory", "latest.safetensors")
  }

  @Test func `a finished run says so, and goes on when it is told how long`() throws {
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

  @Test func `two processes do not train in one folder`() throws {
    let (folder, _) = try stopped(by: SIGTERM)
    let first = try GeulProcess(["resume", "run"], in: folder)
    // Stopped by the system, it keeps the folder for as long as this test needs.
    try first.send(SIGSTOP) { $0.stderr.contains("step ") }
    let second = try GeulProcess.run(["resume", "run"], in: folder)
    try first.send(SIGCONT) { _ in true }
    second.expectRefusal(1, naming: "run: is being written by another process")
    #expect(first.wait().status == 0)
    try expectSame(folder)
  }

  @Test func `a run stopped before its length was planned plans it when it goes on`() throws {
    let folder = try Folder()
    try folder.write(Texts.english, to: "text.txt")
    let train = ["train", "text.txt", "--out", "run", "--minutes", "5"] + Runs.tiny
    let process = try GeulProcess(train, in: folder)
    try process.send(SIGTERM) { _ in folder.exists("run/metrics.jsonl") }
    #expect(process.wait().status == 143)
    let resumed = try GeulProcess.run(["resume", "run", "--json"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    #expect(resumed.stderr.contains("Plan: "))
    // Nothing was said of the length this time: at most a hundred times through the text.
    #expect(try #require(try resumed.json()["epochs"] as? Double) < 102)
  }

  @Test func `a run that is told to end before it was ever scored is scored`() throws {
    let (folder, _) = try stopped(by: SIGTERM, at: "1 thread")
    let resumed = try GeulProcess.run(["resume", "run", "--steps", "1", "--json"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    #expect(try resumed.json()["validation_nats"] as? Double != nil)
    #expect(try GeulProcess.run(["inspect", "run"], in: folder).status == 0)
  }

  @Test func `a run that nohup started outlives the terminal`() throws {
    let folder = try Folder()
    let arguments = try Self.long.get().joined(separator: " ")
    let process = try GeulProcess(
      ["-c", "exec nohup \"\(GeulProcess.executable)\" \(arguments) --out run"],
      program: "/bin/bash", in: folder)
    try process.send(SIGHUP) { $0.stderr.contains("step 450/") }
    #expect(process.wait().status == 0)
    try expectSame(folder)
  }

  @Test func `a signal while the best model is scored ends that too`() throws {
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
