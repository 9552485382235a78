import Foundation

// Writes the text files of a folder as string literals of a Swift file:
//
//     EmbedResources FOLDER FILE.swift
//
// SwiftPM's own `.embedInCode` writes arrays of bytes instead: the compiler needs 30 s for 180 KB of them, and less than
// 1 s for string literals.

let folder = URL(fileURLWithPath: CommandLine.arguments[1])
let output = URL(fileURLWithPath: CommandLine.arguments[2])
let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()

var source = """
  /// The text files of the folder Resources by their paths, such as `engine/network.js`.
  let embeddedResources: [(path: StaticString, text: StaticString)] = [

  """
for path in paths where ["html", "css", "js"].contains(URL(fileURLWithPath: path).pathExtension) {
  let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
  var pounds = "#"
  while text.contains("\"\"\"" + pounds) || text.contains("\\" + pounds) { pounds += "#" }
  source += "  (\"\(path)\", \(pounds)\"\"\"\n\(text)\n\"\"\"\(pounds)),\n"
}
try (source + "]\n").write(to: output, atomically: true, encoding: .utf8)
