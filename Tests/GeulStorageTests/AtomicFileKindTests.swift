import Foundation
import GeulStorage
import TestSupport
import Testing

/// Symbolic links, permissions, devices and pipes.
struct AtomicFileKindTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.file(name), withDestinationPath: target)
  }

  private func permissions(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int
  }

  private func setPermissions(_ permissions: Int, of name: String) throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: permissions], ofItemAtPath: folder.file(name))
  }

  private func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder.file(name), withIntermediateDirectories: true)
  }

  @Test(arguments: ["other/f", "absolute"])
  func `the file that links lead to is replaced in its folder`(target: String) throws {
    try makeFolder("other")
    try link("first", to: target == "absolute" ? folder.file("other/f") : target)
    try makeFolder("links")
    try link("links/second", to: "../first")
    let file = AtomicFile(folder.file("links/second"))
    for text in ["one", "two"] {
      try file.check()
      try AtomicFileTests.save(text, file.path)
    }
    #expect(folder.text("other/f") == "two")
    #expect(folder.text("other/f.previous") == "one")
    #expect(file.previousPath.hasSuffix("other/f.previous"))
    let newest = try file.newestIntact { (path) throws(FileError) in try FileSystem.size(path) }
    #expect(newest.value == 3)
    #expect(try FileSystem.kind(file.path) == .symbolicLink)
    #expect(try FileSystem.kind(folder.file("first")) == .symbolicLink)
    #expect(folder.names(in: "links", includingHidden: true) == ["second"])
    #expect(folder.names(in: "other", includingHidden: true) == ["f", "f.previous"])
  }

  @Test func `links that form a loop are an error`() throws {
    try link("a", to: "b")
    try link("b", to: "a")
    let path = folder.file("a")
    let checked = #expect(throws: FileError.self) { try AtomicFile(path).check() }
    let saved = #expect(throws: FileError.self) { try AtomicFileTests.save("x", path) }
    #expect(checked?.reason == .system(ELOOP) && saved?.reason == .system(ELOOP))
    #expect(folder.names(includingHidden: true) == ["a", "b"])
  }

  @Test(arguments: [0o600, 0o640, 0o664, 0o755])
  func `the new file has the permissions of the old one`(mode: Int) throws {
    try AtomicFileTests.save("one", folder.file("f"))
    try setPermissions(mode, of: "f")
    for text in ["two", "three"] { try AtomicFileTests.save(text, folder.file("f")) }
    #expect(try permissions("f") == mode)
    #expect(try permissions("f.previous") == mode)
  }

  @Test(arguments: ["f", "f.previous"])
  func `a read-only file is not replaced`(name: String) throws {
    for text in ["one", "two"] { try AtomicFileTests.save(text, folder.file("f")) }
    try setPermissions(0o444, of: name)
    let path = folder.file(name)
    let error = #expect(throws: FileError.self) {
      try AtomicFileTests.save("three", folder.file("f"))
    }
    #expect(
      error?.description
        == "\(path): is read-only. Make it writable (chmod u+w), or choose another file.")
    #expect(folder.text("f") == "two" && folder.text("f.previous") == "one")
    #expect(folder.names(includingHidden: true) == ["f", "f.previous"])
    if name == "f" {
      #expect(throws: FileError.self) { try AtomicFile(path).check() }
    } else {
      // The previous version is not touched.
      try AtomicFileTests.save("three", folder.file("f"), keepingPrevious: false)
      #expect(folder.text("f") == "three")
    }
  }

  @Test func `devices are written to`() throws {
    for path in ["/dev/null", "/dev/stdout", "/dev/fd/1"] {
      try AtomicFile(path).check()
      #expect(FileSystem.isStream(path))
    }
    try AtomicFileTests.save("x", "/dev/null")
    #expect(!FileSystem.isRereadable("/dev/null"))
    let full = #expect(throws: FileError.self) { try AtomicFileTests.save("x", "/dev/full") }
    #expect(full?.reason == .system(ENOSPC))
  }

  @Test func `an open file is appended to, under the names that the system gives it`() throws {
    try folder.write("before ", to: "f")
    let handle = try #require(FileHandle(forUpdatingAtPath: folder.file("f")))
    try AtomicFileTests.save("after", "/dev/fd/\(handle.fileDescriptor)")
    #expect(folder.text("f") == "before after")
    #expect(folder.names(includingHidden: true) == ["f"])
    try handle.close()
  }

  @Test func `a pipe is written to, and its reader sees nothing of a check`() async throws {
    let path = folder.file("pipe")
    let status = unsafe mkfifo(path, 0o600)
    #expect(status == 0)
    // No reader: a check does not wait for it.
    try AtomicFile(path).check()
    let read = Task.detached { try FileDescriptor(reading: path).readToEnd() }
    try AtomicFile(path).check()
    try AtomicFileTests.save("through", path)
    #expect(try await read.value == Array("through".utf8))
    #expect(folder.names(includingHidden: true) == ["pipe"])
  }

  @Test func `a check finds what would prevent the replacement, and leaves nothing`() throws {
    try folder.write("x", to: "f")
    let long = String(repeating: "n", count: 250)  // too long with .partial
    let cases: [(String, FileError.Reason)] = [
      (folder.file("none/f"), .system(ENOENT)), (folder.file("f/g"), .system(ENOTDIR)),
      (folder.path, .notAFile), (folder.file(long), .system(ENAMETOOLONG)),
    ]
    for (path, reason) in cases {
      let error = #expect(throws: FileError.self) { try AtomicFile(path).check() }
      #expect(error?.reason == reason, "\(path)")
    }
    for name in ["f", "new"] { try AtomicFile(folder.file(name)).check() }
    #expect(folder.names(includingHidden: true) == ["f"])
    #expect(folder.text("f") == "x")
  }
}
