import Foundation
import GeulStorage
import TestSupport
import Testing

struct AtomicFileTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  static func save(
    _ text: String, _ path: String, keepingPrevious: Bool = true
  ) throws(FileError) {
    try AtomicFile(path).replace(keepingPrevious: keepingPrevious) { (out) throws(FileError) in
      for byte in text.utf8 { try out.write([byte].span) }
    }
  }

  @Test func `the first file is written without a previous version`() throws {
    try Self.save("one", folder.file("latest.safetensors"))
    #expect(folder.text("latest.safetensors") == "one")
    #expect(folder.names(includingHidden: true) == ["latest.safetensors"])
  }

  @Test func `only the last version is kept as the previous one`() throws {
    for text in ["one", "two", "three"] { try Self.save(text, folder.file("latest.safetensors")) }
    #expect(folder.text("latest.safetensors") == "three")
    #expect(folder.text("latest.previous.safetensors") == "two")
    #expect(
      folder.names(includingHidden: true) == ["latest.previous.safetensors", "latest.safetensors"])
  }

  @Test func `the previous version can be kept instead of a damaged file`() throws {
    for text in ["good", "damaged"] { try Self.save(text, folder.file("f")) }
    try Self.save("new", folder.file("f"), keepingPrevious: false)
    #expect(folder.text("f") == "new")
    #expect(folder.text("f.previous") == "good")
  }

  @Test(arguments: [
    ("run/latest.safetensors", "run/latest.previous.safetensors"),
    ("model.tar.gz", "model.tar.previous.gz"), ("a.b/model", "a.b/model.previous"),
    (".hidden", ".hidden.previous"), ("/x/.hidden.json", "/x/.hidden.previous.json"),
    ("모델.safetensors", "모델.previous.safetensors"),
  ])
  func `the name of the previous version has .previous before the extension`(
    path: String, previous: String
  ) {
    #expect(AtomicFile(path).previousPath == previous)
  }

  @Test func `a name without a folder is in the working directory`() async {
    await #expect(processExitsWith: .success) {
      let folder = try Folder()
      #expect(FileManager.default.changeCurrentDirectoryPath(folder.path))
      try AtomicFileTests.save("one", "plain")
      #expect(folder.names(includingHidden: true) == ["plain"])
    }
  }

  @Test func `an error while writing keeps both versions and removes the partial file`() throws {
    for text in ["one", "two"] { try Self.save(text, folder.file("f")) }
    let failure = FileError(path: "elsewhere", action: .read, reason: .endsEarly)
    #expect(throws: failure) {
      try AtomicFile(folder.file("f")).replace { (out) throws(FileError) in
        try out.write([1, 2, 3].span)
        throw failure
      }
    }
    #expect(folder.text("f") == "two")
    #expect(folder.text("f.previous") == "one")
    #expect(folder.names(includingHidden: true) == ["f", "f.previous"])
  }

  @Test func `partial files of a killed process are overwritten`() throws {
    try Data(repeating: 1, count: 100).write(to: URL(fileURLWithPath: folder.file("f.partial")))
    try Data(repeating: 1, count: 100).write(
      to: URL(fileURLWithPath: folder.file("f.previous.partial")))
    for text in ["one", "two"] { try Self.save(text, folder.file("f")) }
    #expect(folder.text("f") == "two")
    #expect(folder.names(includingHidden: true) == ["f", "f.previous"])
  }

  @Test func `a concurrent writer of the same file gets an error and does not affect the first`()
    throws
  {
    let path = folder.file("f")
    try AtomicFile(path).replace { (out) throws(FileError) in
      try out.write([0x61].span)
      #expect(throws: FileError(path: path + ".partial", action: .create, reason: .busy)) {
        try Self.save("second", path)
      }
      try out.write([0x62].span)
    }
    #expect(folder.text("f") == "ab")
  }

  @Test func `a folder that is missing or is a file is an error`() throws {
    try Self.save("file", folder.file("f"))
    let under = #expect(throws: FileError.self) { try Self.save("x", folder.file("f/g")) }
    #expect(under?.reason == .system(ENOTDIR))
    let missing = #expect(throws: FileError.self) { try Self.save("x", folder.file("none/g")) }
    #expect(
      missing?.description
        == folder.file("none/g.partial") + ": could not be created: No such file or directory. "
        + "Create the directory first. Existing files are unchanged.")
    #expect(folder.names(includingHidden: true) == ["f"])
  }

  @Test func `a folder is not replaced by a file`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("f"), withIntermediateDirectories: false)
    #expect(throws: FileError.self) { try Self.save("x", folder.file("f")) }
    #expect(folder.names(includingHidden: true) == ["f"])
  }

  @Test func `the new file is in place even if the previous version cannot be replaced`()
    throws
  {
    // The previous version cannot be replaced because it is a folder that is not empty.
    try Self.save("one", folder.file("f"))
    try FileManager.default.createDirectory(
      atPath: folder.file("f.previous/x"), withIntermediateDirectories: true)
    #expect(throws: FileError.self) { try Self.save("two", folder.file("f")) }
    #expect(folder.text("f") == "two")
    #expect(folder.names(includingHidden: true) == ["f", "f.previous"])
  }

  @Test func `a large model is written and read`() throws {
    let floats = (0..<1_000_000).map { Float($0) }
    let file = AtomicFile(folder.file("m.safetensors"))
    try SafetensorsFile(
      metadata: ["geul": "{}"],
      tensors: [
        .init("a", shape: [1000, 999], data: floats[1000...]),
        .init("b", shape: [1000], data: floats[..<1000]),
      ]
    ).write(to: file)
    let read = try SafetensorsFile(contentsOf: file.path)
    #expect(try read.floats("a", shape: [1000, 999]) == Array(floats[1000...]))
    #expect(try read.floats("b", shape: [1000]) == Array(floats[..<1000]))
    #expect(try read.serialized() == Array(Data(contentsOf: URL(fileURLWithPath: file.path))))
    // The reader still has the file that it opened after another file was given its name.
    try SafetensorsFile().write(to: file)
    #expect(try read.floats("b", shape: [1000]) == Array(floats[..<1000]))
  }

  @Test func `a header beyond the size limit is not written`() throws {
    let file = AtomicFile(folder.file("m"))
    try Self.save("one", file.path)
    let huge = SafetensorsFile(metadata: ["k": String(repeating: "x", count: 64 << 20)])
    let error = #expect(throws: FileError.self) { try huge.write(to: file) }
    guard case .headerTooLong? = error?.reason else {
      Issue.record("unexpected reason: \(String(describing: error))")
      return
    }
    #expect(folder.text("m") == "one")
    #expect(folder.names(includingHidden: true) == ["m"])
  }

  @Test(arguments: ["", "/"])
  func `folders, devices and missing files cannot be read`(suffix: String) throws {
    let path = folder.path + suffix
    #expect(
      throws: FormatError(
        file: path,
        reason: .unreadable(FileError(path: path, action: .open, reason: .notAFile)))
    ) { try SafetensorsFile(contentsOf: path) }
    #expect(throws: FormatError.self) { try SafetensorsFile(contentsOf: "/dev/zero") }
    let missing = #expect(throws: FormatError.self) {
      try SafetensorsFile(contentsOf: folder.file("none"))
    }
    #expect(
      missing?.description
        == folder.file("none") + ": could not be opened: No such file or directory. "
        + "Check the path.")
  }

  @Test func `a file that is truncated after it was opened is an error`() throws {
    let file = AtomicFile(folder.file("m"))
    try SafetensorsFile(tensors: [.init("t", shape: [4], floats: [1, 2, 3, 4])]).write(to: file)
    let read = try SafetensorsFile(contentsOf: file.path)
    let handle = try #require(FileHandle(forWritingAtPath: file.path))
    try handle.truncate(atOffset: 10)
    let error = #expect(throws: FormatError.self) { try read.floats("t", shape: [4]) }
    #expect(
      error?.reason
        == .unreadable(FileError(path: file.path, action: .read, reason: .endsEarly)))
  }
}
