import Foundation

// Assembles the page from its sources, and writes it as string literals of a Swift file:
//
//     EmbedResources FOLDER FILE.swift
//
// Script and style are compressed by gzip, because the page's code and its text in two languages take 350 KB. SwiftPM's own
// `.embedInCode` would write arrays of bytes: the compiler needs 30 s for 180 KB of them, and less than 1 s for string
// literals.

/// Returns a text compressed by `gzip`, as base64.
func compressed(_ text: String) throws -> String {
  let gzip = Process()
  gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  gzip.arguments = ["gzip", "-9", "-n", "-c"]
  let (input, output) = (Pipe(), Pipe())
  (gzip.standardInput, gzip.standardOutput) = (input, output)
  try gzip.run()
  // Both pipes are in use at the same time, so that neither fills up.
  let writer = Thread {
    input.fileHandleForWriting.write(Data(text.utf8))
    try? input.fileHandleForWriting.close()
  }
  writer.start()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  gzip.waitUntilExit()
  guard gzip.terminationStatus == 0, !data.isEmpty else {
    throw CocoaError(.executableRuntimeMismatch)
  }
  return data.base64EncodedString()
}

let folder = URL(fileURLWithPath: CommandLine.arguments[1])
let output = URL(fileURLWithPath: CommandLine.arguments[2])
var files: [String: String] = [:]
for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
where ["html", "css", "js"].contains(URL(fileURLWithPath: path).pathExtension) {
  files[path] = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
}

let sheets = files.filter { $0.key.hasSuffix(".css") }.sorted { $0.key < $1.key }
let script = ScriptBundle("main.js", modules: files.filter { $0.key.hasSuffix(".js") }).text
let template = (files["page.html"] ?? "")
  .replacingOccurrences(of: "{{style}}", with: try compressed(sheets.map(\.value).joined()))
  .replacingOccurrences(of: "{{script}}", with: try compressed(script))
let reportStyle = sheets.filter { ["style/base.css", "style/text.css"].contains($0.key) }
  .map(\.value).joined()

/// Returns the declaration of a constant with a text as its value.
func declaration(_ name: String, _ text: String) -> String {
  var pounds = "#"
  while text.contains("\"\"\"" + pounds) || text.contains("\\" + pounds) { pounds += "#" }
  return "let \(name): StaticString = \(pounds)\"\"\"\n\(text)\n\"\"\"\(pounds)\n"
}

let source = declaration("embeddedPage", template) + declaration("embeddedReportStyle", reportStyle)
try source.write(to: output, atomically: true, encoding: .utf8)
