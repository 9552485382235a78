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

  @Test func `the first file is written whole, and nothing beside it`() throws {
    try Self.save("one", folder.file("latest.safetensors"))
    #expect(folder.text("latest.safetensors") == "one")
    #expect(folder.names == ["latest.safetensors"])
  }

  @Test func `the one before is kept as the previous one, and only that one`() throws {
    for text in ["one", "two", "three"] { try Self.save(text, folder.file("latest.safetensors")) }
    #expect(folder.text("latest.safetensors") == "three")
    #expect(folder.text("latest.previous.safetensors") == "two")
    #expect(folder.names == ["latest.previous.safetensors", "latest.safetensors"])
  }

  @Test func `a damaged file need not displace the previous one`() throws {
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
  func `the previous one is named before the extension`(path: String, previous: String) {
    #expect(AtomicFile(path).previousPath == previous)
  }

  @Test func `a name without a folder is in the folder of the process`() async {
    await #expect(processExitsWith: .success) {
      let folder = try Folder()
      #expect(FileManager.default.changeCurrentDirectoryPath(folder.path))
      try AtomicFileTests.save("one", "plain")
      #expect(folder.names == ["plain"])
    }
  }

  @Test func `what fails while writing leaves both old files, and no partial one`() throws {
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
    #expect(folder.names == ["f", "f.previous"])
  }

  @Test func `what a killed process left half-written is overwritten`() throws {
    try Data(repeating: 1, count: 100).write(to: URL(fileURLWithPath: folder.file("f.partial")))
    try Data(repeating: 1, count: 100).write(
      to: URL(fileURLWithPath: folder.file("f.previous.partial")))
    for text in ["one", "two"] { try Self.save(text, folder.file("f")) }
    #expect(folder.text("f") == "two")
    #expect(folder.names == ["f", "f.previous"])
  }

  @Test func `two savers of one name at once: the second is told, the first is not disturbed`()
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

  @Test func `a folder that is missing or is a file is an error that says so`() throws {
    try Self.save("file", folder.file("f"))
    let under = #expect(throws: FileError.self) { try Self.save("x", folder.file("f/g")) }
    #expect(under?.reason == .system(ENOTDIR))
    let missing = #expect(throws: FileError.self) { try Self.save("x", folder.file("none/g")) }
    #expect(
      missing?.description
        == folder.file("none/g.partial") + ": could not be created: No such file or directory. "
        + "Create the folder first. What was saved before is unchanged.")
    #expect(folder.names == ["f"])
  }

  @Test func `a name that is a folder's is an error, and the folder stays`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("f"), withIntermediateDirectories: false)
    #expect(throws: FileError.self) { try Self.save("x", folder.file("f")) }
    #expect(folder.names == ["f"])
  }

  @Test func `where the previous name cannot be taken over the new file is in place all the same`()
    throws
  {
    // A previous name that cannot be taken over: a folder that is not empty.
    try Self.save("one", folder.file("f"))
    try FileManager.default.createDirectory(
      atPath: folder.file("f.previous/x"), withIntermediateDirectories: true)
    #expect(throws: FileError.self) { try Self.save("two", folder.file("f")) }
    #expect(folder.text("f") == "two")
    #expect(folder.names == ["f", "f.previous"])
  }

  @Test func `a whole model goes to the disk and comes back`() throws {
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
    // The reader goes on with the file it opened, though another has taken its name.
    try SafetensorsFile().write(to: file)
    #expect(try read.floats("b", shape: [1000]) == Array(floats[..<1000]))
  }

  @Test func `a header that no reader would accept is not written`() throws {
    let file = AtomicFile(folder.file("m"))
    try Self.save("one", file.path)
    let huge = SafetensorsFile(metadata: ["k": String(repeating: "x", count: 64 << 20)])
    let error = #expect(throws: FileError.self) { try huge.write(to: file) }
    guard case .headerTooLong? = error?.reason else {
      Issue.record("another reason: \(String(describing: error))")
      return
    }
    #expect(folder.text("m") == "one")
    #expect(folder.names == ["m"])
  }

  @Test(arguments: ["", "/"])
  func `what is not a file cannot be read as one`(suffix: String) throws {
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

  @Test func `a file that becomes shorter after it was opened is an error`() throws {
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
