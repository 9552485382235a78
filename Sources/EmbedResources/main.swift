import Foundation

// Assembles the page from its sources, and writes it as string literals of a Swift file:
//
//     EmbedResources FOLDER FILE.swift
//
// Script and style are compressed by gzip, because the page's code and its text in two languages take 350 KB. SwiftPM's own
// `.embedInCode` would write arrays of bytes: the compiler needs 30 s for 180 KB of them, and less than 1 s for string
// literals.

/// Returns a text compressed by `gzip`, as base64; `file` is written in between.
func compressed(_ text: String, through file: URL) throws -> String {
  try text.write(to: file, atomically: true, encoding: .utf8)
  let gzip = Process()
  gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  gzip.arguments = ["gzip", "-9", "-n", "-c", file.path]
  let output = Pipe()
  gzip.standardOutput = output
  try gzip.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  gzip.waitUntilExit()
  guard gzip.terminationStatus == 0 else {
    throw EmbeddingError(description: "gzip failed on \(file.path). Is it installed?")
  }
  return data.base64EncodedString()
}

/// Returns the declaration of a constant with a text as its value.
func declaration(_ name: String, _ text: String) -> String {
  var pounds = "#"
  while text.contains("\"\"\"" + pounds) || text.contains("\\" + pounds) { pounds += "#" }
  return "let \(name): StaticString = \(pounds)\"\"\"\n\(text)\n\"\"\"\(pounds)\n"
}

/// Writes the Swift file for the sources in `folder`.
func embed(_ folder: URL, in output: URL) throws {
  var files: [String: String] = [:]
  for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
  where ["html", "css", "js"].contains(URL(fileURLWithPath: path).pathExtension) {
    files[path] = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
  }
  let sheets = files.filter { $0.key.hasSuffix(".css") }.sorted { $0.key < $1.key }
  let style = sheets.map(\.value).joined()
  let script = try ScriptBundle("main.js", modules: files).text
  let parts = output.deletingLastPathComponent()
  let template = (files["page.html"] ?? "")
    .replacingOccurrences(
      of: "{{style}}",
      with: try compressed(style, through: parts.appendingPathComponent("style.css"))
    )
    .replacingOccurrences(
      of: "{{script}}",
      with: try compressed(script, through: parts.appendingPathComponent("script.js")))
  let reportStyle = sheets.filter { ["style/base.css", "style/text.css"].contains($0.key) }
    .map(\.value).joined()
  let source =
    declaration("embeddedPage", template) + declaration("embeddedReportStyle", reportStyle)
  try source.write(to: output, atomically: true, encoding: .utf8)
}

do {
  try embed(
    URL(fileURLWithPath: CommandLine.arguments[1]),
    in: URL(fileURLWithPath: CommandLine.arguments[2]))
} catch {
  FileHandle.standardError.write(Data("EmbedResources: \(error)\n".utf8))
  exit(1)
}
