import Foundation
import TestSupport
import Testing

/// The file that `geul page` writes.
///
/// Tests/Page tests the page itself in a browser.
struct PageTests {
  @Test func `a page has the models of files and run directories under their names`() throws {
    let folder = try Runs.trained()
    try folder.copy("run/best.safetensors", to: "my model.safetensors")
    let result = try GeulProcess.run(
      [
        "page", "run", "my model.safetensors", "run/best.safetensors", "./run/", "--out",
        "page.html", "--title", "<Lesson>", "--text", "the moon", "--language", "ko",
      ], in: folder)
    #expect(result.status == 0 && result.output.isEmpty, "\(result.stderr)")
    #expect(result.stderr.contains("Wrote page.html"))
    let html = try #require(folder.text("page.html"))
    let names = html.matches(of: /class="model" data-name="([^"]*)"/).map { String($0.1) }
    #expect(names == ["run", "my model", "run (2)", "run (3)"])
    #expect(html.contains("<title>&lt;Lesson></title>"))
    #expect(
      html.contains("{\"language\":\"ko\",\"text\":\"the moon\",\"title\":\"\\u003CLesson>\"}"))
  }

  @Test func `the precision of the weights is float32 for small models unless told otherwise`()
    throws
  {
    let folder = try Runs.english.get()
    func size(_ arguments: [String]) throws -> Int {
      let result = try GeulProcess.run(["page", "run", "--out", "-"] + arguments, in: folder)
      #expect(result.status == 0 && result.notes.isEmpty, "\(result.stderr)")
      return result.output.count
    }
    let float32 = try size(["--precision", "float32"])
    #expect(try size([]) == float32)
    #expect(try size(["--precision", "int8"]) < float32)
  }

  @Test(arguments: [
    (["page", "run"], 2, "--out"), (["page", "--out", "x.html"], 2, "<models>"),
    (["page", "run", "--out", "x.html", "--precision", "bfloat16"], 2, "bfloat16"),
    (["page", "run", "--out", "x.html", "--language", "fr"], 2, "fr"),
    (["page", "absent", "--out", "x.html"], 1, "absent"),
    (["page", "run", "--out", "run"], 1, "run is a directory"),
    (["page", "run", "--out", "none/x.html"], 1, "none/x.html: cannot be written"),
  ])
  func `a wrong command line writes nothing`(
    arguments: [String], code: Int32, words: String
  ) throws {
    let folder = try Runs.copied()
    let before = folder.names(in: ".")
    try GeulProcess.run(arguments, in: folder).expectRefusal(code, naming: words)
    #expect(folder.names(in: ".") == before)
  }

  @Test func `an existing page is replaced, and kept if the disk is full`() throws {
    let folder = try Runs.trained()
    try folder.write("old", to: "page.html")
    let failed = try GeulProcess.shell(
      "ulimit -f 4; \"$geul\" page run --out page.html", in: folder)
    failed.expectRefusal(1, naming: "page.html")
    #expect(folder.text("page.html") == "old")
    let result = try GeulProcess.run(["page", "-m", "run", "--html", "page.html"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(folder.text("page.html")?.hasPrefix("<!doctype html>") == true)
    #expect(!folder.names(in: ".").contains { $0.hasSuffix(".partial") })
  }
}
