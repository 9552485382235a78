import Foundation
import TestSupport
import Testing

/// `geul train --teacher`.
struct DistillationTests {
  /// A folder with a text and two trained models, `run` and `second`.
  private static let teachers = Swift.Result {
    let folder = try Runs.trained()
    let second = try GeulProcess.run(
      ["train", "text.txt", "--out", "second", "--steps", "20", "--hidden", "24", "--seed", "2"]
        + options, in: folder)
    try #require(second.status == 0, "\(second.stderr)")
    return folder
  }
  private static let options = [
    "--layers", "1", "--batch", "4", "--length", "8", "--threads", "1", "--sample-every", "0",
  ]

  /// Returns a copy of `teachers`.
  private func copy() throws -> Folder {
    let (folder, copy) = (try Self.teachers.get(), try Folder())
    for name in ["text.txt", "run", "second"] {
      try FileManager.default.copyItem(atPath: folder.file(name), toPath: copy.file(name))
    }
    return copy
  }

  private func distil(
    _ arguments: [String], out: String = "student", in folder: Folder
  ) throws -> GeulProcess.Result {
    try GeulProcess.run(
      ["train", "text.txt", "--out", out, "--hidden", "16", "--steps", "30"] + Self.options
        + arguments, in: folder)
  }

  @Test func `a network learns from teachers, and config.json reproduces it`() throws {
    let folder = try Self.teachers.get()
    let result = try distil(
      ["--teacher", "run", "--teacher", "second", "--teacher-weight", "0.4"], out: "one",
      in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(
      result.notes.contains {
        $0.hasPrefix("Distillation: ") && $0.contains("0.4") && $0.contains("run (1 x 16 lstm)")
          && $0.contains("mean prediction of ") && $0.contains("second (1 x 24 lstm)")
      }, "\(result.stderr)")
    let alone = try distil([], out: "alone", in: folder)
    #expect(alone.status == 0)
    #expect(folder.data("one/best.safetensors") != folder.data("alone/best.safetensors"))
    #expect(!folder.exists("alone/teacher-1.safetensors"))
    let again = try GeulProcess.run(
      ["train", "--config", "one/config.json", "--out", "again", "--threads", "1"], in: folder)
    #expect(again.status == 0, "\(again.stderr)")
    #expect(folder.data("again/best.safetensors") == folder.data("one/best.safetensors"))
  }

  @Test func `--dry-run shows the teachers, with whose speed it plans`() throws {
    let folder = try Self.teachers.get()
    let plan = [
      "train", "text.txt", "--dry-run", "--hidden", "16", "--teacher", "run", "--teacher", "second",
    ]
    let options = Array(Self.options.dropLast(2))
    let printed = try GeulProcess.run(plan + options, in: folder)
    #expect(printed.stdout.contains("teachers     2, weight 0.5"), "\(printed.stdout)")
    let json = try GeulProcess.run(plan + options + ["--json"], in: folder).json()
    #expect(json["teachers"] as? Int == 2 && json["teacher_weight"] as? Double == 0.5)
  }

  @Test func `fine-tuning with frozen layers can have a teacher, if no character is new`() throws {
    let folder = try Self.teachers.get()
    let options = [
      "train", "text.txt", "--init-from", "run", "--freeze-layers", "1", "--teacher", "second",
      "--steps", "10",
    ]
    let tuned = try GeulProcess.run(
      options + ["--out", "tuned"] + ["--batch", "4", "--length", "8"], in: folder)
    #expect(tuned.status == 0, "\(tuned.stderr)")
    try folder.write(Texts.english + "çç", to: "new.txt")
    let other = try GeulProcess.run(
      ["train", "new.txt"] + options.dropFirst(2) + ["--out", "refused"], in: folder)
    other.expectRefusal(1, naming: "--teacher second", "--init-from")
  }

  @Test func `teachers of lists that held out other items get a note`() throws {
    let folder = try Folder()
    try folder.write(
      (0..<60).map { "name\($0 * 7919 % 1000)\n" }.joined(), to: "names.txt")
    func train(_ out: String, _ seed: Int, _ more: String...) throws -> GeulProcess.Result {
      try GeulProcess.run(
        ["train", "names.txt", "--lines", "--out", out, "--seed", "\(seed)", "--steps", "5"]
          + ["--hidden", "8", "--layers", "1"] + more, in: folder)
    }
    #expect(try train("one", 1).status == 0)
    let same = try train("two", 1, "--teacher", "one")
    #expect(same.status == 0 && !same.stderr.contains("Teacher 1 may"), "\(same.stderr)")
    let other = try train("three", 2, "--teacher", "one")
    #expect(other.status == 0 && other.stderr.contains("Teacher 1 may"), "\(other.stderr)")
  }

  @Test func `a run that cannot save its first checkpoint leaves no folder`() throws {
    let folder = try copy()
    // The teacher can be written, the checkpoint cannot.
    let size = try #require(folder.data("second/best.safetensors")).count
    let result = try GeulProcess.shell(
      "ulimit -f \(size / 512 + 2); \"$geul\" train text.txt --out student --hidden 96 --steps 5 --teacher second",
      in: folder)
    #expect(result.status == 1, "\(result.stderr)")
    #expect(!folder.exists("student"))
  }

  @Test
  func
    `a run that is stopped and resumed has the bytes of an uninterrupted run, without the files of the teachers`()
    throws
  {
    let folder = try copy()
    let train =
      [
        "train", "text.txt", "--hidden", "16", "--steps", "3000", "--save-every", "700",
        "--patience", "0", "--teacher", "second",
      ] + Self.options
    let whole = try GeulProcess.run(train + ["--out", "whole"], in: folder)
    #expect(whole.status == 0, "\(whole.stderr)")
    let process = try GeulProcess(train + ["--out", "stopped"], in: folder)
    try process.send(SIGTERM) { $0.stderr.contains("step 450/") }
    #expect(process.wait().status == 143)
    folder.remove("second")
    let resumed = try GeulProcess.run(["resume", "stopped", "--threads", "1"], in: folder)
    #expect(resumed.status == 0, "\(resumed.stderr)")
    for file in ["latest.safetensors", "best.safetensors"] {
      #expect(folder.data("stopped/\(file)") == folder.data("whole/\(file)"), "\(file)")
    }
  }

  @Test func `a teacher that is missing, damaged or another model is named`() throws {
    let copy = try copy()
    let third = ["--steps", "20", "--hidden", "24", "--seed", "3"] + Self.options
    let trained = try GeulProcess.run(["train", "text.txt", "--out", "third"] + third, in: copy)
    #expect(trained.status == 0)
    #expect(try distil(["--teacher", "second"], in: copy).status == 0)
    let resume = ["resume", "student", "--steps", "40"]
    let file = "student/teacher-1.safetensors"
    let teacher = try #require(copy.data(file))

    try copy.write(teacher.dropLast(100), to: file)
    try GeulProcess.run(resume, in: copy).expectRefusal(1, naming: file, "damaged")
    // Models of another and of the same size.
    for other in ["run", "third"] {
      copy.remove(file)
      try copy.copy("\(other)/best.safetensors", to: file)
      try GeulProcess.run(resume, in: copy).expectRefusal(1, naming: file, "not the teacher")
    }
    copy.remove(file)
    try GeulProcess.run(resume, in: copy).expectRefusal(1, naming: file)
    try copy.write(teacher, to: file)
    #expect(try GeulProcess.run(resume, in: copy).status == 0)
  }

  @Test func `options that do not fit are refused`() throws {
    let folder = try Self.teachers.get()
    func refusal(_ status: Int32, _ arguments: [String], naming words: String...) throws {
      let result = try distil(arguments, out: "refused", in: folder)
      #expect(result.status == status, "\(result.stderr)")
      for word in words { #expect(result.stderr.contains(word), "\(result.stderr)") }
      #expect(!folder.exists("refused"))
    }
    try refusal(2, ["--teacher-weight", "0.5"], naming: "--teacher MODEL")
    try refusal(2, ["--teacher", "run", "--teacher-weight", "1.5"], naming: "--teacher-weight")
    try refusal(2, ["--teacher", "run", "--teacher-weight", "0"], naming: "--teacher-weight")
    try refusal(1, ["--teacher", "none"], naming: "none")
    try folder.write("no model", to: "damaged.safetensors")
    try refusal(1, ["--teacher", "damaged.safetensors"], naming: "damaged.safetensors")
    try refusal(
      1, ["--teacher", "run", "--unit", "jamo"], naming: "--teacher run", "vocabulary", "--unit")
    try refusal(
      1, ["--teacher", "run", "--normalize", "nfd"], naming: "--teacher run", "--normalize")
  }
}
