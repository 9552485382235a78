import Foundation
import GeulCompute
import GeulModel
import GeulPage
import GeulStorage
import TestSupport
import Testing

struct ModelPageTests {
  /// The size limit of the page without its models, in bytes.
  private static let codeLimit = 150_000

  @Test(
    "A page is at most 1.4 times its models plus 150 KB", arguments: ModelPage.WeightFormat.allCases
  )
  func size(format: ModelPage.WeightFormat) throws {
    var page = ModelPage()
    #expect(page.html.utf8.count < Self.codeLimit)
    var models = 0
    for name in ["english", "korean"] {
      models += page.add(
        try Model(contentsOf: "checkpoints/\(name).safetensors"), name: name, format: format)
    }
    #expect(page.html.utf8.count < models * 14 / 10 + Self.codeLimit)
    // 593,702 and 610,358 parameters.
    #expect(models > 1_204_060 * (format == .int8 ? 1 : 4))
  }

  @Test("Models above 1 MB of weights are stored as int8 unless told otherwise")
  func automaticFormat() throws {
    let large = try Model(contentsOf: "checkpoints/english.safetensors")
    #expect(ModelPage.WeightFormat.automatic(for: large) == .int8)
    #expect(ModelPage.WeightFormat.automatic(for: try randomModel(.lstm)) == .float32)
  }

  @Test("A page contains the bytes of the model file, and nothing that refers to another file")
  func contents() throws {
    let model = try randomModel(.gru)
    var page = ModelPage(title: "Title", text: "beginning", language: .korean)
    page.add(model, name: "small")
    let html = page.html
    let base64 = Data(try model.safetensors.serialized()).base64EncodedString()
    #expect(html.contains("data-name=\"small\">\(base64)</script>"))
    #expect(html.contains("{\"language\":\"ko\",\"text\":\"beginning\",\"title\":\"Title\"}"))
    for reference in ["src=", "<link", "url(", "fetch(", "@import"] {
      #expect(!html.contains(reference), "the page contains \(reference)")
    }
    #expect(html.contains("default-src 'none'"), "the browser denies all requests")
  }

  @Test("Titles, texts and names cannot end their element")
  func escaping() throws {
    let hostile = "</script><b title=\"x\">&amp; {{script}} {{models}}"
    var page = ModelPage(title: hostile, text: hostile)
    page.add(try randomModel(.rnn), name: hostile)
    let html = page.html
    #expect(!html.contains(hostile))
    #expect(!html.contains("</script><b"))
    #expect(html.components(separatedBy: "class=\"model\"").count == 2)
  }

  @Test("The script has no import, export or comment, so its modules are one")
  func script() throws {
    let script = try Self.script()
    #expect(script.utf8.count > 200_000)
    for line in script.split(separator: "\n") {
      for word in ["import ", "export ", "//", "/*"] {
        #expect(!line.hasPrefix(word), "\(line)")
      }
    }
  }

  @Test(
    "The script is valid JavaScript: no two modules declare the same name",
    .enabled(if: Program("node") != nil, "NOT TESTED: Node.js is not installed"))
  func syntax() throws {
    let folder = try Folder()
    try folder.write(try Self.script(), to: "page.mjs")
    let result = try #require(Program("node")).run(["--check", folder.file("page.mjs")])
    #expect(result.status == 0, "\(result.output)")
  }

  /// Returns the script that a page contains.
  private static func script() throws -> String {
    let html = ModelPage().html
    let element = try #require(html.firstMatch(of: /data-tag="script">([^<]*)</))
    let folder = try Folder()
    try folder.write(try #require(Data(base64Encoded: String(element.1))), to: "script.gz")
    let result = try #require(Program("gzip")).run(["-dc", folder.file("script.gz")])
    try #require(result.status == 0)
    return result.output
  }
}
