import Foundation
import TestSupport
import Testing

/// `geul export` and `--tensorboard`; Tests/Exchange reads the files with the programs that they are for.
struct ExportTests {
  @Test func `each option writes its file`() throws {
    let folder = try Runs.trained()
    let result = try GeulProcess.run(
      [
        "export", "run", "--onnx", "m.onnx", "--npz", "m.npz", "--csv", "m.csv", "--tensorboard",
        "logs/run",
      ], in: folder)
    #expect(result.status == 0 && result.output.isEmpty, "\(result.stderr)")
    #expect(
      result.notes.prefix(3) == ["Wrote m.onnx", "Wrote m.npz", "Wrote m.csv"]
        && result.notes.last?.hasPrefix("Wrote logs/run/events.out.tfevents.") == true)
    #expect(folder.data("m.onnx")?.range(of: Data("linear_before_reset".utf8)) == nil)
    #expect(folder.data("m.onnx")?.range(of: Data("OneHot".utf8)) != nil)
    #expect(folder.data("m.npz")?.starts(with: Data("PK".utf8)) == true)
    let csv = try GeulProcess.run(["report", "run", "--csv"], in: folder).output
    #expect(folder.data("m.csv") == csv)
    #expect(folder.names(in: "logs/run").count == 1)
  }

  @Test(arguments: ["onnx", "npz", "csv"])
  func `a dash is standard output, with the same bytes`(format: String) throws {
    let folder = try Runs.trained()
    let output = try GeulProcess.run(["export", "-m", "run", "--\(format)", "-"], in: folder)
    #expect(output.status == 0 && output.stderr.isEmpty, "\(output.stderr)")
    _ = try GeulProcess.run(["export", "run", "--\(format)=file"], in: folder)
    #expect(folder.data("file") == output.output)
  }

  @Test func `existing files are kept without --force`() throws {
    let folder = try Runs.trained()
    for format in ["onnx", "npz", "csv"] {
      try folder.write("old", to: "file")
      try GeulProcess.run(["export", "run", "--\(format)", "file"], in: folder)
        .expectRefusal(1, naming: "file already exists", "--force")
      #expect(folder.text("file") == "old")
      let forced = try GeulProcess.run(
        ["export", "run", "--\(format)", "file", "--force"], in: folder)
      #expect(forced.status == 0 && folder.data("file")?.count ?? 0 > 100)
    }
    let events = ["export", "run", "--tensorboard", "logs"]
    #expect(try GeulProcess.run(events, in: folder).status == 0)
    try GeulProcess.run(events, in: folder).expectRefusal(1, naming: "logs already has event files")
    #expect(try GeulProcess.run(events + ["--force"], in: folder).status == 0)
    #expect(folder.names(in: "logs").count == 2)
  }

  @Test(arguments: [
    (["export", "run"], 2, "--onnx FILE"), (["export", "--onnx", "x"], 2, "<model>"),
    (["export", "run", "--onnx", "x", "--npz", "x"], 2, "another file"),
    (["export", "absent", "--onnx", "x"], 1, "absent: no such model"),
    (["export", "text.txt", "--npz", "x"], 1, "text.txt"),
    (["export", "absent", "--csv", "x"], 1, "absent: no such directory"),
    (["export", "run/best.safetensors", "--csv", "x"], 1, "Give the run directory, run"),
    (["export", "text.txt", "--tensorboard", "x"], 1, "not a run directory"),
    (["export", "run", "--tensorboard", "text.txt"], 1, "text.txt is a file"),
    (["export", "run", "--tensorboard", "text.txt/x"], 1, "text.txt/x: cannot be written"),
    (["export", "run", "--tensorboard", "-"], 1, "standard output"),
    (["export", "run", "--onnx", "run"], 1, "run is a directory"),
    (["export", "run", "--onnx", "none/x"], 1, "none/x: cannot be written"),
    (["train", "text.txt", "--tensorboard", "text.txt", "--out", "x"], 1, "text.txt is a file"),
  ])
  func `a wrong command line writes nothing`(
    arguments: [String], code: Int32, words: String
  ) throws {
    // A folder of its own: the check of an output makes a file for a moment.
    let folder = try Runs.copied()
    let before = folder.names(in: ".")
    try GeulProcess.run(arguments, in: folder).expectRefusal(code, naming: words)
    #expect(folder.names(in: ".") == before)
  }

  @Test func `a run without metrics is refused`() throws {
    let folder = try Runs.trained()
    try folder.write("", to: "run/metrics.jsonl")
    try GeulProcess.run(["export", "run", "--csv", "x"], in: folder)
      .expectRefusal(1, naming: "run/metrics.jsonl has no metrics yet")
  }

  @Test func `a resumed run continues in a new event file, a new run refuses the directory`() throws
  {
    let folder = try Runs.trained(["--tensorboard", "logs"])
    #expect(folder.names(in: "logs").count == 1)
    let resumed = try GeulProcess.run(
      ["resume", "run", "--steps", "40", "--sample-every", "0", "--tensorboard", "logs"], in: folder
    )
    #expect(resumed.status == 0, "\(resumed.stderr)")
    let names = folder.names(in: "logs").sorted()
    try #require(names.count == 2)
    let (first, second) = (folder.data("logs/\(names[0])"), folder.data("logs/\(names[1])"))
    #expect((first?.count ?? 0) < (second?.count ?? 0), "the second has the metrics of both")
    try GeulProcess.run(
      ["train", "text.txt", "--out", "other", "--tensorboard", "logs"], in: folder
    )
    .expectRefusal(1, naming: "logs already has event files")
    #expect(!folder.names(in: ".").contains("other"))
  }

  @Test func `training continues if the events cannot be written`() throws {
    let folder = try Runs.trained()
    // The name is too long for the file system, which shows when the directory is made.
    let name = String(repeating: "x", count: 300)
    let result = try GeulProcess.run(
      ["resume", "run", "--steps", "40", "--sample-every", "0", "--tensorboard", name], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(result.notes.count { $0.contains("without events for TensorBoard") } == 1)
  }
}
