import Foundation
import GeulStorage
import TestSupport
import Testing

struct JSONLinesFileTests {
  struct Entry: Codable, Equatable {
    var step: Int
    var sampleText: String
  }

  let folder: Folder
  let file: JSONLinesFile

  init() throws {
    folder = try Folder()
    file = JSONLinesFile(folder.file("log.jsonl"), usesSnakeCase: true)
  }

  @Test func `values are appended as sorted JSON, one per line, and read again`() throws {
    #expect(file.values(Entry.self) == [])
    let entries = [Entry(step: 1, sampleText: "a/b\n"), Entry(step: 2, sampleText: "한")]
    for entry in entries { try file.append(entry) }
    #expect(
      folder.text("log.jsonl")
        == #"{"sample_text":"a/b\n","step":1}"# + "\n" + #"{"sample_text":"한","step":2}"# + "\n")
    #expect(file.values(Entry.self) == entries)
  }

  @Test func `keys are kept as declared unless snake case is asked for`() throws {
    let file = JSONLinesFile(folder.file("plain.jsonl"))
    try file.append(Entry(step: 1, sampleText: ""))
    #expect(folder.text("plain.jsonl") == #"{"sampleText":"","step":1}"# + "\n")
  }

  @Test func `lines that are incomplete or of another type are skipped`() throws {
    let text =
      #"{"sample_text":"a","step":1}"# + "\n\n{}\n" + #"{"sample_text":"c","step":3}"#
      + "\n" + #"{"sample_te"#
    try Data(text.utf8).write(to: URL(filePath: file.path))
    #expect(file.values(Entry.self).map(\.step) == [1, 3])
  }

  @Test func `lines that do not satisfy the condition are removed, the others keep their bytes`()
    throws
  {
    let spaced = #"{ "step": 1, "sample_text": "a", "extra": 1 }"#
    let text = spaced + "\n" + #"{"sample_text":"b","step":2}"# + "\nbroken"
    try Data(text.utf8).write(to: URL(filePath: file.path))
    try file.keepLines(Entry.self) { $0.step <= 1 }
    #expect(folder.text("log.jsonl") == spaced + "\n")
    try file.append(Entry(step: 2, sampleText: ""))
    #expect(file.values(Entry.self).map(\.step) == [1, 2])
    #expect(folder.names(includingHidden: true) == ["log.jsonl"])
  }

  @Test func `a missing file is created empty`() throws {
    try file.keepLines(Entry.self) { _ in true }
    #expect(folder.text("log.jsonl") == "")
  }

  @Test func `a file that needs no change is not replaced`() throws {
    try file.append(Entry(step: 1, sampleText: "a"))
    let before = try FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber]
    try file.keepLines(Entry.self) { _ in true }
    let after = try FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber]
    #expect(before as? Int == after as? Int)
  }

  @Test func `a folder that is missing is an error`() throws {
    let missing = JSONLinesFile(folder.file("none/log.jsonl"))
    #expect(throws: FileError.self) { try missing.append([1]) }
    #expect(throws: FileError.self) { try missing.keepLines([Int].self) { _ in true } }
    #expect(missing.values([Int].self) == [])
  }
}
