import Foundation
import TestSupport
import Testing

/// The options that name an output file or directory: what cannot be written is found before the work.
struct OutputFileTests {
  /// Command lines without the path at their end, and the option that names it.
  static let files = [
    (["page", "run", "--out"], "--out"), (["report", "run", "--html"], "--html"),
    (["explain", "run", "--text", "the", "--html"], "--html"),
    (["context", "run", "--corpus", "text.txt", "--html"], "--html"),
    (["export", "run", "--force", "--onnx"], "--onnx"),
    (["export", "run", "--force", "--npz"], "--npz"),
    (["export", "run", "--force", "--csv"], "--csv"),
    (["write", "run", "--output"], "--output"),
    (["import", "state", "--vocabulary", "vocabulary", "--force", "--out"], "--out"),
  ]
  static let directories = [
    (["train", "absent.txt", "--out"], "--out"),
    (["context", "--compare-cells", "text.txt", "--out"], "--out"),
    (["train", "absent.txt", "--out", "new", "--tensorboard"], "--tensorboard"),
    (["export", "run", "--onnx", "x.onnx", "--tensorboard"], "--tensorboard"),
  ]

  @Test(arguments: files)
  func `a file that cannot be written is refused before the work`(
    arguments: [String], option: String
  ) throws {
    let folder = try Runs.trained()
    try folder.write("kept", to: "locked")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o444], ofItemAtPath: folder.file("locked"))
    let before = folder.names(includingHidden: true)
    for (path, words) in [
      ("none/x", "none/x: cannot be written: No such file or directory."),
      ("/proc/x", "/proc/x: cannot be written: "), ("run", "run is a directory."),
      ("locked", "locked: is read-only. Make it writable (chmod u+w), or choose another file"),
    ] {
      let result = try GeulProcess.run(arguments + [path], in: folder)
      result.expectRefusal(1, naming: words, option)
      #expect(result.output.isEmpty && result.notes.count == 1, "\(result.stderr)")
    }
    #expect(folder.text("locked") == "kept")
    #expect(folder.names(includingHidden: true) == before)
  }

  @Test(arguments: directories)
  func `a directory that cannot be written is refused before the work`(
    arguments: [String], option: String
  ) throws {
    let folder = try Runs.trained()
    try folder.write("kept", to: "file")
    for path in ["/proc/x", "file/x"] {
      let result = try GeulProcess.run(arguments + [path], in: folder)
      result.expectRefusal(1, naming: "\(path): cannot be written: ", option)
      #expect(result.notes.count == 1, "\(result.stderr)")
    }
    #expect(!folder.exists("new") && !folder.exists("x.onnx"))
  }

  @Test func `a full device is one sentence`() throws {
    let folder = try Runs.trained()
    try GeulProcess.run(["page", "run", "--out", "/dev/full"], in: folder)
      .expectRefusal(1, naming: "/dev/full: cannot be written: No space left on device.", "--out")
  }

  @Test func `an output through a link keeps the link and the permissions of its target`() throws {
    let folder = try Runs.trained()
    try folder.write("old", to: "run/page.html")
    let path = folder.file("run/page.html")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.html"), withDestinationPath: "run/page.html")
    let result = try GeulProcess.run(["page", "run", "--out", "link.html"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(folder.text("run/page.html")?.hasPrefix("<!doctype html>") == true)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    let target = try FileManager.default.destinationOfSymbolicLink(
      atPath: folder.file("link.html"))
    #expect(target == "run/page.html")
  }

  @Test(arguments: [">", "| cat >"])
  func `/dev/stdout is standard output, a file or a pipe`(redirection: String) throws {
    let folder = try Runs.trained()
    let direct = try GeulProcess.run(["page", "run", "--out", "-"], in: folder)
    let result = try GeulProcess.shell(
      #""$geul" page run --out /dev/stdout \#(redirection) page.html"#, in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(folder.data("page.html") == direct.output)
  }

  @Test(arguments: ["latest", "best", "latest.previous"])
  func `a run with a read-only checkpoint is not resumed`(name: String) throws {
    let folder = try Runs.trained()
    let resume = ["resume", "run", "--steps", "30"]
    if name == "latest.previous" {
      #expect(try GeulProcess.run(["resume", "run", "--steps", "25"], in: folder).status == 0)
    }
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o444], ofItemAtPath: folder.file("run/\(name).safetensors"))
    let before = folder.contents(of: "run")
    let result = try GeulProcess.run(resume, in: folder)
    #expect(result.status == 1 && !result.stderr.contains("step 2"), "\(result.stderr)")
    #expect(
      result.notes.last?.hasPrefix("geul: run/\(name).safetensors: is read-only.") == true,
      "\(result.stderr)")
    #expect(folder.contents(of: "run") == before)
  }
}
